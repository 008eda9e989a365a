"""Which address an entry of a feed is published at, and what everybody may see of the address of the feed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from feed_cases import CONTEXT, FULL, NOW, atom, dropped, json_feed, one, parsed, read, rss

from aggregator.core.address import public_href
from aggregator.core.model import Enclosure, Origin

SOUND = '<enclosure url="https://cdn.example/1.mp3?x=1" type="audio/mpeg" length="9"/>'
HEARD = "https://cdn.example/1.mp3?x=1"
ABSOLUTE = "https://site.example/g"
LINK = "<link>https://site.example/a</link>"
TOKEN = "CANARY7f3a91"  # noqa: S105  looked for, and nowhere found
ASKED = replace(FULL, url=f"https://site.example/feed.xml?token={TOKEN}")


@pytest.mark.parametrize(
    ("data", "href"),
    [
        pytest.param(rss(f"<guid>{ABSOLUTE}</guid>"), ABSOLUTE, id="a permalink"),
        pytest.param(rss(f'<guid isPermaLink="true">{ABSOLUTE}</guid>{SOUND}'), ABSOLUTE, id="a permalink before all"),
        pytest.param(rss(f'<guid isPermaLink="1">{ABSOLUTE}</guid>'), ABSOLUTE, id="an odd yes"),
        pytest.param(rss(f"<guid>abc123</guid>{LINK}"), "https://site.example/a", id="a link behind a guid"),
        pytest.param(rss(f"{LINK}<guid>abc123</guid>{SOUND}"), "https://site.example/a", id="a link before all"),
        pytest.param(rss(f"<guid>tag:site.example,2026:1</guid>{SOUND}"), HEARD, id="an episode with a tag"),
        pytest.param(rss(f'<guid isPermaLink="false">{ABSOLUTE}</guid>{SOUND}'), HEARD, id="a guid that is none"),
        pytest.param(rss(SOUND), HEARD, id="an episode with nothing"),
        pytest.param(rss(f'<enclosure url="/a.png" type="image/png"/>{SOUND}'), HEARD, id="a picture is no address"),
        pytest.param(atom(f'<id>urn:x</id><link rel="enclosure" href="{HEARD}" type="audio/mpeg"/>'), HEARD, id="Atom"),
        pytest.param(json_feed({"id": "1", "attachments": [{"url": HEARD, "mime_type": "audio/mpeg"}]}), HEARD, id="JSON"),
    ],
)  # fmt: skip
def test_where_an_entry_is(data: bytes, href: str) -> None:
    assert one(data).href == href


@pytest.mark.parametrize(
    "given",
    [
        "<guid>abc123</guid>",
        "<guid>/abc123</guid>",
        '<guid isPermaLink="true">abc123</guid>',
        f'<guid isPermaLink="false">{ABSOLUTE}</guid>',
        f'<guid isPermaLink=" False ">{ABSOLUTE}</guid>',
        "<guid>tag:site.example,2026:1</guid>",
        '<guid>1</guid><enclosure url="https://cdn.example/1.png" type="image/png"/>',
    ],
)
@pytest.mark.parametrize("torn", [False, True], ids=["well-formed", "not well-formed"])
def test_a_guid_that_is_no_address_makes_no_dead_link(given: str, torn: bool) -> None:
    (drop,) = dropped(rss(f"<title>A</title>{given}{'<b><i></b></i>' if torn else ''}"))
    assert drop.code == "no_address"
    assert drop.reason.startswith("no link, nothing to play, and a guid that ")


def test_an_episode_without_a_page_is_of_the_site_and_not_of_where_the_sound_lies() -> None:
    made = one(rss(f"<title>One</title><guid>1</guid>{SOUND}"))
    assert (made.provider.name, made.provider.domain) == ("The Site", "site.example")
    assert made.enclosures == (Enclosure(HEARD, "audio/mpeg", 9),)


def test_entries_that_differ_behind_the_number_sign_are_counted_and_named() -> None:
    items = [f"<guid>v{n}</guid><link>https://site.example/notes#v{n}</link><pubDate>{n} Mar 2026 10:00 GMT</pubDate>" for n in (1, 2, 3)]  # fmt: skip
    document = parsed(rss(*items, items[2]))
    assert [one.href for one in document.sightings] == ["https://site.example/notes#v3"]
    assert [(one.code, one.place) for one in document.drops] == [
        ("same_address", "v1"),
        ("same_address", "v2"),
        ("repeated", "v3"),
    ]
    assert "https://site.example/notes" in document.drops[0].reason


@pytest.mark.parametrize(
    ("href", "public"),
    [
        ("https://x.example/feed", "https://x.example/feed"),
        ("https://x.example/?feed=rss2", "https://x.example/?feed=rss2"),
        ("https://x.example/f?channel_id=UCabcdefghijklmnopqrstuv", "https://x.example/f?channel_id=UCabcdefghijklmnopqrstuv"),
        ("https://x.example/f?format=atom&lang=en-GB&id=42", "https://x.example/f?format=atom&lang=en-GB&id=42"),
        ("https://x.example/f?q=tidal+power&hl=en&gl=US&ceid=US:en", "https://x.example/f?q=tidal+power&hl=en&gl=US&ceid=US:en"),
        ("https://x.example/f?token=abc", "https://x.example/f"),
        ("https://x.example/f?format=atom&key=abc", "https://x.example/f"),
        ("https://x.example/f?id=5f2b9c8d7e6a4f3b", "https://x.example/f"),
        ("https://x.example/f?lang=5f2b9c8d7e6a4f3b5f2b9c8d7e6a4f3b", "https://x.example/f"),
        ("https://x.example/f?abc", "https://x.example/f"),
        ("https://x.example/f?feed=rss2#abc", "https://x.example/f?feed=rss2"),
        ("https://x.example/f#abc?feed=rss2", "https://x.example/f"),
        ("https://joe:pw@x.example/f", "https://x.example/f"),
        ("https://joe:p@w@x.example/f?a@b=c", "https://x.example/f"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_everybody_may_see_of_an_address(href: str, public: str) -> None:
    assert public_href(href) == public
    assert public_href(public) == public


@pytest.mark.parametrize(
    "head",
    [
        "",
        f'<link rel="self" href="https://site.example/feed.xml?token={TOKEN}"/>',
        f'<link rel="self" href="https://joe:{TOKEN}@site.example/feed.xml#{TOKEN}"/>',
        f"<id>https://site.example/feed.xml?token={TOKEN}</id>",
    ],
)
def test_a_token_in_the_address_of_a_feed_is_for_nobody_else(head: str) -> None:
    body = (
        f'<content type="html" xml:base="https://site.example/f?token={TOKEN}">&lt;a href="#n"&gt;n&lt;/a&gt;</content>'
    )
    third = '<link href="#c"/>'
    source = f'<source><title>Y</title><link rel="self" href="https://y.example/f?token={TOKEN}"/></source>'
    data = atom('<link href="#a"/>', f'<link href="/b"/>{body}', f"{third}{source}", head=head)
    based = f'<entry xml:base="https://site.example/g?token={TOKEN}">{third}'
    data = data.replace(f"<entry>{third}".encode(), based.encode())
    assert TOKEN not in repr(parsed(data, ASKED).sightings)
    assert [sighting.href.partition("example")[2] for sighting in read(data, ASKED)] == ["/feed.xml#a", "/b", "/g#c"]


def test_a_feed_is_known_by_its_own_id_else_by_its_address_else_by_its_page() -> None:
    shown = "https://site.example/feed.xml"
    assert one(atom(LINK_A, head="<id>urn:x</id>"), ASKED).origin == _origin("urn:x", shown)
    assert one(atom(LINK_A), CONTEXT).origin == _origin(shown, shown)
    assert one(atom(LINK_A), ASKED).origin == _origin("https://site.example/", shown)


LINK_A = '<link href="/a"/>'


def _origin(id_: str, href: str) -> Origin:
    return Origin(id=id_, title="The Site", href=href, updated=NOW)


def test_a_login_in_an_address_that_is_none_is_nowhere_said() -> None:
    data = rss(
        f"<title>A</title><link>ftp://joe:{TOKEN}@site.example/a</link>",
        f"<title>B</title><guid isPermaLink='false'>ftp://joe:{TOKEN}@site.example/b</guid>",
        f"<title>C</title><link>https://site.example/c</link><guid>https://joe:{TOKEN}@site.example/c</guid>",
    )
    assert TOKEN not in repr(parsed(data))
