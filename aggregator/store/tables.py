"""The state, open: its tables, by what they are about, over one connection to a database."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from aggregator.store.entries import EntryTables
from aggregator.store.health import HealthTables
from aggregator.store.ledger import LedgerTables
from aggregator.store.sources import SourceTables

if TYPE_CHECKING:
    from aggregator.store.inquiries import InquiryTables
    from aggregator.store.lists import ListTables
    from aggregator.store.polls import PollTables
    from aggregator.store.sql import Database


class Store:
    """The state, open.

    sources: what they hold. entries: what the sightings merge into. ledger: what cannot be computed again. health: how
    sources fare, and what their owner wishes of them.
    """

    def __init__(self, db: Database) -> None:
        self.sources = SourceTables(db)
        self.entries = EntryTables(db)
        self.ledger = LedgerTables(db)
        self.health = HealthTables(db)
        self._db = db

    @cached_property
    def polls(self) -> PollTables:
        """Upstream feeds between polls."""
        from aggregator.store.polls import PollTables  # noqa: PLC0415  few sites have any, and the import is not free

        return PollTables(self._db)

    @cached_property
    def lists(self) -> ListTables:
        """Lists of upstream feeds."""
        from aggregator.store.lists import ListTables  # noqa: PLC0415  as above

        return ListTables(self._db)

    @property
    def inquiry(self) -> InquiryTables:
        """Questions about single articles."""
        from aggregator.store.inquiries import InquiryTables  # noqa: PLC0415  only where somebody asks

        return InquiryTables(self._db)

    def tidy(self) -> None:
        """Let the database look at what its plans rest on, and give back the room that its log takes."""
        self._db.tidy()

    def close(self) -> None:
        """Release the state."""
        self._db.close()
