from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from generated import ROOT

from aggregator import config
from aggregator.cli.schema import schema_text
from aggregator.config.marks import MarkedYaml
from aggregator.config.schema import ConfigFile
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA: dict[str, Any] = json.loads(schema_text())
SMALLEST = "base_url: https://feeds.test.example/\n"
DEEPEST = 5
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Judge a value by a schema, as far as the schema of the configuration goes."""
    if "oneOf" in schema:
        chosen = sum(set(one["required"]) <= set(value) for one in schema["oneOf"])
        needed = {two for one, others in schema["dependencies"].items() if one in value for two in others}
        rest = {name: rule for name, rule in schema.items() if name != "oneOf"}
        return chosen == 1 and needed <= set(value) and fits(value, rest)
    if "$ref" in schema:
        return fits(value, SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return any(fits(value, one) for one in schema["anyOf"])
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return any(type(value) in TYPES[kind] for kind in kinds) and keeps_rules(value, schema)


def keeps_rules(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, dict):
        names = schema["properties"]
        known = set(schema.get("required", ())) <= set(value) <= set(names)
        known = known and len(value) >= schema.get("minProperties", 0)
        return known and all(fits(one, names[name]) for name, one in value.items())
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(fits(one, schema["items"]) for one in value)
    if isinstance(value, str):
        enough = len(value) >= schema.get("minLength", 0) and value in schema.get("enum", [value])
        return enough and re.search(schema.get("pattern", ""), value) is not None
    return value is None or bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def is_taken(folder: Path, text: str) -> bool:
    """Tell whether the program takes a configuration."""
    path = folder / "aggregator.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        config.load(path, {})
    except ConfigError:
        return False
    return True


def defaults(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, key in schema["properties"].items():
        blocks = [one["$ref"] for one in (key, *key.get("anyOf", ())) if "$ref" in one]
        if blocks:
            yield name, dict(defaults(SCHEMA["definitions"][blocks[0].rpartition("/")[2]]))
        elif "default" in key:
            yield name, key["default"]


def keys(schema: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, key in schema["properties"].items():
        yield f"{above}{name}", key
        if above.count(".") > DEEPEST:  # conditions hold conditions, without an end
            continue
        for one in (key, *key.get("anyOf", ())):
            block = one.get("$ref") or one.get("items", {}).get("$ref")
            if block:
                yield from keys(SCHEMA["definitions"][block.rpartition("/")[2]], f"{above}{name}.")


@pytest.mark.parametrize(
    "lines",
    [
        "title: 2026",
        "title:",
        "window:",
        "window: {days: }",
        "window: {days: 7}",
        "window: {days: 0.5, late: 12 hours}",
        "window: {days: 90s}",
        "window: {max_size: 500000}",
        "window: {max_size: 1.5MiB}",
        "articles: [{path: news}]",
        "articles: [{path: [news, archive/news], topics: 2026, skip: draft, name: }]",
        "articles: []",
        "articles: [{path: news, skip: []}]",
        "articles: [{path: news, rules: []}]",
        "articles: [{path: news, rules: [{drop: {words: [a b, 2026]}}, {keep: {not: {any: [{topic: A}, {lead: true}]}}}]}]",
        "feeds_from: [{path: f, rules: [{if: {kind: video, min_quality: 3}, then: {topics: A}}]}]",
        "upstream: [{url: 'https://u.test/', rules: [{keep: {matches: a+, provider: [b.test, B]}}]}]",
        "articles: [{path: news, rules: [{keep: {all: [{matches: {title: a, address: b}}]}}]}]",
        "output: {formats: json, index: false}",
        "topics: [{name: AI, also: A.I.}]",
        "providers: {split: msn.com, feeds_from: 2}",
        'entry: {title: "{title} ({provider})"}',
    ],
)
def test_the_schema_takes_what_the_program_takes(lines: str, tmp_path: Path) -> None:
    text = f"{SMALLEST}{lines}\n"
    assert is_taken(tmp_path, text)
    assert fits(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "title: x\n",
        "base_url:\n",
        "base_url: [https://feeds.test.example/]\n",
        *(
            f"{SMALLEST}{lines}\n"
            for lines in (
                "outpt: {}",
                "output: {pth: x}",
                "output: [x]",
                "output: {formats: pdf}",
                "output: {formats: []}",
                "window: {days: soon}",
                "window: {days: -1}",
                "window: {max_size: 500 K}",
                "window: {max_size: 9000}",
                "window: {entries: 0}",
                "window: {entries: 1001}",
                "window: {entries: many}",
                "articles: x",
                "articles: {path: x}",
                "articles: [{}]",
                "articles: [{path: }]",
                "articles: [{path: []}]",
                "articles: [{path: x, skip: [hidden]}]",
                *(
                    f"articles: [{{path: x, rules: [{rule}]}}]"
                    for rule in (
                        "{}",
                        "{keep: {}}",
                        "{kep: {words: a}}",
                        "{keep: {words: a}, drop: {words: b}}",
                        "{keep: {words: a}, then: {topics: b}}",
                        "{if: {words: a}}",
                        "{if: {words: a}, then: {}}",
                        "{then: {topics: b}}",
                        "{drop: {words: []}}",
                        "{drop: {words: }}",
                        "{drop: {any: {words: a}}}",
                        "{drop: {any: [{not: {wrds: a}}]}}",
                        "{drop: {not: }}",
                        "{drop: {kind: audio}}",
                        "{drop: {lead: perhaps}}",
                        "{drop: {min_quality: high}}",
                        "{drop: {matches: {}}}",
                        "{drop: {matches: {text: a}}}",
                        "{drop: {matches: [a]}}",
                    )
                ),
                "related: {atom_links: perhaps}",
                'title: ""',
                "topics: [{also: x}]",
            )
        ),
    ],
)
def test_the_schema_refuses_what_the_program_refuses(text: str, tmp_path: Path) -> None:
    assert not is_taken(tmp_path, text)
    assert not fits(yaml.safe_load(text), SCHEMA)


def test_a_default_written_out_changes_nothing() -> None:
    given = dict(defaults(SCHEMA))
    assert given["window"] == {"entries": 50, "days": "7 days", "at_least": 10, "max_size": "500 KB", "late": "14 days"}
    assert fits({"base_url": "https://feeds.test.example/", **given}, SCHEMA)
    text = SMALLEST + yaml.safe_dump(given)
    assert ConfigFile.model_validate(MarkedYaml(text, "").values) == ConfigFile.model_validate(
        MarkedYaml(SMALLEST, "").values
    )


def test_every_key_is_described_and_none_is_left_open() -> None:
    found = dict(keys(SCHEMA))
    assert len(found) > 40
    assert [name for name, key in found.items() if not key["description"]] == []
    assert [one for one in (SCHEMA, *SCHEMA["definitions"].values()) if one["additionalProperties"]] == []


def test_the_schema_says_its_dialect_and_takes_the_sample_configuration() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    text = (ROOT / "config" / "aggregator.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=aggregator.schema.json\n")
    assert fits(yaml.safe_load(text), SCHEMA)
