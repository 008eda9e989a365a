"""Headlines and excerpts of invented articles, with the dirt that real ones have.

Everything is made from word lists of our own about an archipelago that is on no map.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_PLACES = [
    "Skerrow",
    "Aldermere",
    "Fernhill",
    "Pellow Sands",
    "Tarnwick",
    "Isle of Oss",
    "Cinder Bay",
    "Low Marrow",
    "Hestwick",
    "Gannet Rock",
    "Ravensound",
    "Upper Quill",
    "Brannock",
    "Salt Hythe",
    "Morrowness",
    "Eastern Holms",
    "Wexcombe",
    "Dunmarsh",
    "Kittle Point",
    "Orrery Head",
]
_ACTORS = [
    "harbour board",
    "ferry crew",
    "net makers",
    "lighthouse trust",
    "island council",
    "buoy designers",
    "school of navigation",
    "turbine builders",
    "seal wardens",
    "cable layers",
    "boat yard",
    "weather office",
    "oyster growers",
    "pilots",
    "repair café",
    "divers",
    "chart makers",
    "tide watchers",
    "grid operator",
    "lifeboat volunteers",
    "kelp farmers",
    "instrument makers",
]
_VERBS = [
    "unveiled",
    "tested",
    "postponed",
    "doubled",
    "repaired",
    "celebrated",
    "questioned",
    "mapped",
    "sold",
    "refused",
    "borrowed",
    "rebuilt",
    "measured",
    "published",
    "withdrew",
    "shared",
    "insured",
    "photographed",
    "restarted",
    "painted",
    "counted",
    "rescued",
    "moved",
    "inherited",
]
_ADJECTIVES = [
    "floating",
    "quiet",
    "second-hand",
    "forty-year-old",
    "record",
    "wooden",
    "self-righting",
    "unfinished",
    "shared",
    "open-source",
    "yellow",
    "stubborn",
    "solar",
    "portable",
    "underwater",
    "modular",
    "leaking",
    "award-winning",
    "hand-built",
    "half-price",
    "experimental",
    "rusty",
]
_THINGS = [
    "tidal turbine",
    "wave buoy",
    "sea wall",
    "tide gauge",
    "sail loft",
    "sluice gate",
    "sonar map",
    "battery barge",
    "weather mast",
    "kelp dryer",
    "ferry timetable",
    "cable ship",
    "slipway",
    "breakwater",
    "pump house",
    "current meter",
    "lock gate",
    "radio beacon",
    "dry dock",
    "hydrophone",
]
_TAILS = [
    "after a quiet winter",
    "before the spring tides",
    "as prices fall",
    "for the third time",
    "in spite of the fog",
    "and nobody complains",
    "at half the cost",
    "with help from a school",
    "to the surprise of the neighbours",
    "under a new licence",
    "while the ferry waits",
    "as engineers look on",
    "in nine days",
    "without a crane",
    "despite a gale warning",
]
_SENTENCES = (
    "The {thing} at {place} has been out of the water since {month}, and the {actor} would like it back.",
    "Nobody expected the {adjective} {thing} to last a season; it has now lasted four.",
    "“We measured twice,” the {actor} of {place} told us, “and then once more for luck.”",
    "A vote on the {thing} is due in {month}.",
    "According to the {actor}, the {adjective} {thing} paid for itself by {month}.",
    'The minutes call it "a {adjective} {thing}"; the crew have another word for it.',
    "Neither the {actor} nor the people of {place} have been asked, and both have answers ready.",
    "Drawings, prices and a list of mistakes are free to copy.",
    "It weighs about as much as a cow.",
    "The {actor} of {place} spent the autumn comparing each {thing} along the coast and came home with a cold.",
    "Eleven notebooks, four hundred photographs and one {adjective} {thing} later, the {actor} had an answer.",
)
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "September", "October", "November"]
_CUT = 250


def pick(rng: random.Random, words: Sequence[str]) -> str:
    """Return one of the words."""
    return words[int(rng.random() * len(words))]


def title(rng: random.Random) -> str:
    """Return a clean headline."""
    subject = f"{pick(rng, _PLACES)} {pick(rng, _ACTORS)}"
    thing = f"{pick(rng, _ADJECTIVES)} {pick(rng, _THINGS)}"
    form = rng.random()
    if form < 0.6:
        return f"{subject} {pick(rng, _VERBS)} {thing} {pick(rng, _TAILS)}"
    if form < 0.75:
        return f"{pick(rng, _PLACES)}: why the {thing} {pick(rng, _VERBS)} itself {pick(rng, _TAILS)}"
    if form < 0.9:
        return f"How a {thing} came to {pick(rng, _PLACES)} {pick(rng, _TAILS)}"
    return f"{int(2 + rng.random() * 40)} things that {subject} learned from a {thing}"


def soiled(rng: random.Random, clean: str) -> str:
    """Return a headline as producers hand it on: one in eight with blanks, quotes, signs or wreckage."""
    dirt = rng.random()
    if dirt < 0.05:
        return pick(rng, (f" {clean}", f"{clean} ", f"  {clean} "))
    if dirt < 0.13:
        word = clean.rpartition(" ")[2]
        return clean + pick(
            rng,
            (
                f' – a "{word}" diary',
                "’s last word",
                " 🌊",
                " &amp; more",
                " <em>(live)</em>",
                " â€“ updated",
                " 北潮",
                " \\o/",
            ),
        )
    return clean


def excerpt(rng: random.Random) -> str:
    """Return the words below a headline: empty in 4 %, cut in 13 %, dirty in a tenth."""
    if rng.random() < 0.04:
        return ""
    chosen = [_sentence(rng) for _ in range(int(1 + rng.random() * 3))]
    if rng.random() < 0.135:
        while sum(map(len, chosen)) <= _CUT:
            chosen.append(_sentence(rng))
        return " ".join(chosen)[:_CUT].rpartition(" ")[0] + " ..."
    dirt = rng.random()
    glue = "\n" if dirt < 0.02 else "&nbsp; " if dirt < 0.06 else "\t" if dirt < 0.065 else " "
    text = glue.join(chosen)
    if 0.065 < dirt < 0.09:
        text += pick(
            rng, (" <b>Read on</b><br/>", " Itâ€™s the tide.", r" C:\tides\today.txt", " &lt;3 &#8217;", " 🐚🌊")
        )
    return text


def _sentence(rng: random.Random) -> str:
    return pick(rng, _SENTENCES).format(
        place=pick(rng, _PLACES),
        actor=pick(rng, _ACTORS),
        adjective=pick(rng, _ADJECTIVES),
        thing=pick(rng, _THINGS),
        month=pick(rng, _MONTHS),
    )


def slug(text: str, length: int = 80) -> str:
    """Return a text as part of an address or a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:length].strip("-")
