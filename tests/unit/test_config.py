from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from aggregator import config
from aggregator.config.kinds import parse_duration
from aggregator.config.rules import ConditionSection, MatchesSection, RuleSection
from aggregator.config.schema import ConfigFile
from aggregator.core.window import Window
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SMALLEST = "base_url: https://feeds.test.example/\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "aggregator.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(written(folder, text), {})
    return [fault.removeprefix(f"{folder}/") for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "aggregator.yaml:1:1: base_url: required, but missing: where `output.path` is served; never guessed"),
        (
            "title: x\n",
            "aggregator.yaml:1:1: base_url: required, but missing: where `output.path` is served; never guessed",
        ),
        (SMALLEST + "outpt: {}\n", "aggregator.yaml:2:1: outpt: unknown key; did you mean output?"),
        (
            SMALLEST + "zzz: 1\n",
            "aggregator.yaml:2:1: zzz: unknown key; known here: " + ", ".join(ConfigFile.model_fields),
        ),
        (SMALLEST + "output:\n  pth: x\n", "aggregator.yaml:3:3: output.pth: unknown key; did you mean path?"),
        (
            SMALLEST + "articles:\n  - topics: [x]\n",
            "aggregator.yaml:3:5: articles.0.path: required, but missing: folder, or a list of folders that make up one source",
        ),
        (
            SMALLEST + "articles: x\n",
            "aggregator.yaml:2:11: articles: a list is expected; write each value after a `- `",
        ),
        (SMALLEST + "output: [x]\n", "aggregator.yaml:2:9: output: a block of `key: value` lines is expected"),
        (
            SMALLEST + "output: {formats: [atom, rdf]}\n",
            "aggregator.yaml:2:26: output.formats.1: one of 'atom', 'rss' or 'json' is expected",
        ),
        (
            SMALLEST + "output: {formats: []}\n",
            "aggregator.yaml:2:19: output.formats: may not be empty; remove the key, or give it a value",
        ),
        (SMALLEST + "window: {entries: many}\n", "aggregator.yaml:2:19: window.entries: a whole number is expected"),
        (
            SMALLEST + "window: {days: soon}\n",
            "aggregator.yaml:2:16: window.days: a length of time is expected, as 90 s, 5 m, 12 hours or 14 days",
        ),
        (
            SMALLEST + "window: {max_size: big}\n",
            "aggregator.yaml:2:20: window.max_size: a size is expected, as 500 KB or 2 MB",
        ),
        (
            SMALLEST + "related: {atom_links: perhaps}\n",
            "aggregator.yaml:2:23: related.atom_links: true or false is expected",
        ),
        (
            "base_url: feeds.example\n",
            "aggregator.yaml:1:11: base_url: an http or https address is expected, as https://feeds.example.org/",
        ),
        (
            "base_url: https://x.example/?a\n",
            "aggregator.yaml:1:11: base_url: an address that file names can follow is expected: without ? and #",
        ),
        (
            "base_url: https://x.example./%7Enews\n",
            "aggregator.yaml:1:11: base_url: an address in normal form is expected, as https://x.example/~news/",
        ),
        (
            "base_url: https://x.example/caf%E9\n",
            "aggregator.yaml:1:11: base_url: an address whose escapes are UTF-8 text is expected",
        ),
        (
            SMALLEST + "text: {read: 'At {provider.name}'}\n",
            "aggregator.yaml:2:14: text.read: only names that are filled in may stand in braces; here: {provider}",
        ),
        (
            SMALLEST + "topics: [{name: A, slug: A/B}]\n",
            (
                "aggregator.yaml:2:26: topics.0.slug: up to 60 of a-z, 0-9 and hyphens are expected, no reserved name"
                " and no ending like a hash"
            ),
        ),
        (
            SMALLEST + "topics: [{name: A}, {name: a}]\n",
            "aggregator.yaml:2:9: topics: the name a stands here twice; let one topic have it",
        ),
        (
            SMALLEST + "providers: {split: [x]}\n",
            "aggregator.yaml:2:21: providers.split.0: a domain is expected, as msn.com",
        ),
        (SMALLEST + SMALLEST, "aggregator.yaml:2:1: base_url: stands here twice; keep one of the two"),
        ("a: [\n", "aggregator.yaml:2:1: a value is missing here, or a bracket above is never closed"),
        ("a: &a [*a]\n", "aggregator.yaml:1:4: a block inside itself; remove the alias"),
    ],
)
def test_a_fault_names_file_line_column_key_and_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    assert faults(tmp_path, text) == [expected]


def test_all_faults_are_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "titel: x\nbase_url: nowhere\nwindow:\n  entries: 0\n  dayz: 1\n"
    assert faults(tmp_path, text) == [
        "aggregator.yaml:1:1: titel: unknown key; did you mean title?",
        "aggregator.yaml:2:11: base_url: an http or https address is expected, as https://feeds.example.org/",
        "aggregator.yaml:4:12: window.entries: at least 1 is expected",
        "aggregator.yaml:5:3: window.dayz: unknown key; did you mean days?",
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        config.load(tmp_path / "nowhere.yaml", {})
    (tmp_path / "latin.yaml").write_bytes(b"title: \xff")
    with pytest.raises(ConfigError, match=r"latin\.yaml:1: not UTF-8"):
        config.load(tmp_path / "latin.yaml", {})


def test_paths_are_relative_to_the_file_and_the_state_is_beside_the_output(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    loaded = config.load(written(folder, SMALLEST + "output: {path: ../srv/out}\n"), {})
    assert loaded.output == tmp_path / "srv/out"
    assert loaded.state == tmp_path / "srv/state"
    assert loaded.articles[0].roots == (("articles", folder / "articles"),)


def test_the_service_manager_may_say_where_the_state_is_and_the_file_has_the_last_word(tmp_path: Path) -> None:
    environment = {"STATE_DIRECTORY": "/var/lib/aggregator:/var/lib/other"}
    assert config.load(written(tmp_path, SMALLEST), environment).state == Path("/var/lib/aggregator")
    assert config.load(written(tmp_path, SMALLEST + "state: mine\n"), environment).state == tmp_path / "mine"


def test_of_the_folders_that_the_service_manager_made_none_of_the_output_is_taken_for_the_state(tmp_path: Path) -> None:
    file = written(tmp_path, SMALLEST + "output: {path: /var/lib/aggregator/out}\n")
    for folders in ("/var/lib/aggregator/out:/var/lib/aggregator/state", "/var/lib/aggregator/out"):
        assert config.load(file, {"STATE_DIRECTORY": folders}).state == Path("/var/lib/aggregator/state")


def test_the_file_is_found_in_the_order_that_is_promised(tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("here/config", "service", "xdg/aggregator", "home/.config/aggregator")}
    for place in places.values():
        place.mkdir(parents=True)
        written(place, SMALLEST)
    environment = {
        "AGGREGATOR_CONFIG": "/named/in/environment.yaml",
        "CONFIGURATION_DIRECTORY": str(places["service"]),
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "HOME": str(tmp_path / "home"),
    }
    here = tmp_path / "here"
    assert config.find(Path("given.yaml"), environment, here) == Path("given.yaml")
    assert config.find(None, environment, here) == Path("/named/in/environment.yaml")
    del environment["AGGREGATOR_CONFIG"]
    for name in ("here/config", "service", "xdg/aggregator"):
        assert config.find(None, environment, here) == places[name] / "aggregator.yaml"
        (places[name] / "aggregator.yaml").unlink()
    del environment["XDG_CONFIG_HOME"]
    assert config.find(None, environment, here) == places["home/.config/aggregator"] / "aggregator.yaml"
    environment["HOME"] = "/nonexistent"
    with pytest.raises(
        ConfigError,
        match=r"no configuration file; looked for .*; go to the folder of the site, name one with --config, or begin a site with `aggregator init DIR`",
    ):
        config.find(None, environment, here)


def test_only_base_url_is_required_and_everything_else_has_a_default(tmp_path: Path) -> None:
    loaded = config.load(written(tmp_path, SMALLEST), {})
    assert loaded.site.title == "feeds.test.example"
    assert loaded.site.homepage == loaded.site.base_url == "https://feeds.test.example/"
    assert loaded.formats == ("atom", "rss")
    assert loaded.rules.policy.split == ("msn.com", "youtube.com")


def test_a_key_without_a_value_is_a_key_that_is_not_there(tmp_path: Path) -> None:
    loaded = config.load(written(tmp_path, SMALLEST + "window:\ntopics:\narticles:\n"), {})
    assert loaded == config.load(written(tmp_path, SMALLEST), {})


def test_a_base_url_without_a_slash_gets_one(tmp_path: Path) -> None:
    loaded = config.load(written(tmp_path, "base_url: https://Feeds.Test.Example/a b\n"), {})
    assert loaded.site.base_url == "https://feeds.test.example/a%20b/"


def test_two_sources_never_share_a_name(tmp_path: Path) -> None:
    text = SMALLEST + "articles: [{path: a/news}, {path: b/news}, {path: c, name: News}]\n"
    assert faults(tmp_path, text + "feeds_from: [{path: news}]\nupstream_from: [{path: l, name: News}]\n") == [
        "aggregator.yaml:2:35: articles.1.path: another source is called news too; give it another `name:`",
        "aggregator.yaml:3:21: feeds_from.0.path: another source is called news too; give it another `name:`",
        "aggregator.yaml:4:33: upstream_from.0.name: another source is called News too; give it another `name:`",
    ]


def test_the_window_that_nobody_configured(tmp_path: Path) -> None:
    loaded = config.load(written(tmp_path, SMALLEST), {})
    assert loaded.window == Window(entries=50, span=timedelta(days=7), at_least=10, max_bytes=500_000)


def test_a_folder_is_called_the_same_however_its_path_is_written(tmp_path: Path) -> None:
    roots = [
        config.load(written(tmp_path, f"{SMALLEST}articles: [{{path: {path}}}]\n"), {}).articles[0].roots
        for path in ("a", "./a/../a/")
    ]
    assert roots[0] == roots[1]


@pytest.mark.parametrize(
    "text",
    [
        "state: ../out/state\n",
        "window: {late: 2 months}\n",
        "window: {days: 99999999999999}\n",
        "entry: {title: 'x {title} } y'}\n",
        "text: {read: 'go { there'}\n",
        "text: {all: ''}\n",
        "title: ' '\n",
        "articles: [{path: ~nobody-of-that-name/x}]\n",
    ],
)
def test_what_could_only_go_wrong_later_is_refused(tmp_path: Path, text: str) -> None:
    assert len(faults(tmp_path, SMALLEST + text)) == 1


def test_other_spellings_of_a_topic_may_be_listed_and_text_is_made_legal(tmp_path: Path) -> None:
    text = 'title: "A\\bB"\ntopics: [{name: Open Data, also: [open-data, OD]}]\nproviders:\n  split:\n'
    loaded = config.load(written(tmp_path, SMALLEST + text), {})
    assert loaded.site.title == "AB"
    assert loaded.rules.policy.topic_of == {"od": "open-data"}


def test_an_example_address_is_warned_about(tmp_path: Path) -> None:
    loaded = config.load(written(tmp_path, "base_url: https://feeds.example.org/\n"), {})
    assert loaded.warnings == (
        f"{tmp_path}/aggregator.yaml:1:11: base_url: still feeds.example.org: nobody can subscribe; name the site that serves the output",
    )


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("90 s", 90),
        ("5m", 300),
        ("5 minutes", 300),
        ("12 hours", 43200),
        ("1.5h", 5400),
        ("14 days", 1209600),
        ("2w", 1209600),
    ],
)
def test_lengths_of_time(given: str, seconds: float) -> None:
    assert parse_duration(given).total_seconds() == seconds


def keys(schema: type[BaseModel], above: str = "") -> Iterator[tuple[str, Any]]:
    """Return every key of the file with its dots, and its field; rules are a language of their own."""
    for name, field in schema.model_fields.items():
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        yield f"{above}{name}", field
        if inner is not None and inner is not RuleSection:
            yield from keys(inner, f"{above}{name}.")


def test_the_readme_describes_every_key_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    reference = readme[readme.index("## Configuration") :]
    reference = reference[: reference.index("\n## ", 1)]
    described = dict(re.findall(r"^\| `([a-z_.]+)` \| .* \| (.*) \|$", reference, re.MULTILINE))
    known = dict(keys(ConfigFile))
    blocks = {name for name in known if any(other.startswith(f"{name}.") for other in known)}
    assert set(described) == set(known) - blocks
    for name, text in described.items():
        assert text == known[name].description, name


def test_the_readme_describes_every_key_of_the_rules() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("## Leave out what you do not want") :]
    section = section[: section.index("\n## ", 1)]
    known = {
        field.alias or name
        for block in (RuleSection, ConditionSection, MatchesSection)
        for name, field in block.model_fields.items()
    }
    assert {name for name in known if f"{name}: " not in section} == set()


def test_the_sample_configuration_is_the_smallest_useful_one() -> None:
    loaded = config.load(ROOT / "config" / "aggregator.yaml", {})
    assert loaded.formats == ("atom", "rss", "json")
    assert loaded.output == ROOT / "out"
