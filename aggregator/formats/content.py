"""What a reader sees of an entry, the same in every format; inside it, one small piece of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from aggregator.core.channels import topic_meant, topic_slug

if TYPE_CHECKING:
    from aggregator.core.model import Entry, Link
    from aggregator.formats import Style


class Content(NamedTuple):
    """What a reader sees of an entry, made once for all formats.

    title, summary: plain text, never empty. html: see `html_of`. terms: slug and spelling of its topics, each topic once
    (RFC 4287 section 4.2.2, term and label).
    """

    title: str
    summary: str
    html: str
    terms: tuple[tuple[str, str], ...]


def content_of(entry: Entry, style: Style) -> Content:
    """Return what a reader sees of an entry; its title is untouched unless the owner wants another form."""
    title = style.title.format(title=entry.title, provider=entry.providers[0].name)
    return Content(title, entry.summary or entry.title, html_of(entry, style), _terms(entry, style))


def html_of(entry: Entry, style: Style) -> str:
    """Return the picture, the text, the way to the article and the related coverage.

    The related links stand here, visibly, because hardly any reader shows `link rel="related"`.
    """
    href, words = escape(entry.href), style.words
    parts = []
    if style.images and entry.images:
        image = entry.images[0]
        size = f' width="{image.width}" height="{image.height}"' if image.width and image.height else ""
        parts.append(f'<p><a href="{href}"><img src="{escape(image.href)}"{size} alt=""></a></p>')
    if entry.content:
        parts.append(entry.content)
    elif entry.summary:
        parts.append(f"<p>{escape(entry.summary, quote=False)}</p>")
    provider, *others = (one.name for one in entry.providers)
    read = (words.watch if entry.kind == "video" else words.read).format(provider=provider)
    also = f"<br>{escape(words.also.format(providers=', '.join(others)), quote=False)}" if others else ""
    parts.append(f'<p><a href="{href}">{escape(read, quote=False)}</a>{also}</p>')
    if entry.related:
        parts.append(f"<p><strong>{escape(words.related, quote=False)}</strong></p>")
        parts.append("<ul>" + "\n".join(f"<li>{_related(link)}</li>" for link in entry.related) + "</ul>")
        if entry.related_more:
            parts.append(f"<p>{escape(words.more.format(n=entry.related_more), quote=False)}</p>")
    return "\n".join(parts)


def _related(link: Link) -> str:
    where = ", ".join(filter(None, (link.provider, link.published.date().isoformat() if link.published else "")))
    title = escape(link.title, quote=False)
    return f'<a href="{escape(link.href)}">{title}</a>' + (f" – {escape(where, quote=False)}" if where else "")


def _terms(entry: Entry, style: Style) -> tuple[tuple[str, str], ...]:
    slugs: dict[str, str] = {}
    for spelling in entry.topics:
        if key := topic_meant(spelling, style.policy):
            slugs.setdefault(topic_slug(key, style.policy), spelling)
    return tuple(slugs.items())


def scheme_of(style: Style) -> str:
    """Return the vocabulary that our topic terms belong to."""
    return f"{style.base_url}topics/"
