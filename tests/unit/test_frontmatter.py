from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.sources.frontmatter import MAX_BYTES, MAX_DEPTH, FrontMatter, FrontMatterError, has_fence, read

NESTED = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)


@pytest.mark.parametrize(
    "data",
    [b"---\na: 1\n---\n", b"---\r\n", b"--- \t\n", b"\xef\xbb\xbf---\n", b"---"],
)
def test_a_document_with_a_fence_is_an_article(data: bytes) -> None:
    assert has_fence(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n---\n",
        b" ---\n",
        b"----\n",
        b"--- a\n",
        b"# A page\n",
        b"<?xml version='1.0'?>",
        b"\x89PNG\r\n",
        b"\xff\xfe-\x00-\x00-\x00\n\x00",
        "–––\n".encode(),
    ],
)
def test_a_document_without_a_fence_is_none(data: bytes) -> None:
    assert not has_fence(data)
    with pytest.raises(FrontMatterError, match="no front matter"):
        read(data)


@pytest.mark.parametrize(
    ("document", "fields", "body"),
    [
        pytest.param("---\na: b\n---\n", {"a": "b"}, "\n", id="small"),
        pytest.param("---\na: b\n---", {"a": "b"}, "", id="no line end"),
        pytest.param("---\na: b\n---\n\nBody.\n", {"a": "b"}, "\n\nBody.\n", id="body"),
        pytest.param("---\na: b\n---\nc\n---\nd\n", {"a": "b"}, "\nc\n---\nd\n", id="fence in the body"),
        pytest.param("---\na: b\n...\nBody.\n", {"a": "b"}, "\nBody.\n", id="closed by dots"),
        pytest.param("--- \na: b\n---\t \nc", {"a": "b"}, "\nc", id="blanks after the fences"),
        pytest.param("\ufeff---\na: b\n---\n", {"a": "b"}, "\n", id="byte order mark"),
        pytest.param("---\r\na: b\r\nc: d\r\n---\r\ne\r\n", {"a": "b", "c": "d"}, "\ne\r\n", id="CRLF"),
        pytest.param("---\n---\n", {}, "\n", id="empty"),
        pytest.param("---\n\n# nothing\n---\n", {}, "\n", id="comment alone"),
        pytest.param("---\n~\n---\n", {}, "\n", id="null alone"),
        pytest.param("---\na: |\n  b\n  ---\n  c\n---\n", {"a": "b\n---\nc\n"}, "\n", id="fence in a block"),
        pytest.param('---\na: "b --- c"\n---\n', {"a": "b --- c"}, "\n", id="fence in quotes"),
        pytest.param("---\na: ---b\n----: c\n---\n", {"a": "---b", "----": "c"}, "\n", id="almost a fence"),
        pytest.param("---\na: >\n  b\n  c\n---\n", {"a": "b c\n"}, "\n", id="folded"),
        pytest.param("---\na: 'it''s'\n---\n", {"a": "it's"}, "\n", id="single quotes"),
        pytest.param("---\na: b # c\n---\n", {"a": "b"}, "\n", id="comment"),
        pytest.param("---\na: {b: [c, d]}\n---\n", {"a": {"b": ["c", "d"]}}, "\n", id="flow"),
        pytest.param("---\na:\n- b: c\n  d: e\n- f\n---\n", {"a": [{"b": "c", "d": "e"}, "f"]}, "\n", id="list of maps"),
        pytest.param("---\na:\n  - \n  - b\n---\n", {"a": [None, "b"]}, "\n", id="null in a list"),
        pytest.param("---\na: {b: 1}\nc: {b: 1}\n---\n", {"a": {"b": "1"}, "c": {"b": "1"}}, "\n", id="a key in two maps"),
        pytest.param("---\na: b\x00c\x07d\x7fe\n---\n", {"a": "b c d e"}, "\n", id="controls"),
        pytest.param("---\na: b\u2028c\u2029d\x85e\n---\n", {"a": "b c d e"}, "\n", id="foreign line ends"),
        pytest.param("---\na: b\ufffe\uffffc\n---\n", {"a": "b  c"}, "\n", id="noncharacters"),
        pytest.param("---\na: 😀 é 日本\n---\n", {"a": "😀 é 日本"}, "\n", id="not ASCII"),
        pytest.param('---\na: "\\u00e9\\n\\t\\"\\x41"\n---\n', {"a": 'é\n\t"A'}, "\n", id="escapes"),
        pytest.param('---\na: "\\ud83d\\ude00"\n---\n', {"a": "😀"}, "\n", id="surrogate pair, escaped"),
        pytest.param('---\na: "\\uD83D\\uDE00\\ud83d\\ude00"\n---\n', {"a": "😀😀"}, "\n", id="two of them"),
        pytest.param('---\na: "\\\\ud83d\\\\ude00"\n---\n', {"a": "\\ud83d\\ude00"}, "\n", id="escaped backslashes"),
        pytest.param('---\na: "\\\\\\ud83d\\ude00"\n---\n', {"a": "\\😀"}, "\n", id="a backslash before a pair"),
        pytest.param('---\n"": b\n---\n', {"": "b"}, "\n", id="empty key"),
        pytest.param("---\n~: b\nnull: c\n---\n", {"~": "b", "null": "c"}, "\n", id="a key is text, whatever it says"),
        pytest.param(f"---\n{NESTED}\n---\n", None, "\n", id="as deep as may be"),
    ],
)  # fmt: skip
def test_documents_that_can_be_read(document: str, fields: dict[str, object] | None, body: str) -> None:
    made = read(document.encode())
    assert made.body == body
    if fields is not None:
        assert made.fields == fields


@pytest.mark.parametrize(
    "scalar",
    [
        *("no", "on", "Yes", "true", "False", "y", "012", "0o17", "0x1F", "1e3", "1_000", ".5", ".inf", "-0", "+1"),
        *("12:30", "12:30:45", "2026-11-01", "2026-13-45", "2026-11-01T12:00:00Z", "=", "<<", "9" * 5000, "nUll"),
    ],
)
def test_scalars_stay_text(scalar: str) -> None:
    assert read(f"---\na: {scalar}\nb: [{scalar}]\n---\n".encode()).fields == {"a": scalar, "b": [scalar]}


@pytest.mark.parametrize(("scalar", "value"), [("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None)])
def test_plain_nulls_are_nothing_and_quoted_ones_are_text(scalar: str, value: None) -> None:
    assert read(f"---\na: {scalar}\nb: '{scalar}'\n---\n".encode()).fields == {"a": value, "b": scalar}


def test_lines_are_those_of_the_file() -> None:
    document = '---\n# first\na: b\n\nc: |\n  d\n  e\nf: "g\n  h"\ni:\n  - j: k\nl: m\n---\n'
    assert read(document.encode()).lines == {"a": 3, "c": 5, "f": 8, "i": 10, "l": 12}
    assert read(document.replace("\n", "\r\n").encode()).lines == {"a": 3, "c": 5, "f": 8, "i": 10, "l": 12}


MERGE_BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("document", "place", "reason"),
    [
        pytest.param("---\na: b\n", (1, 1), "never closed", id="unclosed"),
        pytest.param("---", (1, 1), "never closed", id="nothing after the fence"),
        pytest.param("---\na: b\n ---\n", (1, 1), "never closed", id="fence with an indentation"),
        pytest.param("---\na: b\n---x\n", (1, 1), "never closed", id="fence with a tail"),
        pytest.param(f"---\na: {'b' * MAX_BYTES}\n---\n", (1, 1), "more than 1024 KiB", id="too large"),
        pytest.param("---\n" + "[" * 100_000 + "\n---\n", (2, MAX_DEPTH + 1), "nested", id="100,000 brackets"),
        pytest.param("---\na: " + "[" * 500 + "]" * 500 + "\n---\n", (2, MAX_DEPTH + 3), "nested", id="500 lists"),
        pytest.param("---\n" + "{a: " * 500 + "}" * 500 + "\n---\n", (2, 4 * MAX_DEPTH + 1), "nested", id="500 maps"),
        pytest.param("---\na:\n" + "- " * 500 + "b\n---\n", (3, 2 * MAX_DEPTH - 1), "nested", id="500 dashes"),
        pytest.param("---\na: b\nc: &x d\n---\n", (3, 4), "an anchor", id="anchor on a scalar"),
        pytest.param("---\na: &x [b]\n---\n", (2, 4), "an anchor", id="anchor on a list"),
        pytest.param("---\na: &x {b: c}\n---\n", (2, 4), "an anchor", id="anchor on a map"),
        pytest.param("---\na: &x [*x]\n---\n", (2, 4), "an anchor", id="endless structure"),
        pytest.param("---\na: *x\n---\n", (2, 4), "an alias", id="alias"),
        pytest.param("---\n*x : a\n---\n", (2, 1), "an alias", id="alias as a key"),
        pytest.param("---\n<<: {a: b}\n---\n", (2, 1), "a merge", id="merge"),
        pytest.param("---\n" + MERGE_BOMB + "---\n", (2, 5), "an anchor", id="merge bomb"),
        pytest.param("---\na: !!python/object/apply:os.system [b]\n---\n", (2, 4), "a tag", id="tag that runs code"),
        pytest.param("---\na: !!str b\n---\n", (2, 4), "a tag", id="tag on a scalar"),
        pytest.param("---\n!!map\na: b\n---\n", (2, 1), "a tag", id="tag on the document"),
        pytest.param("---\na: !b c\n---\n", (2, 4), "a tag", id="tag of its own"),
        pytest.param("---\na: b\nc: d\na: e\n---\n", (4, 1), "twice", id="duplicate key"),
        pytest.param("---\na:\n  b: c\n  b: d\n---\n", (4, 3), "twice", id="duplicate key within"),
        pytest.param("---\na: b\n'a': c\n---\n", (3, 1), "twice", id="duplicate key in quotes"),
        pytest.param("---\n? [a]\n: b\n---\n", (2, 3), "a key that is no text", id="list as a key"),
        pytest.param("---\n? {a: b}\n: c\n---\n", (2, 3), "a key that is no text", id="map as a key"),
        pytest.param("---\na: b\n--- c\n---\n", (3, 1), "second document", id="second document"),
        pytest.param("---\n- a\n---\n", (2, 1), "no block of `key: value`", id="list"),
        pytest.param("---\na\n---\n", (2, 1), "no block of `key: value`", id="text"),
        pytest.param("---\na: b: c\n---\n", (2, 5), "second `: `", id="two colons"),
        pytest.param('---\na: "b" c\n---\n', (2, 8), "after a closing quote", id="text after a quote"),
        pytest.param("---\na: b\nc\nd: e\n---\n", (3, 1), "no `key: value`", id="no colon"),
        pytest.param('---\na: "b\n---\n', (2, 4), "quote that opens here is never closed", id="open quote"),
        pytest.param("---\na: @b\n---\n", (2, 4), "in quotes", id="at sign"),
        pytest.param("---\na: [b\n---\n", (2, 4), "[ that opens here is never closed", id="open bracket"),
        pytest.param("---\na: b\n\tc: d\n---\n", (3, 1), "", id="tab"),
        pytest.param('---\na: "\\ud83d"\n---\n', (2, 7), "no character", id="half a surrogate pair"),
        pytest.param('---\na: "\\ude00\\ud83d"\n---\n', (2, 7), "no character", id="surrogates the wrong way round"),
        pytest.param('---\na: "\\q"\n---\n', (2, 5), "escape", id="unknown escape"),
        pytest.param("---\n%YAML 9.9\n---\n", (2, 1), "", id="directive"),
    ],
)  # fmt: skip
def test_documents_that_cannot_be_read_say_where_and_why(document: str, place: tuple[int, int], reason: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        read(document.encode())
    assert ((caught.value.line, caught.value.column), reason in caught.value.reason) == (place, True), caught.value


@pytest.mark.parametrize(
    ("data", "place", "byte"),
    [
        pytest.param(b"---\na: b\nc: caf\xe9\n---\n", (3, 7), "0xe9", id="Latin-1"),
        pytest.param(b"---\na: b\n---\n\nc \xff\n", (5, 3), "0xff", id="in the body"),
        pytest.param(b"---\na: \xed\xa0\xbd\n---\n", (2, 4), "0xed", id="surrogate"),
        pytest.param(b"---\na: \xc0\xaf\n---\n", (2, 4), "0xc0", id="overlong"),
        pytest.param(b"---\na: b\xc3\n---\n", (2, 5), "0xc3", id="half a character"),
    ],
)
def test_what_is_not_utf_8_is_refused_with_its_place(data: bytes, place: tuple[int, int], byte: str) -> None:
    with pytest.raises(FrontMatterError, match=f"byte {byte} is not UTF-8") as caught:
        read(data)
    assert (caught.value.line, caught.value.column) == place


def test_front_matter_as_large_as_may_be_is_read() -> None:
    start = "a: "
    text = "b" * (MAX_BYTES - len(start) - 1)
    assert read(f"---\n{start}{text}\n---\nBody.".encode()) == FrontMatter({"a": text}, {"a": 2}, "\nBody.")


JSON = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé \"'", max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text("abcé \"'", max_size=4), JSON, max_size=4), st.booleans())
def test_json_is_read_as_it_is(fields: dict[str, object], escaped: bool) -> None:
    written = json.dumps(fields, ensure_ascii=True) if escaped else json.dumps(fields)
    assert read(f"---\n{written}\n---\n".encode()).fields == fields


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text("ab:-[]{}&*!|>'\"%@#?,~ \n\t\\u", max_size=60).map(str.encode)))
@example(b"%TAG ! tag:a\n")
@example(b"? ")
def test_whatever_is_given_is_read_or_refused_in_its_own_words(data: bytes) -> None:
    fault: FrontMatterError | None = None
    try:
        read(b"---\n" + data + b"\n---\n")
    except FrontMatterError as error:
        fault = error
    assert fault is None or (fault.line >= 1 and fault.column >= 1 and fault.reason)
