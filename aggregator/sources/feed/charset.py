"""The characters of an XML document, whatever encoding it has or claims to have."""

from __future__ import annotations

import re

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{2,40})")
# Encodings of text that servers use. Python knows more; some of those raise, or run programs of their own.
_KNOWN = re.compile(
    r"(?:x-)?(?:utf-?8|iso-?8859|latin|windows|cp-?125|koi8|gb|big5|euc|shift|sjis|ks_c|iso-2022|mac|tis|ascii|us-)"
    r"[a-z0-9_-]*"
)
# Seven bits that stand for more: valid UTF-8 of another meaning.
_SEVEN_BITS = ("iso-2022",)
_STRAY = re.compile("[\udc80-\udcff]")
_SWALLOWED = b"\xef\xbf\xbe", b"\xef\xbf\xbf"  # U+FFFE and U+FFFF, which XML 1.0 section 2.2 forbids
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))


def decode(data: bytes, charset: str) -> str:
    """Return the text of a document: by its mark, else as UTF-8 if it is that, else as it or its server declares.

    UTF-8 goes before what is declared, because hardly any text of another encoding is valid UTF-8 by chance, and
    many servers declare one for all their files. Stray bytes in UTF-8 are taken for Windows-1252, one by one.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace").removeprefix("\ufeff")
    match = _DECLARED.search(data, 0, 1_000)
    declared = [
        name for name in (charset.lower(), match[1].decode().lower() if match else "") if _KNOWN.fullmatch(name)
    ]
    if not any(name.startswith(_SEVEN_BITS) for name in declared):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    for name in declared:
        if not name.startswith(("utf", "ascii", "us-", "iso-8859-1", "latin")) or name[len("iso-8859-1") :].isdigit():
            try:
                return data.decode("gb18030" if name.startswith("gb2312") else name, "replace")
            except (LookupError, ValueError):
                continue
    return _STRAY.sub(_from_cp1252, data.decode("utf-8", "surrogateescape"))


def _from_cp1252(stray: re.Match[str]) -> str:
    return bytes([ord(stray[0]) - 0xDC00]).decode("cp1252", "replace")


def encode(text: str) -> bytes:
    """Return text as UTF-8 without the characters that no XML parser accepts."""
    data = text.encode("utf-8", "ignore").translate(None, _CONTROLS)
    for character in _SWALLOWED:
        data = data.replace(character, b"")
    return data
