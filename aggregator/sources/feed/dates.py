"""Dates as feeds write them: RFC 5322, ISO 8601, and what people and their programs make of both."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

_LONGEST = 100
_RFC = re.compile(  # what most feeds write
    r"(?:[A-Za-z]{3},? )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:([+-])(\d\d):?(\d\d)|GMT|UTC|Z)"
)
_COMMENT = re.compile(r"\([^()]*\)")
_TIME = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:\s*([ap])\.?m\b\.?)?"
    r"(?:\s*(?:gmt|utc|z)?\s*([+-])(\d\d?):?(\d\d)?(?!\d)|\s*\b([a-z]{1,4})\b)?"
)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_UNIX = re.compile(r"\d{9,10}(?:\d{3})?")
_EARLIEST_UNIX = 631_152_000  # 1990: shorter numbers are no times

# By how they start, without accents: English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian.
_MONTHS = (
    ("jan", "ene", "gen"),
    ("feb", "fev"),
    ("mar", "mrz", "mae", "mrt", "maa"),
    ("apr", "avr", "abr"),
    ("may", "mai", "maj", "mei", "mag"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "dic", "des"),
)
_MONTH_OF = {start: month for month, starts in enumerate(_MONTHS, 1) for start in starts}
_NO_MONTHS = frozenset({"mardi", "martes", "martedi", "maandag"})  # days that start like a month
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# fmt: off
_ZONES = {  # hours east of Greenwich; what is not here counts as UTC, as RFC 5322 section 4.3 has it
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "akst": -9, "akdt": -8, "hst": -10, "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "brt": -3, "art": -3,
    "bst": 1, "west": 1, "cet": 1, "cest": 2, "met": 1, "mest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "sast": 2, "ist": 5.5, "hkt": 8, "sgt": 8, "awst": 8, "jst": 9, "kst": 9, "acst": 9.5,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}
# fmt: on
_CENTURY = 100
_PIVOT = 70  # two digits below it are of this century
_MONTHS_A_YEAR = 12


def read_date(given: str) -> datetime | None:
    """Return a date of a feed as an aware UTC instant; None if it is none, or could be two.

    A date without a zone that we know is UTC, one without a time is midnight, one without a day the first.
    """
    given = given.strip()
    if not given or len(given) > _LONGEST:
        return None
    try:
        return _rfc(given) or _iso(given) or _loose(given)
    except (ValueError, OverflowError):  # a 31st of February, the year 0, an offset of days
        return None


def _rfc(given: str) -> datetime | None:
    match = _RFC.fullmatch(given)
    month = _MONTH_OF.get(match[2].lower()) if match else None
    if not match or month is None:
        return None
    day, _, year, hour, minute, second, sign, hours, minutes = match.groups()
    made = datetime(int(year), month, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
    return made - _offset(sign, hours, minutes) if sign else made


def _iso(given: str) -> datetime | None:
    if not given[:4].isdecimal():
        return None
    try:
        made = datetime.fromisoformat(given.upper())
    except ValueError:
        return None
    return made.astimezone(UTC) if made.tzinfo else made.replace(tzinfo=UTC)


def _loose(given: str) -> datetime | None:
    if _UNIX.fullmatch(given):
        seconds = int(given) if len(given) <= len("1234567890") else int(given) // 1000
        return datetime.fromtimestamp(seconds, UTC) if seconds >= _EARLIEST_UNIX else None
    given = _COMMENT.sub(" ", _without_accents(given.lower()))
    time = _TIME.search(given)
    before, after = (given[: time.start()], given[time.end() :]) if time else (given, "")
    day = _day(f"{before} {after}")
    if day is None:
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + _since_midnight(time) if time else midnight


def _without_accents(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


def _day(text: str) -> date | None:
    """Return the day that words and numbers in any order name."""
    words = _WORD.findall(text)
    numbers = _NUMBER.findall(text)
    months = [_MONTH_OF.get(word[:3]) or _MONTH_OF.get(word[:4]) for word in words if word not in _NO_MONTHS]
    month = next(filter(None, reversed(months)), None)  # the last: `mar` is also a Tuesday
    if month is None:
        return _numeric_day(text, numbers, words)
    year = next((one for one in numbers if len(one) == len("2026")), None)
    if year is None and len(numbers) > 1:
        year = numbers[-1]
        numbers = numbers[:-1]
    if year is None:
        return None
    return date(_full_year(year), month, next((int(one) for one in numbers if len(one) <= len("31")), 1))


def _numeric_day(text: str, numbers: list[str], words: list[str]) -> date | None:
    if len(numbers) != len(("day", "month", "year")):
        return None
    if len(numbers[0]) == len("2026"):
        return date(*map(int, numbers))
    first, second, year = int(numbers[0]), int(numbers[1]), _full_year(numbers[2])
    readings = {(first, second)} if f"{numbers[0]}." in text else {(first, second), (second, first)}
    days = [date(year, month, day) for day, month in readings if month <= _MONTHS_A_YEAR]
    named = {_DAYS.index(word[:3]) for word in words if word[:3] in _DAYS}
    if len(days) > 1 and named:
        days = [day for day in days if day.weekday() in named]
    return days[0] if len(days) == 1 else None


def _full_year(given: str) -> int:
    year = int(given)
    return year if year >= _CENTURY else year + (2000 if year < _PIVOT else 1900)


def _since_midnight(time: re.Match[str]) -> timedelta:
    hour, minute, second, half, sign, hours, minutes, zone = time.groups()
    hour = int(hour)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or int(minute) > 59:  # noqa: PLR2004  what a clock shows
        raise ValueError(time[0])
    since = timedelta(hours=hour, minutes=int(minute), seconds=min(int(second or 0), 59))
    return since - (_offset(sign, hours, minutes) if sign else timedelta(hours=_ZONES.get(zone or "", 0)))


def _offset(sign: str, hours: str, minutes: str | None) -> timedelta:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    timezone(offset)  # refuses what is no offset
    return -offset if sign == "-" else offset
