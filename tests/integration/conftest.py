from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from newsroom import Newsroom

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path / "site")
