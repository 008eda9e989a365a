"""YAML read with the place of everything in it, and faults said with that place."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from aggregator.core.yaml_faults import explain
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel, ValidationError
    from pydantic.fields import FieldInfo

Node: TypeAlias = "yaml.Node | None"

# What pydantic calls a fault, said to the owner of the file.
_PLAINLY = {
    "int_parsing": "a whole number is expected",
    "int_type": "a whole number is expected",
    "bool_parsing": "true or false is expected",
    "bool_type": "true or false is expected",
    "string_type": "one text is expected",
    "string_too_short": "may not be empty; remove the key, or give it a value",
    "too_short": "may not be empty; remove the key, or give it a value",
    "tuple_type": "a list is expected; write each value after a `- `",
    "model_type": "a block of `key: value` lines is expected",
    "model_attributes_type": "a block of `key: value` lines is expected",
}


class MarkedYaml:
    """A YAML file as plain values, scalars as text, and where each of them stands."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._faults: list[str] = []
        try:
            self._root: Node = yaml.compose(text, Loader=yaml.CSafeLoader)
            self.values = self._plain(self._root, ())
        except yaml.MarkedYAMLError as error:
            line, column, reason = explain(error, text)
            raise ConfigError([f"{name}:{line}:{column}: {reason}"]) from None
        except yaml.reader.ReaderError as error:
            raise ConfigError([f"{_place_of(error, text, name)}: a character that YAML forbids; remove it"]) from None
        except RecursionError:
            raise ConfigError([f"{name}: blocks or lists too deep inside each other; make it flatter"]) from None
        if self._faults:
            raise ConfigError(self._faults)

    def _plain(self, node: Node, above: tuple[yaml.Node, ...]) -> Any:
        if node is None:
            return {}
        if node in above:
            self._faults.append(f"{self._place(node)}: a block inside itself; remove the alias")
            return None
        above = (*above, node)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, above))
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(one, above) for one in node.value]
        return None if node.tag == "tag:yaml.org,2002:null" else node.value

    def _pairs(self, node: yaml.MappingNode, above: tuple[yaml.Node, ...]) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                self._faults.append(f"{self._place(key)}: {name}: stands here twice; keep one of the two")
            seen.add(name)
            yield name, self._plain(value, above)

    def fault(self, path: tuple[int | str, ...], reason: str, *, at_key: bool = False) -> str:
        """Return `file:line:column: key: reason` for the value at a path, or for its key."""
        name = ".".join(str(step) for step in path)
        place = self.place(path, at_key=at_key)
        return f"{place}: {name}: {reason}" if name else f"{place}: {reason}"

    def place(self, path: tuple[int | str, ...], *, at_key: bool = False) -> str:
        """Return `file:line:column` of the value at a path, or of its key."""
        node, place = self._root, self._root
        for step in path:
            following = _step(node, step)
            if following is None:
                break
            key, node = following
            place = key if at_key else node
        return self._place(place)

    def _place(self, node: Node) -> str:
        return f"{self._name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}" if node else f"{self._name}:1:1"


def _step(node: Node, step: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key and the value that a step of a path leads to; None where it leads nowhere."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step], node.value[step]
    return None


def _place_of(error: yaml.reader.ReaderError, text: str, name: str) -> str:
    """Return where a character stands that libyaml, which counts bytes, does not take."""
    before = text.encode()[: error.position].decode(errors="ignore")
    return f"{name}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def fault_lines(error: ValidationError, text: MarkedYaml, schema: type[BaseModel]) -> list[str]:
    """Return a line for everything that is wrong, in the order of the file."""
    lines = []
    for fault in error.errors():
        path = tuple(step for step in fault["loc"])
        if fault["type"] == "extra_forbidden":
            reason = "unknown key" + _suggestion(str(path[-1]), list(_fields(schema, path[:-1])))
            lines.append(text.fault(path, reason, at_key=True))
        elif fault["type"] == "missing":
            what = _fields(schema, path[:-1])[str(path[-1])].description or ""
            lines.append(text.fault(path, f"required, but missing: {what[:1].lower()}{what[1:].rstrip('.')}"))
        else:
            lines.append(text.fault(path, _reason(fault)))
    return sorted(dict.fromkeys(lines), key=by_place)


def _reason(fault: Mapping[str, Any]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"one of {context['expected']} is expected"
    for limit, words in (("ge", "at least"), ("le", "at most")):
        if limit in context:
            return f"{words} {context[limit]:,} is expected"
    return _PLAINLY.get(kind, str(fault["msg"]).lower())


def _fields(schema: type[BaseModel], path: tuple[int | str, ...]) -> Mapping[str, FieldInfo]:
    """Return the keys that are known where a path leads, with what is known of them."""
    fields = _by_key(schema)
    for step in path:
        if isinstance(step, int) or step not in fields:
            continue
        annotation = fields[step].annotation
        inner = next(
            (one for one in (annotation, *getattr(annotation, "__args__", ())) if hasattr(one, "model_fields")), None
        )
        fields = _by_key(inner) if inner is not None else {}
    return fields


def _by_key(schema: type[BaseModel]) -> Mapping[str, FieldInfo]:
    return {field.alias or name: field for name, field in schema.model_fields.items()}


def _suggestion(given: str, known: list[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known here: {', '.join(known)}"


def by_place(line: str) -> tuple[int, int]:
    """Return line and column of a fault, to sort those of one file by."""
    parts = line.split(": ", 1)[0].rsplit(":", 2)
    return (int(parts[-2]), int(parts[-1])) if len(parts) == 3 and parts[-1].isdigit() else (0, 0)  # noqa: PLR2004  file:line:column
