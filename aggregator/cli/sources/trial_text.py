"""What came of trying a feed, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aggregator.cli.words import count, line
from aggregator.core.dates import believed
from aggregator.core.text import cut
from aggregator.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from aggregator.core.model import Sighting
    from aggregator.gather.trial import Comparison, Trial
    from aggregator.sources.examination import Examination
    from aggregator.sources.feed.parse import Drop
    from aggregator.sources.http import Response

_SHOWN = 10
_PLACES = 3
_CATEGORIES = 8
_TITLE = 80
_JOINERS = "\u200c\u200d"  # unprintable alone, and yet letters of some languages
_DROPS = {
    "no_address": "without an address",
    "repeated": "at the address of another one",
    "same_address": "at the address of another one but for what follows the #",
    "too_many": "beyond what one document may hold",
    "torn": "cut off",
}
_CURES = {
    "bad_address": "write it in full, as https://example.org/feed",
    "unknown_host": "look at the spelling of the host",
    "private_address": "test this very address with --private",
    "connection": "look whether the server is up, and at the port",
    "tls": "its publisher must mend it",
    "timeout": "try again later; if it stays so, its publisher must mend it",
    "not_http": "look at host and port",
    "redirect": "write the address at which the feed is now",
    "status": "look at the address in a browser",
    "gone": "look whether the site has another one",
    "slow_down": "try again later",
    "unasked": "its publisher must mend it",
    "encoding": "its publisher must mend it",
    "truncated": "try again later; if it stays so, its publisher must mend it",
    "too_large": "ask its publisher for a shorter one",
    "memory": "its publisher must mend it",
    "crashed": "its publisher must mend it",
    "no_address": "its publisher must mend it",
}


def as_text(trial: Trial, now: datetime, *, every: bool) -> str:
    """Return what came of a trial, for people; `every` entry and drop, or the first few."""
    lines = [_headline(trial), *_way(trial)]
    if trial.response and trial.response.status:
        lines += _answer(trial.response)
    if trial.examined and not trial.examined.document.fault:
        lines += _feed(trial.examined)
        lines += _compared(trial.compared)
        lines += _newest([one for one, verdict in trial.judged() if not verdict.number], now, every=every)
        lines += _left_out(trial, every=every)
        lines += _dropped(trial.examined.document.drops, every=every)
    lines += [line("warning", f"{one.seen}: {one.means}") for one in trial.doubts]
    lines += _notes(trial)
    return "\n".join(map(shown, lines))


def shown(text: str) -> str:
    """Return a line as a terminal may get it: what strangers wrote may hold more than letters."""
    return "".join(one for one in text if one.isprintable() or one in _JOINERS)


def _headline(trial: Trial) -> str:
    if trial.fault:
        return f"{trial.fault.location}: cannot be followed"
    form = trial.examined.form if trial.examined else ""
    return f"{masked(trial.url)}: {form or 'a feed'}, it can be followed"


def reason_of(trial: Trial) -> str:
    """Say what is wrong, and what to do where that is not said already."""
    if trial.fault is None:
        return ""
    reason, cure = trial.fault.reason, _CURES.get(trial.fault.code, "")
    is_said = ";" in reason and trial.fault.code != "private_address"
    return f"{reason}; {cure}" if cure and not is_said else reason


def _way(trial: Trial) -> Iterator[str]:
    """Say what is wrong, and how a page led here."""
    if trial.fault:
        yield line("error", reason_of(trial))
    if trial.page:
        how = "is a page; this is the first feed it names"
        if trial.guessed:
            where = "linked from it" if trial.url in trial.linked else "found beside it"
            how = f"names no feed; this one was {where}"
        yield line("page", f"{masked(trial.page)} {how}")
    elif trial.guessed:
        yield line("tried", f"{', '.join(map(masked, trial.guessed))}: no feed there either")
    for number, one in enumerate(trial.leads):
        yield line("names" if number == 0 else "", "   ".join(filter(None, (one.href, one.title, one.media_type))))


def _answer(response: Response) -> Iterator[str]:
    size = f"{count(response.received, 'byte')} sent, {len(response.body):,} decoded"
    kind = response.media_type or "no media type"
    yield line("answered", f"{response.status}   {kind}" + (f"   {size}" if response.received else ""))
    validators = [name for name, value in (("ETag", response.etag), ("Last-Modified", response.modified)) if value]
    facts = [f"{' and '.join(validators)}: asked again only for what changed"] if validators else []
    facts += [f"may be kept for {_span(response.fresh_for)}"] if response.fresh_for else []
    facts += [f"wants to be left alone for {_span(response.retry_after)}"] if response.retry_after else []
    if facts:
        yield line("polls", "   ".join(facts))


def _feed(examined: Examination) -> Iterator[str]:
    document = examined.document
    language = f"   language {examined.language}" if examined.language else ""
    yield line("title", f"{document.title or 'none'}{language}")
    if document.ttl:
        yield line("ttl", f"asks to be left alone for {_span(document.ttl)} after each poll")
    dropped = sum(one.count for one in document.drops)
    numbers = f"{document.found:,} in the document   {len(document.sightings):,} taken   {dropped:,} dropped"
    yield line("entries", numbers)


def _compared(compared: Comparison | None) -> Iterator[str]:
    if compared is None:
        return
    if compared.first:
        yield line("state", "never read before: the newest few enter feeds, as `backlog` has it")
    else:
        yield line("state", f"{compared.new:,} new   {compared.known:,} known")
    why = f"{compared.alike:,} of {compared.new:,} new entries have the title or the date of a known one"
    if compared.held:
        yield line("needs you", f"a run would hold them{', as the last one does' if compared.was_held else ''}: {why}")
    elif compared.accepted:
        yield line("note", f"the next run lets them in, as you accepted: {why}")
    if compared.left_alone:
        until = f"{compared.left_alone:%Y-%m-%d %H:%M} UTC"
        yield line("note", f"its server wants to be left alone until {until}; a run does that, this asked all the same")


def _left_out(trial: Trial, *, every: bool) -> Iterator[str]:
    """Yield the entries that rules leave out, and by which."""
    out = [(one, verdict) for one, verdict in trial.judged() if verdict.number]
    for number, (one, verdict) in enumerate(out if every else out[:_SHOWN]):
        cells = (f"by rule {verdict.number} ({verdict.verb})", cut(one.title, _TITLE), one.href)
        yield line("left out" if number == 0 else "", "   ".join(filter(None, cells)))
    if len(out) > _SHOWN and not every:
        yield line("", f"and {len(out) - _SHOWN:,} more; -v shows them")


def _newest(sightings: Sequence[Sighting], now: datetime, *, every: bool) -> Iterator[str]:
    """Yield the newest entries; what has no date would be new now."""
    ranked = sorted(sightings, key=lambda one: believed(one.published, now) or now, reverse=True)
    for number, one in enumerate(ranked if every else ranked[:_SHOWN]):
        date = believed(one.published, now)
        cells = (f"{date:%Y-%m-%d %H:%M}" if date else "first seen", cut(one.title, _TITLE), ", ".join(one.topics))
        yield line("newest" if number == 0 else "", "   ".join(filter(None, (*cells, one.href))))
    if len(ranked) > _SHOWN and not every:
        yield line("", f"and {len(ranked) - _SHOWN:,} more; -v shows them")


def _dropped(drops: Sequence[Drop], *, every: bool) -> Iterator[str]:
    counts = Counter({one.code: 0 for one in drops})
    for one in drops:
        counts[one.code] += one.count
    for code, number in counts.items():
        own = [one for one in drops if one.code == code]
        yield line("dropped", f"{number:,} {_DROPS.get(code, code)}")
        shown = (f"{one.place}: {one.reason}" for one in (own if every else own[:_PLACES]))
        yield from (line("", " ".join(one.split())) for one in shown)  # a guid may hold what looks like lines of ours
        if len(own) > _PLACES and not every:
            yield line("", f"and {len(own) - _PLACES:,} more; -v shows them")


def _notes(trial: Trial) -> Iterator[str]:
    examined = trial.examined
    if trial.fault or examined is None:
        return
    if examined.categories:
        named = ", ".join(f"{name} {number:,}" for name, number in examined.categories[:_CATEGORIES])
        more = len(examined.categories) - _CATEGORIES
        rest = f" and {more:,} more" if more > 0 else ""
        yield line("note", f"categories: {named}{rest}; `categories: all`, or a list of some, makes them topics")
    if examined.played:
        played = count(examined.played, "entry", "entries")
        yield line("note", f"{played} with audio or video, which comes along")
    if examined.document.hub:
        yield line("note", f"it has a hub, {masked(examined.document.hub)} (WebSub)")


def _span(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return count(seconds // size, unit)
    return count(seconds, "second") if seconds < 120 else count(seconds // 60, "minute")  # noqa: PLR2004  rounded beyond
