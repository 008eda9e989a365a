"""Articles and configurations with faults, one of each kind, and a process that may do no more than others."""

from __future__ import annotations

# What root may do although the mode of a file forbids it (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH), given up for good.
HUMBLE = """\
import ctypes, os, sys
for right in (1, 2):
    ctypes.CDLL(None).prctl(24, right, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
ADDRESS = "originalUrl: https://www.harbour.example/a"

# Front matter with one fault each.
FAULTY = {
    "address-none": "title: A",
    "address-none-that-works": "originalUrl: nowhere",
    "address-of-a-person": "originalUrl: mailto:someone@harbour.example",
    "address-with-password": "originalUrl: ftp://me:word@harbour.example/",
    "alias": f"{ADDRESS}\ntitle: *Breaking* news",
    "anchor": f"{ADDRESS}\ntitle: &now News",
    "bracket-closed-wrongly": f"{ADDRESS}\ntopics: [a, b}}",
    "bracket-never-closed": f"{ADDRESS}\ntopics: [a, b",
    "brace-never-closed": f"{ADDRESS}\nprovider: {{name: A",
    "colon-in-value": f"{ADDRESS}\ntitle: One: two",
    "date": f"{ADDRESS}\npublishedDateTime: soon",
    "deep": f"{ADDRESS}\nx: {'[' * 30}{']' * 30}",
    "escape-unknown": f'{ADDRESS}\ntitle: "C:\\news"\nexcerpt: "\\q"',
    "escape-no-character": f'{ADDRESS}\ntitle: "\\ud800"',
    "escape-no-digits": f'{ADDRESS}\ntitle: "\\xzz"',
    "images-no-list": f"{ADDRESS}\nimages: https://www.harbour.example/a.png",
    "key-twice": f"{ADDRESS}\ntitle: A\ntitle: B",
    "key-no-text": f"{ADDRESS}\n[a]: b",
    "line-alone": f"{ADDRESS}\ntitle: A\nand more of it\nexcerpt: B",
    "list-beside-key": f"{ADDRESS}\ntopics: - a",
    "list-without-hyphen": f"{ADDRESS}\ntopics:\n  - a\n  b: c",
    "list-alone": "- a\n- b",
    "number": f"{ADDRESS}\nquality: high",
    "percent": f"{ADDRESS}\ntitle: %A",
    "pipe": f"{ADDRESS}\nexcerpt: | text\n  more",
    "provider-a-list": f"{ADDRESS}\nprovider: [A]",
    "quote-inside": f'{ADDRESS}\ntitle: "One" two',
    "quote-never-closed": f'{ADDRESS}\ntitle: "One\nexcerpt: two',
    "second-document": f"{ADDRESS}\n--- a",
    "tab": f"{ADDRESS}\nprovider:\n\tname: A",
    "tag": f"{ADDRESS}\ntitle: !now News",
    "tag-unknown": f"{ADDRESS}\ntitle: !now!then News",
    "title-a-block": f"{ADDRESS}\ntitle: {{a: b}}",
    "topics-deep": f"{ADDRESS}\ntopics: [a, [b]]",
    "value-missing": f"{ADDRESS}\ntitle: ]",
}  # fmt: skip

# A configuration in which most is wrong, in the order of the file.
WRONG = """\
titel: x
title: ''
base_url: feeds.example
homepage: here
language: no language
state: ~nobody-of-that-name/state
zzz: 1
articles:
  - topics: [x]
  - path: a/news
    skip: [hidden]
  - path: b
    name: [x]
output:
  formats: [atom, rdf]
  index: perhaps
  pth: x
window: {entries: 0, days: soon, at_least: 2000, max_size: big}
related: {show: many}
entry: {title: '{titel}'}
text: {read: ''}
topics:
  - also: x
  - {name: Sea, slug: A/B}
providers: {split: [msn]}
hub: [here]
icon: {a: b}
author:
"""

# What may be given as a list of subscriptions: a good one, and some that are none.
LISTS = {
    "good.opml": (
        "<opml><body><outline text='Sea'>\n<outline text='A' xmlUrl='https://me:word@a.test/f'/>\n"
        "<outline xmlUrl='gopher://a.test/'/>\n<outline text='B'/></outline></body></opml>"
    ),
    "page.opml": "<!DOCTYPE html><title>Log in</title>",
    "feed.opml": "<rss version='2.0'/>",
    "empty.opml": "",
    "other.opml": "A\nB\n",
    "without.opml": "<opml version='2.0'><body/></opml>",
    "torn.opml": "<opml>\n<body>",
    "entities.opml": "<!DOCTYPE opml [<!ENTITY a 'a'>]>\n<opml/>",
}

# And such that have one fault alone, as nothing can be read beside it.
WRONG_ALONE = (
    "",
    "base_url: https://x.test/?a",
    "base_url: https://x.test./%7Enews",
    "base_url: https://x.test/caf%E9",
    "base_url: https://x.test/\nwindow: {max_size: 5 KB}",
    "base_url: https://x.test/\nstate: ../out/state",
    "base_url: https://x.test/\narticles: x\noutput: [x]",
    "base_url: https://x.test/\narticles: [{path: a/news}, {path: b/news}]",
    "base_url: https://x.test/\nupstream: [{url: https://a.test/f, name: A}, {url: https://a.test/f, name: B}]",
    "base_url: https://x.test/\nupstream_from: [{path: a.opml, url: https://a.test/}]",
    "base_url: https://x.test/\ninclude: nowhere.yaml",
    "base_url: https://x.test/\ninclude: aggregator.yaml",
    "base_url: https://x.test/\ntopics: [{name: A}, {name: B, also: [a]}]",
    "base_url: https://x.test/\ntopics: [{name: A, slug: c}, {name: B, slug: c}]",
    "base_url: https://x.test/\noutput: {formats: []}",
    "base_url: https://x.test/\nbase_url: https://y.test/",
    "base_url: https://x.test/\ntitle: One: two",
    "base_url: https://x.test/\ntitle: \u00e9\x07",
    "base_url: https://x.test/\n---\ntitle: A",
    "base_url: https://x.test/\narticles:\n- path: a\n  rules:\n  - drop: {wrds: ad, matches: '(', kind: audio}\n  - keep: {any: []}\n  - if: {}",
    "base_url: https://x.test/\nupstream:\n- url: https://y.test/\n  rules: [{keep: {words: a}, drop: {lead: }}]",
    "title: *a",
    "a: &a [*a]",
    "a: [",
    "- a",
    f"a: {'[' * 2000}{']' * 2000}",
)
