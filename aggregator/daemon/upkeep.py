"""What keeps a state in order over the years: dated copies of the ledger, and a database that is tidied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator import files
from aggregator.errors import StoreError, wrapped
from aggregator.store import ledger_text

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from aggregator.store.tables import Store

FOLDER = "backup"
_KEPT = 7  # copies
_MOST = 1.1  # lines of the ledger's text for each that counts: what else there is would be copied every day
_NAME = "ledger-{day:%Y-%m-%d}.jsonl"


def keep_up(state: Path, store: Store, now: datetime) -> None:
    """Copy the ledger of today, let the oldest copies go, forget old days, tidy the database.

    Raises:
        StoreError: the ledger or its copy cannot be written, or the database cannot be tidied.
    """
    ledger_text.compact(state, store.ledger, _MOST)
    ledger, folder = state / ledger_text.FILE, state / FOLDER
    with wrapped(StoreError, folder):
        if ledger.exists():
            copy = folder / _NAME.format(day=now)
            files.write_all({copy: ledger.read_bytes()})
            copies = sorted(folder.glob(_NAME.partition("{")[0] + "*.jsonl"))
            for old in [one for one in copies if one != copy][: max(len(copies) - _KEPT, 0)]:
                old.unlink()
    store.health.end_old_days(now)
    store.tidy()
