"""`index.html`: the page where people find a feed to subscribe to.

It is HTML and well-formed XML at once, so that a strict parser can judge it before it replaces an old one. It loads
nothing, and its own links are relative: it works in any folder, and from a disk.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from lxml import etree

from aggregator.catalogue import Page, address_of, of_facet
from aggregator.core.model import Facet
from aggregator.formats import GENERATOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.catalogue import Listing
    from aggregator.formats import Format, Site

    _Groups = Mapping[Facet, Sequence[Listing]]

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
_ROOT = "{http://www.w3.org/1999/xhtml}html"

_ADVICE = (
    "A feed is an address where the newest articles are listed: copy the address behind one of these links and paste it "
    "into a feed reader, and new articles come to you."
)
_HEADINGS = {Facet.ALL: "Everything", Facet.TOPIC: "Topics", Facet.PROVIDER: "Providers"}
_LISTS = {
    Facet.TOPIC: "To follow everything and all topics, import "
    '<a href="feeds.opml">the list of topics (OPML)</a> into a feed reader.',
    Facet.PROVIDER: "Collected here, not published by the providers themselves. To follow all of these, import "
    '<a href="providers.opml">the list of providers (OPML)</a> into a feed reader.',
}

# No `<` and no `&`: HTML takes a style sheet as it stands, XML as text with references.
_STYLE = """\
:root { color-scheme: light dark; --text: #1c2024; --quiet: #566069; --line: #d8dde2; --page: #f5f6f8; --card: #fff;
  --link: #0a58a8; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --quiet: #a3adb7; --line: #39414a; --page: #14171a;
  --card: #1e2227; --link: #8cbcf5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 2.5rem; max-width: 66rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: .8rem 0 0; font-size: clamp(1.8rem, 6vw, 2.6rem); line-height: 1.15; }
h2 { margin: 2.4rem 0 .2rem; font-size: 1.35rem; line-height: 1.25; }
h3, li p, .wide h2 { margin: 0; }
h3 { font-size: 1.05rem; line-height: 1.35; }
p { margin: .4rem 0 .8rem; max-width: 44rem; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav a { display: inline-block; margin-right: 1rem; padding: .3rem 0; }
.quiet, footer { color: var(--quiet); font-size: .9rem; }
.card { padding: .85rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.wide { margin-top: 1.2rem; padding: 1.1rem 1.2rem; }
.wide .feeds a:first-child { border-color: var(--link); background: var(--link); color: var(--card); font-weight: 600; }
.wide p:last-child { margin: 1rem 0 0; }
code { padding: .2rem .45rem; background: var(--page); border-radius: .3rem; user-select: all;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
ul { margin: 1rem 0 0; padding: 0; list-style: none; display: grid; gap: .7rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
li { display: flex; flex-direction: column; gap: .6rem; justify-content: space-between; }
.feeds { display: flex; flex-wrap: wrap; gap: .5rem; }
.feeds a { padding: .25rem .85rem; border: 1px solid; border-radius: 2rem; font-size: .9rem; text-decoration: none; }
.feeds a:hover { text-decoration: underline; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { margin-top: 2.5rem; padding-top: .6rem; border-top: 1px solid var(--line); }
"""


def _render(site: Site, listings: Sequence[Listing], forms: Sequence[Format]) -> bytes:
    groups = {facet: of_facet(listings, facet) for facet in Facet}
    parts = [
        _head(site, groups, forms),
        "<body>",
        _opening(site, groups, forms),
        "<main>",
        *(_everything(site, one, forms, is_alone=len(listings) == 1) for one in groups[Facet.ALL]),
        *(_section(site, facet, groups[facet], forms) for facet in _LISTS if groups[facet]),
        "</main>",
        f'<footer><p>Feeds of <a href="{escape(site.homepage)}">{escape(site.title)}</a>, made by {GENERATOR}.</p></footer>',
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(parts).encode()


def _head(site: Site, groups: _Groups, forms: Sequence[Format]) -> str:
    """Return the head; the mark of our files comes first in it, since only their beginning is looked at."""
    language = f' lang="{escape(site.language)}" xml:lang="{escape(site.language)}"' if site.language else ""
    titled = [(one, form, f"{one.channel.title} ({_name(form)})") for one in groups[Facet.ALL] for form in forms]
    titled += [(one, forms[0], one.channel.title) for one in groups[Facet.TOPIC]]
    alternates = "\n".join(
        f'<link rel="alternate" type="{form.media_type}" title="{escape(title)}" '
        f'href="{escape(address_of(one.channel, form, site))}"/>'
        for one, form, title in titled
    )
    return f"""\
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml"{language}>
<head>
<meta name="generator" content="{GENERATOR}"/>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Feeds – {escape(site.title)}</title>
{alternates}
<style>
{_STYLE}</style>
</head>"""


def _opening(site: Site, groups: _Groups, forms: Sequence[Format]) -> str:
    """Return the top of the page: whose feeds, how fresh they are, what to do with them, where they stand."""
    listed = [one for group in groups.values() for one in group]
    fresh = "Nothing is published yet."
    if listed:
        newest = max(one.channel.updated for one in listed)
        stamp = f'<time datetime="{newest:%Y-%m-%dT%H:%M:%SZ}">{newest:%Y-%m-%d %H:%M} UTC</time>'
        fresh = ", ".join([f"Last updated {stamp}", *map(_articles, groups[Facet.ALL])])
    *names, last = map(_name, forms)
    same = f" {', '.join(names)} and {last} hold the same articles; in doubt, take {names[0]}." if names else ""
    jumps = [f'<a href="#{facet}">{_HEADINGS[facet]} ({len(groups[facet]):,})</a>' for facet in _LISTS if groups[facet]]
    nav = f'\n<nav aria-label="On this page">{" ".join(jumps)}</nav>' if jumps else ""
    return f"""\
<header>
<h1>{escape(site.title)}</h1>
<p class="quiet">{fresh}</p>
<p>{_ADVICE}{same}</p>{nav}
</header>"""


def _everything(site: Site, listing: Listing, forms: Sequence[Format], *, is_alone: bool) -> str:
    once = "" if is_alone else " An article of several feeds below comes here only once."
    return f"""\
<section id="{Facet.ALL}" class="card wide">
<h2>{_HEADINGS[Facet.ALL]}</h2>
<p>{escape(listing.channel.subtitle)}{once}</p>
{_links(site, listing, "everything", forms)}
<p>The address to paste: <code>{escape(address_of(listing.channel, forms[0], site))}</code></p>
</section>"""


def _section(site: Site, facet: Facet, listings: Sequence[Listing], forms: Sequence[Format]) -> str:
    cards = "\n".join(
        f'<li class="card"><div><h3><bdi>{escape(one.label)}</bdi></h3><p class="quiet">{_particulars(one)}</p></div>\n'
        f"{_links(site, one, f'<bdi>{escape(one.label)}</bdi>', forms)}</li>"
        for one in listings
    )
    return f"""\
<section id="{facet}">
<h2>{_HEADINGS[facet]}</h2>
<p>{_LISTS[facet]}</p>
<ul>
{cards}
</ul>
</section>"""


def _links(site: Site, listing: Listing, name: str, forms: Sequence[Format]) -> str:
    """Return the links to subscribe with; each says in full what it leads to, to those who hear it alone."""
    links = (
        f'<a href="{escape(address_of(listing.channel, form, site))}" type="{form.media_type}">'
        f'{_name(form)}<span class="spoken"> feed: {name}</span></a>'
        for form in forms
    )
    return f'<div class="feeds">{" ".join(links)}</div>'


def _particulars(listing: Listing) -> str:
    """Return how many articles there are, and the domain of a provider that is not named by it."""
    if listing.channel.facet is not Facet.PROVIDER:
        return _articles(listing)
    domain = listing.channel.key.split("/")[1]
    return f"{escape(domain)}, {_articles(listing)}" if domain != listing.label else _articles(listing)


def _articles(listing: Listing) -> str:
    return f"{listing.count:,} article{'' if listing.count == 1 else 's'}"


def _name(form: Format) -> str:
    return {"atom": "Atom"}.get(form.suffix, form.suffix.upper())


def _check(document: bytes) -> str:
    try:
        root = etree.fromstring(document, _PARSER)
    except etree.XMLSyntaxError as error:
        return f"not well-formed: {error}"
    return "" if root.tag == _ROOT and root.find("{*}body/{*}main") is not None else "not a page"


INDEX = Page(path="index.html", render=_render, check=_check)
