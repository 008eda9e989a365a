from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from aggregator.core.address import Address, domain_of, host_of, key_of, legal_href, read_address

HREF_AND_KEY = [
    # given, as published (without scheme and //), as compared (the same)
    pytest.param("https://x.example/a", "x.example/a", "x.example/a", id="plain"),
    pytest.param("https://x.example", "x.example/", "x.example/", id="no path"),
    pytest.param("https://x.example?a=1", "x.example/?a=1", "x.example/?a=1", id="query without a path"),
    pytest.param("HTTPS://X.Example/A", "x.example/A", "x.example/A", id="case of scheme, host and path"),
    pytest.param("  https://x.example/a \n", "x.example/a", "x.example/a", id="outer blanks"),
    pytest.param("https://x.ex\tam\nple/a", "x.example/a", "x.example/a", id="tabs and line breaks inside"),
    pytest.param("https:///x.example/", "x.example/", "x.example/", id="too many slashes"),
    pytest.param("https:x.example/a", "x.example/a", "x.example/a", id="too few slashes"),
    pytest.param("https://x.example\\a\\b", "x.example/a/b", "x.example/a/b", id="backslashes"),
    pytest.param("https://münchen.example/", "xn--mnchen-3ya.example/", "xn--mnchen-3ya.example/", id="IDNA"),
    pytest.param("https://faß.example/", "xn--fa-hia.example/", "xn--fa-hia.example/", id="IDNA 2008"),
    pytest.param("https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example/", "xn--mnchen-3ya.example/", id="punycode"),
    pytest.param("https://EX.example/", "ex.example/", "ex.example/", id="full-width host"),
    pytest.param("https://2130706433/", "127.0.0.1/", "127.0.0.1/", id="IPv4 as one number"),
    pytest.param("https://u:p@x.example/a", "x.example/a", "x.example/a", id="user and password"),
    pytest.param("https://u@x.example/a", "x.example/a", "x.example/a", id="user alone"),
    pytest.param("https://:p@x.example/a", "x.example/a", "x.example/a", id="password alone"),
    pytest.param("https://x.example:443/a", "x.example/a", "x.example/a", id="default port"),
    pytest.param("https://x.example:8443/a", "x.example:8443/a", "x.example:8443/a", id="other port"),
    pytest.param("https://x.example:/a", "x.example/a", "x.example/a", id="empty port"),
    pytest.param("https://x.example./a", "x.example./a", "x.example/a", id="dot after the host"),
    pytest.param("https://x_y.example/a", "x_y.example/a", "x_y.example/a", id="underscore in the host"),
    pytest.param("https://x.example/a/../b/./c", "x.example/b/c", "x.example/b/c", id="dot segments"),
    pytest.param("https://x.example/a/%2e%2E/b", "x.example/b", "x.example/b", id="escaped dot segments"),
    pytest.param("https://x.example/a//b", "x.example/a//b", "x.example/a//b", id="double slash in the path"),
    pytest.param("https://x.example/.well", "x.example/.well", "x.example/.well", id="a name that starts with a dot"),
    pytest.param("https://x.example/%7ea%2fb", "x.example/%7ea%2fb", "x.example/~a%2Fb", id="escapes, in the key only"),
    pytest.param("https://x.example/%zz%", "x.example/%25zz%25", "x.example/%25zz%25", id="percent signs that escape nothing"),
    pytest.param("https://x.example/é", "x.example/%C3%A9", "x.example/%C3%A9", id="not ASCII"),
    pytest.param("https://x.example/a b|c", "x.example/a%20b%7Cc", "x.example/a%20b%7Cc", id="forbidden in a path"),
    pytest.param("https://x.example/?q=[a]", "x.example/?q=%5Ba%5D", "x.example/?q=%5Ba%5D", id="forbidden in a query"),
    pytest.param("https://x.example/?q=a+b", "x.example/?q=a+b", "x.example/?q=a+b", id="plus stays"),
    pytest.param("https://x.example/?", "x.example/", "x.example/", id="empty query"),
    pytest.param("https://x.example/a#", "x.example/a", "x.example/a", id="empty fragment"),
    pytest.param("https://x.example/a#b", "x.example/a#b", "x.example/a", id="fragment"),
    pytest.param("https://x.example/a#b?c", "x.example/a#b?c", "x.example/a", id="question mark in a fragment"),
    pytest.param("https://x.example/a#!b#c", "x.example/a#!b%23c", "x.example/a", id="number sign in a fragment"),
    pytest.param("https://x.example/a?b=1&&c", "x.example/a?b=1&&c", "x.example/a?b=1&c", id="empty parameters"),
    pytest.param("https://x.example/?utm_source=n", "x.example/?utm_source=n", "x.example/", id="tracking alone"),
    pytest.param("https://x.example/?a=1&FBCLID=2&b", "x.example/?a=1&FBCLID=2&b", "x.example/?a=1&b", id="tracking between"),
    pytest.param("https://x.example/?utm%5Fid=1", "x.example/?utm%5Fid=1", "x.example/", id="tracking, escaped"),
    pytest.param("https://x.example/?gclid", "x.example/?gclid", "x.example/", id="tracking without a value"),
    pytest.param("https://x.example/?id=utm_x", "x.example/?id=utm_x", "x.example/?id=utm_x", id="a value like tracking"),
    pytest.param("https://x.example/?b=2&a=1", "x.example/?b=2&a=1", "x.example/?b=2&a=1", id="order of parameters"),
    pytest.param("https://x.example/amp/", "x.example/amp/", "x.example/amp/", id="a path /amp/ is no cache"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize(("address", "href", "key"), HREF_AND_KEY)
def test_address_has_a_legal_form_and_a_key(scheme: str, address: str, href: str, key: str) -> None:
    # The default port is another one, and both must go.
    written = re.sub("^( *)https(?=:)", rf"\1{scheme}", address, flags=re.IGNORECASE)
    if scheme == "http":
        written = written.replace(":443/", ":80/")
    assert read_address(written) == Address(f"{scheme}://{href}", f"https://{key}")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://x-example.cdn.ampproject.org/c/s/x.example/a", "https://x.example/a"),
        ("https://x-example.cdn.ampproject.org/c/x.example/a", "https://x.example/a"),
        ("https://x-example.cdn.ampproject.org/v/s/x.example/a?b=1#c", "https://x.example/a?b=1"),
        ("http://x-example.cdn.ampproject.org./c/s/x.example/a", "https://x.example/a"),
        ("https://x-example.cdn.ampproject.org/%63/s/X.example/%61", "https://x.example/a"),
        ("https://x-example.cdn.ampproject.org/c/s/u:p@x.example:8080/a", "https://x.example:8080/a"),
        ("https://x.bing-amp.com/c/s/x.example/a", "https://x.example/a"),
        ("https://a.cdn.ampproject.org/c/s/b.cdn.ampproject.org/c/s/x.example/a", "https://x.example/a"),
        ("https://a.cdn.ampproject.org/c/b.bing-amp.com/c/c.cdn.ampproject.org/c/x.example/", "https://x.example/"),
        ("https://a.cdn.ampproject.org/i/s/x.example/a.png", "https://a.cdn.ampproject.org/i/s/x.example/a.png"),
        ("https://a.cdn.ampproject.org/c/s/", "https://a.cdn.ampproject.org/c/s/"),
        ("https://cdn.ampproject.org/c/s/x.example/a", "https://cdn.ampproject.org/c/s/x.example/a"),
        ("https://cdn.ampproject.org.x.example/c/s/a", "https://cdn.ampproject.org.x.example/c/s/a"),
    ],
)
def test_an_amp_cache_shares_the_key_of_the_original(address: str, key: str) -> None:
    found = read_address(address)
    assert found is not None
    assert found.key == key
    assert found.href == legal_href(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "https://",
        "https://./",
        "https://../",
        "https://x..example/",
        "https://0x7f.1../",
        "x.example/a",
        "//x.example/a",
        "/a",
        "ftp://x.example/",
        "file:///a",
        "mailto:a@x.example",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,a",
        "https://a b.example/",
        "https://x.example:99999/",
        "https://[::1/",
        "https://[::1]/a",
        "https://1.2.3.4.5/",
        "https://x.example/\ud800",
        "https://x%2fy.example/",
        'https://x"y.example/',
        "https://{x}.example/",
        "/".join(["https:/", *(f"{n}.cdn.ampproject.org/c" for n in range(9)), "x.example"]),
    ],
)
def test_what_is_no_http_address_is_none(address: str) -> None:
    assert read_address(address) is None


@pytest.mark.parametrize(
    ("address", "key"),
    [("https://[2001:DB8:0:0::1]/a", "https://[2001:db8::1]/a"), ("http://[::1]:8080", "https://[::1]:8080/")],
)
def test_an_ipv6_host_has_a_key_but_no_form_for_feeds(address: str, key: str) -> None:
    assert key_of(address) == key
    assert legal_href(address) is None


def test_an_address_of_2048_characters_is_the_longest() -> None:
    start = "https://x.example/"
    rest = "a" * (2048 - len(start))
    assert read_address(start + rest) == Address(start + rest, start + rest)
    assert read_address(start + rest + "a") is None
    assert read_address(f"{start}?{rest}") is None
    assert read_address(f"{start}#{rest}") is None
    # Escaping makes this one too long.
    assert read_address(start + "é" * 1000) is None


LABELS = st.sampled_from(
    ["x", "x-y", "x--y", "ab--c", "-x", "x-", "www", "1", "0x7f", "X", "xn--mnchen-3ya", "é", "x_y", ""]
)
HOSTS = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(LABELS, max_size=3),
    st.sampled_from(
        ["example", "com", "cdn.ampproject.org", "bing-amp.com", "1", "c", "example.", "example..", "[::1]"]
    ),
)
PIECES = st.text(st.sampled_from("aZ9.-_~!$&()*+,;=:@/%25e'\"<> |[]{}^`\\é#?"), max_size=8)
SPECIAL = st.sampled_from(["/", "/.", "/..", "/./", "//", "/c/s/x.example/", "/%63/", "/%2e", "&", "&utm_source=a", "&fbclid", ""])  # fmt: skip
ADDRESSES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTP://", "https:/", "https://u:p@", "ftp://", " https://"]),
    HOSTS,
    st.sampled_from(["", "", "", ":80", ":443", ":8080"]),
    st.builds("{}{}{}".format, st.sampled_from(["", "/"]), PIECES, SPECIAL),
    st.builds("{}{}{}".format, st.sampled_from(["", "?", "#", "?a=1&utm%5Fid=2&", "?#"]), PIECES, SPECIAL),
)
# Written as most are: what the fast path is made for.
USUAL = st.from_regex(r"https?://([a-z0-9-]{1,5}\.){1,3}[a-z]{2,3}(/[A-Za-z0-9._~!$&()*+,;=:@/-]{0,9})?(\?[a-z0-9=&_]{0,9})?(#[a-z]{0,4})?", fullmatch=True)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(ADDRESSES, USUAL))
@example("https://x.cdn.ampproject.org/c/s/x.example/a")
@example("https://x.example/a/.b/..")
def test_reading_fast_and_slow_is_the_same(address: str) -> None:
    href, key = legal_href(address), key_of(address)
    assert read_address(address) == (None if href is None or key is None else Address(href, key))


@settings(max_examples=200, deadline=None)
@given(st.one_of(ADDRESSES, USUAL))
@example("https://x.example/?utm%5Fsource=1")
@example("https://a.cdn.ampproject.org/%63/s/x.example/")
def test_a_key_is_its_own_key(address: str) -> None:
    key = key_of(address)
    assume(key is not None)
    assert key is not None
    assert key_of(key) == key


@settings(max_examples=200, deadline=None)
@given(st.one_of(ADDRESSES, USUAL))
def test_the_legal_form_is_ascii_stays_as_it_is_and_keeps_the_key(address: str) -> None:
    found = read_address(address)
    assume(found is not None)
    assert found is not None
    assert re.fullmatch(r"https?://(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})+", found.href)
    assert found.href.count("#") <= 1
    assert "@" not in found.href.split("/")[2]
    assert legal_href(found.href) == found.href
    assert key_of(found.href) == found.key


@settings(max_examples=200, deadline=None)
@given(USUAL)
def test_http_and_https_share_a_key(address: str) -> None:
    rest = address.partition("://")[2]
    assert key_of("http://" + rest) == key_of("https://" + rest)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("x.example", "x.example"),
        ("www.x.example", "x.example"),
        ("WWW.X.Example.", "x.example"),
        ("www.example", "www.example"),
        ("www.www.example", "www.example"),
        ("wwww.x.example", "wwww.x.example"),
        (" x.example\n", "x.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("x.example:8080", "x.example"),
        ("https://www.x.example/a", "x.example"),
        ("//x.example/", "x.example"),
        ("u:p@x.example", "x.example"),
        ("x", "x"),
        ("1.2.3.4", "1.2.3.4"),
        ("[2001:DB8::1]", ""),
        ("", ""),
        ("..", ""),
        ("X Y", ""),
        ('x"y.example', ""),
        ("{x}", ""),
        ("x:99999", ""),
        ("\ud800.example", ""),
    ],
)
def test_the_domain_of_a_host(host: str, domain: str) -> None:
    assert domain_of(host) == domain


@pytest.mark.parametrize(
    ("href", "domain"),
    [
        ("https://www.x.example/a", "x.example"),
        ("http://x.example:8080/a:b", "x.example"),
        ("https://x.example?a:1", "x.example"),
        ("https://x.example#a/b", "x.example"),
        ("https://xn--mnchen-3ya.example./", "xn--mnchen-3ya.example"),
    ],
)
def test_the_domain_of_an_address(href: str, domain: str) -> None:
    assert host_of(href) == domain


@settings(max_examples=200, deadline=None)
@given(st.one_of(ADDRESSES, USUAL))
def test_every_legal_address_is_on_a_domain(address: str) -> None:
    href = legal_href(address)
    assume(href is not None)
    assert href is not None
    assert host_of(href)
