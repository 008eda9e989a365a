from __future__ import annotations

import pytest
from feed_cases import CONTEXT, atom, json_feed, rss

from aggregator.sources.examination import Examination, examine

DATE = "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>"
LINK = "<link>https://site.example/a</link>"
GUID = '<guid isPermaLink="false">a</guid>'
REST = "<title>A</title><description>&lt;p&gt;Words&lt;/p&gt;</description>"
GOOD = f"{LINK}{GUID}{DATE}{REST}"
ENGLISH = "<language>en</language>"


def examined(data: bytes) -> Examination:
    return examine((data, CONTEXT))


def codes(data: bytes) -> set[str]:
    return {one.code for one in examined(data).doubts}


def items(*given: str) -> bytes:
    return rss(*given, head=ENGLISH)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(items(GOOD), set(), id="nothing"),
        pytest.param(items(f"{GOOD}<pos xmlns='http://www.opengis.net/gml'>1 2</pos>"), {"lost_tags"}, id="a tag out of place"),
        pytest.param(items(), {"no_entries"}, id="no entries"),
        pytest.param(items(GOOD.replace(GUID, "")), {"no_guid"}, id="no guid"),
        pytest.param(items(GOOD.replace(GUID, "<guid> </guid>")), {"no_guid"}, id="a blank guid"),
        pytest.param(items(GOOD, GOOD.replace("/a", "/b")), {"repeated_guid"}, id="a guid twice"),
        pytest.param(items(GOOD.replace(LINK, "").replace(GUID, "<guid>https://site.example/a</guid>")), set(), id="a guid that is the link"),
        pytest.param(items(GOOD.replace(LINK, "")), {"no_link"}, id="no link"),
        pytest.param(items(GOOD.replace("https://site.example", "")), {"relative_link"}, id="a relative link"),
        pytest.param(items(GOOD.replace("https:", "")), set(), id="a link without a scheme"),
        pytest.param(items(GOOD.replace("<title>A</title>", "")), {"no_title"}, id="no title"),
        pytest.param(items(f"{LINK}{GUID}{DATE}<title>A</title>"), {"no_text"}, id="no text"),
        pytest.param(items(GOOD.replace("&lt;p&gt;Words&lt;/p&gt;", "Words")), {"summary_only"}, id="a summary only"),
        pytest.param(items(GOOD.replace(DATE, "")), {"no_date"}, id="no date"),
        pytest.param(items(GOOD.replace("Mon, 02 Mar 2026 10:00:00 GMT", "soon")), {"odd_date"}, id="no date that can be read"),
        pytest.param(items(GOOD.replace("Mon, 02 Mar 2026", "Fri, 02 Mar 1979")), {"odd_date"}, id="long ago"),
        pytest.param(items(GOOD.replace("02 Mar 2026 10", "03 Mar 2026 13")), {"future_date"}, id="in the future"),
        pytest.param(items(GOOD.replace(" GMT", "")), {"local_date"}, id="no zone"),
        pytest.param(items(GOOD.replace(" GMT", " EST")), set(), id="a zone by name"),
        pytest.param(items(GOOD.replace("Mon, 02 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00.5")), {"local_date"}, id="no zone in ISO 8601"),
        pytest.param(items(GOOD.replace("Mon, 02 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00+01:00")), set(), id="an offset"),
        pytest.param(items(GOOD.replace("Mon, 02 Mar 2026 10:00:00 GMT", "2026-03-02")), set(), id="a day"),
        pytest.param(rss(GOOD), {"no_language"}, id="no language"),
        pytest.param(rss(GOOD, head="<language>klingon</language>"), {"no_language"}, id="no language that there is"),
        pytest.param(items(*(GOOD.replace("/a", f"/{n}").replace(">a<", f">{n}<") for n in range(4))), {"same_date"}, id="one date"),
        pytest.param(items(*(GOOD.replace("/a", f"/{n}").replace(">a<", f">{n}<").replace("00:00", f"{n % 60:02}:{n // 60:02}") for n in range(501))), {"many_entries"}, id="many"),
    ],
)  # fmt: skip
def test_each_doubt_is_seen_where_it_is_and_nowhere_else(data: bytes, expected: set[str]) -> None:
    assert codes(data) == expected


def test_doubts_say_how_many_and_what_it_means() -> None:
    without = GOOD.replace(GUID, "").replace("/a", "/b")
    (doubt,) = examined(items(GOOD, without)).doubts
    assert doubt.seen == "1 of 2 entries without a guid"
    assert doubt.means.startswith("known again by address")
    assert examined(items(without)).doubts[0].seen == "the only entry without a guid"
    assert examined(items(without, without)).doubts[0].seen == "all 2 entries without a guid"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (items(GOOD), "RSS 2.0"),
        (atom("<id>a</id>"), "Atom 1.0"),
        (json_feed({"id": "a"}), "JSON Feed 1.1"),
        (json_feed({"id": "a"}, version="https://jsonfeed.org/version/\u202e"), "JSON Feed"),
        (items(GOOD).replace(b'version="2.0"', b'version="0.91"'), "RSS 0.91"),
        (items(GOOD).replace(b'version="2.0"', b""), "RSS"),
    ],
)
def test_a_document_is_called_what_people_call_it(data: bytes, form: str) -> None:
    assert examined(data).form == form


def test_categories_are_counted_by_entry_in_their_usual_spelling_although_nobody_asked_for_them() -> None:
    named = [
        GOOD + "".join(f"<category>{one}</category>" for one in terms) for terms in (["Sea", "sea"], ["Sea", "Wind"])
    ]
    examination = examined(items(*named))
    assert examination.categories == (("Sea", 2), ("Wind", 1))
    assert {one.topics for one in examination.document.sightings} == {()}


def test_a_page_is_no_feed_and_leads_to_one() -> None:
    page = b'<html><link rel="alternate" type="application/rss+xml" href="/rss"></html>'
    examination = examined(page)
    assert examination.document.fault
    assert [one.href for one in examination.leads] == ["https://site.example/rss"]
    assert examined(b'{"a": 1}').leads == ()
