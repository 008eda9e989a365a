"""Copies in gzip beside what is published: there, right, the same again, and gone with the switch."""

from __future__ import annotations

import gzip

from newsroom import WITH_PAGES, Newsroom

PACKED = f"{WITH_PAGES}  gzip: true\n"


def copies(room: Newsroom) -> dict[str, bytes]:
    return {path.removesuffix(".gz"): body for path, body in room.output().items() if path.endswith(".gz")}


def documents(room: Newsroom) -> dict[str, bytes]:
    return {path: body for path, body in room.output().items() if not path.endswith(".gz")}


def test_each_file_has_its_copy_and_each_copy_its_file(room: Newsroom) -> None:
    room.configure(PACKED)
    room.article("a.md")
    room.run()
    assert {path: gzip.decompress(body) for path, body in copies(room).items()} == documents(room)
    assert {"all.atom", "index.html", "feeds.opml", "topics/sea.json"} <= copies(room).keys()
    room.article("a.md", title="Other words")
    room.run()
    assert {path: gzip.decompress(body) for path, body in copies(room).items()} == documents(room)
    assert all(body[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00" for body in copies(room).values())  # no name, no time


def test_a_second_run_writes_nothing_and_a_full_one_the_same_bytes(room: Newsroom) -> None:
    room.configure(PACKED)
    room.article("a.md")
    room.run()
    before = room.output()
    assert room.run().published.written == 0
    assert room.run(full=True).published.written == 0
    assert room.output() == before


def test_the_switch_brings_all_copies_and_takes_them_away(room: Newsroom) -> None:
    room.configure(WITH_PAGES)
    room.article("a.md")
    room.run()
    plain = room.output()
    room.configure(PACKED)
    report = room.run()
    assert (report.published.written, report.published.faults) == (len(plain), ())
    assert copies(room).keys() == plain.keys()
    room.configure(WITH_PAGES)
    assert room.run().published.removed == len(plain)
    assert room.output() == plain


def test_a_copy_that_was_lost_comes_back(room: Newsroom) -> None:
    room.configure(PACKED)
    room.article("a.md")
    room.run()
    before = room.output()
    for name in ("all.atom.gz", "index.html.gz"):
        (room.out / name).unlink()
    room.run()
    assert room.output() == before


def test_after_a_crash_a_copy_of_ours_is_known_again_and_one_of_others_left_alone(room: Newsroom) -> None:
    room.configure(PACKED)
    room.article("a.md")
    room.run()
    old = room.output()
    manifest = room.state / "manifest.json"
    room.configure(WITH_PAGES)
    room.run()
    without = manifest.read_bytes()
    (room.out / "all.atom.gz").write_bytes(old["all.atom.gz"])  # as a pass leaves it that ends before the manifest
    (room.out / "all.rss.gz").write_bytes(gzip.compress(b"not ours"))
    manifest.write_bytes(without)
    room.configure(PACKED)
    room.article("a.md", title="Other words")
    faults = room.run().published.faults
    assert [fault.code for fault in faults] == ["foreign_file"]
    assert faults[0].location.endswith("all.rss.gz")
    assert gzip.decompress((room.out / "all.rss.gz").read_bytes()) == b"not ours"
    assert gzip.decompress((room.out / "all.atom.gz").read_bytes()) == (room.out / "all.atom").read_bytes()
