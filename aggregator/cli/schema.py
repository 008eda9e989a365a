"""The keys of the configuration file as JSON Schema: what editors complete and check them with."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

NAME = "aggregator.schema.json"
_DRAFT = "http://json-schema.org/draft-07/schema#"  # the newest that the usual language server for YAML knows

_RULES = ("minProperties", "oneOf", "dependencies")  # about the keys of a block, taken together

Schema: TypeAlias = dict[str, Any]


def schema_text() -> str:
    """Return the JSON Schema of the configuration file."""
    from aggregator.config.schema import ConfigFile  # noqa: PLC0415  --help needs none of it

    model = ConfigFile.model_json_schema(ref_template="#/definitions/{model}")
    blocks = model.pop("$defs")
    whole = {
        "$schema": _DRAFT,
        **_block(model, blocks),
        "title": "Configuration of aggregator",
        "definitions": {name: _block(one, blocks) for name, one in sorted(blocks.items())},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _block(model: Schema, blocks: Schema) -> Schema:
    required = model.get("required", [])
    whole = "minProperties" in model  # a block in which a key without a value is a fault
    keys = {name: _key(key, blocks, required=whole or name in required) for name, key in model["properties"].items()}
    return {
        "type": "object",
        "description": model["description"],
        "properties": keys,
        **({"required": required} if required else {}),
        **{rule: model[rule] for rule in _RULES if rule in model},
        "additionalProperties": False,
    }


def _key(model: Schema, blocks: Schema, *, required: bool) -> Schema:
    """Return what may be written behind a key, which is more than what the program makes of it."""
    kinds = [one for one in model.get("anyOf", []) if one.get("type") != "null"] or [model]
    kind, forms = kinds[0], [form for one in kinds for form in _forms(one)]
    forms = forms if required else _or_null(forms)
    block = blocks.get(str(kind.get("$ref")).rpartition("/")[2], {})
    said = {"description": model.get("description") or block["description"]}
    if (
        not required and "$ref" not in kind and model.get("default") is not None
    ):  # the default of a block is that of its keys
        said["default"] = model["default"]
    return {**(forms[0] if len(forms) == 1 else {"anyOf": forms}), **said}


def _or_null(forms: list[Schema]) -> list[Schema]:
    if len(forms) > 1 or "type" not in forms[0]:
        return [*forms, {"type": "null"}]
    types = forms[0]["type"]
    return [{**forms[0], "type": [*([types] if isinstance(types, str) else types), "null"]}]


def _forms(kind: Schema) -> list[Schema]:
    rules = {name: kind[name] for name in kind if name not in {"title", "description", "default"}}
    if rules.get("type") == "array":
        rules["items"] = _forms(rules["items"])[0]
        if "minLength" in rules:  # pydantic says it as of a text
            rules["minItems"] = rules.pop("minLength")
        return [rules] if "$ref" in rules["items"] else [rules["items"], rules]  # a list of one, without brackets
    if rules.get("type") == "string" and "minLength" in rules:
        rules["type"] = ["string", "number"]  # a title, a topic, a folder may be 2026
    return [rules]
