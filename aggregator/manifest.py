"""What is ours in the output folder: kept beside the state, not in the folder that is served."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from aggregator.files import write_all

if TYPE_CHECKING:
    from pathlib import Path

FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """A file of ours: size in bytes, SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(slots=True)
class Manifest:
    """What the last pass left in the output folder.

    revision: of the ledger, up to which everything is published. look: digest of what feeds depend on besides their
    entries. files: by path below the output folder. updated: by channel, in microseconds since the epoch.
    """

    revision: int = 0
    look: str = ""
    files: dict[str, Written] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)


_ADAPTER = TypeAdapter(Manifest)


def load(folder: Path) -> Manifest | None:
    """Return the manifest in a state folder; None where there is none that can be read."""
    try:
        return _ADAPTER.validate_json((folder / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def save(folder: Path, manifest: Manifest) -> None:
    """Write the manifest; on the disk when this returns."""
    write_all({folder / FILE: _ADAPTER.dump_json(manifest, indent=1)})
