"""Feeds over many polls, as corpora of real ones have them: each generated from a seed, with the truth of who is who."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

POLLS = 12
CHANGE = 5  # the poll in which what changes once does so
WINDOW = 15
_START = datetime(2026, 10, 1, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Shown:
    """How a feed shows an article in one poll; number: who it is in truth."""

    number: int
    title: str
    link: str
    guid: str | None
    date: datetime | None
    place: int = 0  # in the document, from 1


@dataclass
class Turn:
    """One poll of one feed: its number, and chance that is the same in every run of the tests."""

    poll: int
    chance: random.Random

    @property
    def has_changed(self) -> bool:
        return self.poll >= CHANGE

    def token(self) -> str:
        return f"{self.chance.getrandbits(96):024x}"


Change = Callable[[Shown, Turn], Shown]


@dataclass(frozen=True)
class Sequence:
    """A feed that changes from poll to poll. size: articles it begins with, and how many a document holds."""

    change: Change = lambda shown, _: shown
    size: int = WINDOW
    is_backwards: bool = False
    comes_back: bool = False
    seen: set[int] = field(default_factory=set, compare=False)

    def document(self, name: str, poll: int) -> bytes:
        """Return what the feed says in a poll, and remember which articles it showed."""
        turn = Turn(poll, random.Random(f"{name} {poll}"))  # noqa: S311  a test that can be repeated
        history = random.Random(name)  # noqa: S311
        total = self.size + sum(history.choice((0, 0, 1, 1, 2, 4)) for _ in range(poll))
        last = total - 6 if self.comes_back and poll % 3 == 1 else total
        numbers = list(range(last, max(0, last - self.size), -1))
        shown = [replace(_plain(name, number), place=place) for place, number in enumerate(numbers, 1)]
        changed = [self.change(one, turn) for one in shown]
        self.seen.update(numbers)
        items = "".join(_item(name, one) for one in (reversed(changed) if self.is_backwards and poll % 2 else changed))
        head = f"<title>{name}</title><link>https://{name}.example/</link><description>d</description>"
        return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


def _plain(name: str, number: int) -> Shown:
    link = f"https://{name}.example/2026/10/story-{number}"
    chance = random.Random(f"{name} {number}")  # noqa: S311
    date = _START + timedelta(hours=3 * number, minutes=chance.randrange(60), seconds=chance.randrange(60))
    return Shown(number, f"Story {number} of {name}", link, f"id {number}", date)


def _item(name: str, one: Shown) -> str:
    fields = {
        "title": one.title,
        "link": one.link,
        "guid": one.guid,
        "pubDate": one.date and format_datetime(one.date),
        "description": f"In truth it is {one.number} of {name}.",
    }
    return f"<item>{''.join(f'<{key}>{escape(value)}</{key}>' for key, value in fields.items() if value)}</item>"


def _tokened(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, link=f"{shown.link}?token={turn.token()}")


def _session(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, link=shown.link.replace("/2026/", f"/s/{turn.token()}/2026/"))


def _parameter(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, link=f"{shown.link};jsessionid={turn.token()}")


def _moved(shown: Shown, turn: Turn) -> Shown:
    """Return an article whose address is its guid, on a site that moves to another host."""
    link = shown.link.replace(".example/", ".new.example/") if turn.has_changed else shown.link
    return replace(shown, link=link, guid=link)


def _secured(shown: Shown, turn: Turn) -> Shown:
    link = shown.link if turn.has_changed else shown.link.replace("https:", "http:")
    return replace(shown, link=link, guid=link)


def _rewritten(shown: Shown, turn: Turn) -> Shown:
    if not turn.has_changed or shown.date is None:
        return shown
    return replace(shown, title=f"{shown.title}, revised", date=shown.date + timedelta(days=2, minutes=shown.number))


def _bare(shown: Shown, _: Turn) -> Shown:
    return replace(shown, guid=None)


def _undated(shown: Shown, _: Turn) -> Shown:
    return replace(shown, date=None)


def _commented(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, title=f"{shown.title} ({turn.chance.randrange(99)} comments)")


def _elsewhere(shown: Shown, turn: Turn) -> Shown:
    """Return an article of which neither guid nor address stays."""
    link = f"https://elsewhere.example/{turn.token()}"
    return replace(shown, link=link, guid=turn.token()) if turn.has_changed else shown


def _dated_anew(shown: Shown, turn: Turn) -> Shown:
    date = _START + timedelta(days=60, minutes=shown.number)
    return replace(shown, date=date) if turn.has_changed else shown


def _retitled(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, title=f"Revised: {shown.title}") if turn.has_changed else shown


def _linked(shown: Shown, _: Turn) -> Shown:
    return replace(shown, guid=shown.link)


def _versioned(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, link=f"{shown.link}?v={turn.token()[:6]}")


def _respelled(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, link=f"{shown.link}{('', '/', '.html', '/amp', '.html/amp/')[turn.poll % 5]}")


def _guid_anew(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, guid=turn.token())


def _dated_now(shown: Shown, turn: Turn) -> Shown:
    return replace(shown, date=_START + timedelta(days=40, hours=2 * turn.poll, seconds=shown.number))


def _told_anew(shown: Shown, turn: Turn) -> Shown:
    """Return an article of which only the date stays, on each poll."""
    link = f"https://elsewhere.example/{turn.token()}"
    return replace(shown, title=f"{shown.title}, {turn.token()[:6]}", link=link, guid=turn.token())


def _then(*changes: Change) -> Change:
    def change(shown: Shown, turn: Turn) -> Shown:
        for one in changes:
            shown = one(shown, turn)
        return shown

    return change


SEQUENCES: Mapping[str, Sequence] = {
    "plain": Sequence(),
    "guids-anew": Sequence(lambda shown, turn: replace(shown, guid=turn.token())),
    "guids-by-place": Sequence(lambda shown, _: replace(shown, guid=str(shown.place))),
    "guids-by-place-undated": Sequence(_then(lambda shown, _: replace(shown, guid=str(shown.place)), _undated)),
    "guids-of-another-scheme": Sequence(
        lambda shown, turn: replace(shown, guid=f"tag:{shown.number}") if turn.has_changed else shown
    ),
    "guid-of-all": Sequence(lambda shown, _: replace(shown, guid="the feed")),
    "no-guids": Sequence(_bare),
    "no-guids-no-dates": Sequence(_then(_bare, _undated)),
    "tokens": Sequence(_tokened),
    "tokens-no-guids": Sequence(_then(_tokened, _bare)),
    "tokens-no-guids-no-dates": Sequence(_then(_tokened, _bare, _undated)),
    "tokens-guids-anew": Sequence(_then(_tokened, lambda shown, turn: replace(shown, guid=turn.token()))),
    "tokens-comments": Sequence(_then(_tokened, _bare, _commented)),
    "utm": Sequence(lambda shown, turn: replace(shown, link=f"{shown.link}?utm_term={turn.token()}", guid=None)),
    "sessions": Sequence(_then(_session, _bare)),
    "sessions-no-dates": Sequence(_then(_session, _bare, _undated)),
    "sessions-comments": Sequence(_then(_parameter, _bare, _commented)),
    "moved": Sequence(_moved),
    "moved-no-dates": Sequence(_then(_moved, _undated)),
    "moved-and-dated-anew": Sequence(
        _then(_moved, lambda shown, turn: replace(shown, date=_START) if turn.has_changed else shown)
    ),
    "secured": Sequence(_secured),
    "rewritten": Sequence(_rewritten, size=300),
    "rewritten-no-guids": Sequence(_then(_rewritten, _bare), size=100),
    "rewritten-tokens": Sequence(_then(_rewritten, _tokened), size=100),
    "backwards": Sequence(_bare, is_backwards=True),
    "guids-with-sids-no-dates": Sequence(
        _then(lambda shown, turn: replace(shown, link=f"{shown.link}?sid={turn.token()}"), _linked, _undated)
    ),
    "guids-with-versions-no-dates": Sequence(_then(_versioned, _linked, _undated)),
    "versions-guids-anew-dated-now": Sequence(_then(_versioned, _guid_anew, _dated_now)),
    "sessions-guids-anew-no-dates": Sequence(_then(_session, _guid_anew, _undated)),
    "respelled-no-guids-no-dates": Sequence(_then(_respelled, _bare, _undated)),
    "respelled-guids-no-dates": Sequence(_then(_respelled, _linked, _undated)),
    "rewritten-but-dates-a-few": Sequence(_told_anew, size=9),
    "scrolls-back": Sequence(comes_back=True),
    "scrolls-back-tokens-no-guids": Sequence(_then(_tokened, _bare), comes_back=True),
}  # fmt: skip

# Nothing of an entry stays but its title or its date: only a person can say whether that is news.
FLOODS: Mapping[str, Sequence] = {
    "all-anew-but-titles": Sequence(_then(_elsewhere, _dated_anew), size=40),
    "all-anew-but-dates": Sequence(_then(_elsewhere, _retitled), size=40),
}
