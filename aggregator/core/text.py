"""Text that is legal in every format we write, and HTML that is safe to republish.

Strings are made legal here, once, where a Sighting is built; nothing downstream cleans again.
"""

from __future__ import annotations

import html
import re
import unicodedata
from html.entities import html5

MAX_TITLE = 1_000
MAX_SUMMARY = 10_000
MAX_NAME = 200

# XML 1.0 section 2.2 forbids most control characters and U+FFFE/F; the other noncharacters, the replacement character
# and bidi controls are legal but harm whoever shows them next to text of others.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffd\ufffe\uffff\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069"
    + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 17))
    + "]"
)
_C1 = re.compile("[\x80-\x9f]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SPACE = re.compile(r"\s+")
_SAFE_ASCII = re.compile(r"[ -~]*")
_PLAIN = re.compile(r"[!-%'-;=-~]+(?: [!-%'-;=-~]+)*")  # most text: nothing to mend in it

# Only names that HTML knows count as markup: `<vector>` in a title about C++ is text.
_TAGS = (
    "a|abbr|article|aside|b|big|blockquote|br|button|center|cite|code|del|div|dl|dt|dd|em|embed|figcaption|figure|"
    "font|footer|form|h[1-6]|head|header|hr|html|body|i|iframe|img|input|ins|kbd|li|link|main|mark|meta|nav|"
    "noscript|object|ol|option|p|picture|pre|q|s|samp|script|section|select|small|source|span|strike|strong|style|"
    "sub|sup|svg|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|audio|wbr"
)
_MARKUP = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>|<!--|<!\[CDATA\[", re.IGNORECASE)
_BLOCK_END = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# Never looks past the next opening one: many that are never closed would cost the square of their number.
_SWALLOWED = re.compile(r"<(script|style)\b(?:(?!<\1\b).)*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_MAX_PASSES = 10


def legal(text: str) -> str:
    """Return `text` in NFC with only characters that every format and reader can carry."""
    if _SAFE_ASCII.fullmatch(text):
        return text
    text = _PAIR.sub(_join_pair, text)
    text = _C1.sub(_from_cp1252, text)
    # NFC comes last: what is removed may leave a base and its mark side by side.
    return unicodedata.normalize("NFC", _ILLEGAL.sub("", text))


def _join_pair(match: re.Match[str]) -> str:
    return match[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _from_cp1252(match: re.Match[str]) -> str:
    # C1 controls in the wild are Windows punctuation that was decoded as Latin-1.
    return match[0].encode("latin-1").decode("cp1252", "ignore")


def plain(text: str, limit: int) -> str:
    """Return `text` as one line of legal plain text of at most `limit` characters: no markup, no entities."""
    if len(text) <= limit and _PLAIN.fullmatch(text):
        return text
    if "<" in text and _MARKUP.search(text):
        text = _strip(text)
    if "&" in text:
        text = _ENTITY.sub(_unescape, text)
    line = _SPACE.sub(" ", legal(text)).strip()
    # Zero-width characters alone are nothing that a reader could see, or click.
    return cut(line, limit) if any(one.isprintable() and one != " " for one in line) else ""


def quoted(line: str) -> str:
    """Return what `plain` makes this line of plain text of: itself, unless it looks like markup."""
    return line if plain(line, len(line)) == line else line.replace("&", "&amp;").replace("<", "&lt;")


def _strip(text: str) -> str:
    """Drop the tags HTML knows, and what scripts and styles hold; leave other angle brackets alone."""
    text = _SWALLOWED.sub(" ", text)
    text = _BLOCK_END.sub(" ", text)
    for _ in range(_MAX_PASSES):  # taking a tag out may join two halves to another one
        text, found = _MARKUP.subn("", text)
        if not found:
            return text
    return text.replace("<", " ")  # nobody writes this; each pass would free one more


def _unescape(entity: re.Match[str]) -> str:
    # Not html.unescape for names: it takes `&notes;` for `&not` and more.
    return html.unescape(entity[0]) if entity[0][1] == "#" else html5.get(entity[0][1:], entity[0])


def cut(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters, at a word where one ends near, and mark the cut with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ", limit // 2)
    head = head[:space] if space > 0 else head
    while head and (unicodedata.combining(text[len(head)]) or text[len(head)] in "\u200d\ufe0f"):
        head = head[:-1]  # never leave half a grapheme
    return head.rstrip() + "…"


def clean_html(markup: str, base: str) -> str:
    """Return `markup` as HTML that is safe in other people's pages, its relative links resolved against `base`."""
    import nh3  # noqa: PLC0415  few articles have a body, and the import is not free

    cleaned = nh3.clean(
        legal(markup.replace("\r\n", "\n")),
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", base),
        link_rel=None,
        strip_comments=True,
    )
    # References have become characters. No NFC here: it would join the `>` of a tag to a mark that follows it.
    return _ILLEGAL.sub("", _C1.sub(_from_cp1252, cleaned)).strip()


_ALLOWED_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "div", "dl", "dt", "em", "figcaption"),
    *(
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
    ),
    *("samp", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr"),
    *("u", "ul", "var"),
}
# No `cite`: nobody sees it, and nh3 checks no scheme there.
_ALLOWED_ATTRIBUTES = {
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}


_TAG_LIKE = re.compile(r"</?[a-zA-Z!]|<(?=[^\s<>]*@)")
_REFERENCE_LIKE = re.compile(r"&(#?\w+)")


def looks_like_markup(text: str) -> bool:
    """Say whether a reader or a validator could take plain `text` for HTML (RFC 4287 section 3.1.1)."""
    return ("<" in text and _TAG_LIKE.search(text) is not None) or (
        "&" in text and _REFERENCE_LIKE.search(text) is not None
    )


def without_markup(text: str) -> str:
    """Return plain `text` for places that cannot declare a type (RSS titles, link titles): nothing looks like HTML.

    What looks like it keeps its words; only the sign that starts it becomes one that looks alike.
    """
    if not looks_like_markup(text):
        return text
    return _REFERENCE_LIKE.sub(_defuse, _TAG_LIKE.sub(lambda tag: "‹" + tag[0][1:], text))


def _defuse(reference: re.Match[str]) -> str:
    # Readers know many references without their semicolon too; validators suspect all that hold a digit.
    known = not reference[1].isalpha() or html.unescape(f"{reference[0]};") != f"{reference[0]};"
    return "＆" + reference[1] if known else reference[0]


# RFC 5646, of the languages in ISO 639-1: readers and validators know no others for sure.
_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
    "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is "
    "it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms "
    "mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk "
    "sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
    "yo za zh zu"
)
_LANGUAGES = frozenset(_CODES.split())
_TAG = re.compile(r"([a-zA-Z]{2})(?:-[a-zA-Z0-9]{2,8})*")


def language_tag(given: str) -> str | None:
    """Return a language tag (RFC 5646) if it is one of a language that readers know; None otherwise."""
    given = given.strip().replace("_", "-")
    tag = _TAG.fullmatch(given)
    return given if tag and tag[1].lower() in _LANGUAGES else None
