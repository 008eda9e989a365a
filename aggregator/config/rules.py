"""Rules in the configuration: their keys, and the values that the rest works with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from aggregator.config.kinds import Section, Text, as_list
from aggregator.config.regex import MAX_LENGTH, Regex, as_regex
from aggregator.core.channels import topic_key

_MAX_DEPTH = 40  # of lists and blocks inside a rule


def _depth(given: object) -> int:
    inner = given.values() if isinstance(given, dict) else given if isinstance(given, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def _topic(given: str) -> str:
    if not topic_key(given):
        raise ValueError("a topic is expected, with a letter or a digit")
    return given


def _given(given: object) -> object:
    if given is None:
        raise ValueError("a value is expected; remove the key, or give it one")
    return given


def _as_list(given: object) -> object:
    return as_list(_given(given))


def _as_block(given: object) -> object:
    """Return a pattern alone as the block that has it in two places."""
    if not isinstance(given, str):
        return _given(given)
    regex = as_regex(given)
    return EitherSection.model_construct(title=regex, summary=regex)


Given = BeforeValidator(_given)
Listed = BeforeValidator(_as_list)
Topics = Annotated[tuple[Annotated[Text, AfterValidator(_topic)], ...], Listed]
Phrases = Annotated[tuple[Text, ...], Listed]
_PATTERN = WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_LENGTH})
Pattern = Annotated[Regex, PlainValidator(as_regex), _PATTERN]


class _Strict(Section):
    """A block in which a key without a value is a fault: left out, it would mean something else."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, given: Any) -> Any:
        return given

    @model_validator(mode="after")
    def _says_something(self) -> _Strict:
        if not self.model_fields_set:
            known = ", ".join(field.alias or name for name, field in type(self).model_fields.items())
            raise ValueError(f"empty; give it one of {known}")
        return self


class MatchesSection(_Strict):
    """Patterns by the part of an article that they are looked for in."""

    title: Annotated[Pattern | None, Given, Field(description="In the title.")] = None
    summary: Annotated[Pattern | None, Given, Field(description="In the summary.")] = None
    address: Annotated[Pattern | None, Given, Field(description="In the address.")] = None


class EitherSection(MatchesSection):
    """One pattern, in the title or in the summary."""


class ConditionSection(_Strict):
    """What an article has to meet; of several keys, all of them."""

    any: Annotated[tuple[ConditionSection, ...], Listed, Field(min_length=1, description="At least one of these.")] = ()
    all: Annotated[tuple[ConditionSection, ...], Listed, Field(min_length=1, description="Each of these.")] = ()
    not_: Annotated[ConditionSection | None, Given, Field(alias="not", description="All but this.")] = None
    topic: Annotated[Topics, Field(min_length=1, description="One of these topics, in any spelling.")] = ()
    provider: Annotated[Phrases, Field(min_length=1, description="One of these domains or names.")] = ()
    words: Annotated[
        Phrases, Field(min_length=1, description="One of these words or phrases, in the title or the summary.")
    ] = ()
    matches: Annotated[
        MatchesSection | None,
        BeforeValidator(_as_block, json_schema_input_type=Pattern | MatchesSection),
        Field(
            description="A regular expression (RE2), in the title or the summary, or by `title`, `summary`, `address`."
        ),
    ] = None
    kind: Annotated[
        tuple[Literal["article", "video"], ...],
        Listed,
        Field(min_length=1, description="One of article and video."),
    ] = ()
    min_quality: Annotated[int | None, Given, Field(description="A quality that is known and at least so high.")] = None
    lead: Annotated[bool | None, Given, Field(description="Said to be the lead of its story, or not to be.")] = None


class ThenSection(Section):
    """What is done to an article."""

    topics: Annotated[Topics, Field(min_length=1, description="Topics that are added.")]


class RuleSection(Section):
    """One rule: `keep`, `drop`, or `if` with `then`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["keep"]}, {"required": ["drop"]}, {"required": ["if"]}],
            "dependencies": {"if": ["then"], "then": ["if"]},
        }
    )

    keep: Annotated[ConditionSection | None, Field(description="What does not meet this is left out.")] = None
    drop: Annotated[ConditionSection | None, Field(description="What meets this is left out.")] = None
    if_: Annotated[ConditionSection | None, Field(alias="if", description="What meets this gets topics.")] = None
    then: Annotated[ThenSection | None, Field(description="What `if` leads to.")] = None

    @model_validator(mode="before")
    @classmethod
    def _is_flat(cls, given: Any) -> Any:
        if _depth(given) > _MAX_DEPTH:
            raise ValueError("conditions too deep inside each other; make it flatter")
        return given

    @model_validator(mode="after")
    def _one_thing(self) -> RuleSection:
        if sum(one is not None for one in (self.keep, self.drop, self.if_)) != 1:
            raise ValueError("one of keep, drop and if is expected in each rule; start each with a `- `")
        if (self.if_ is None) != (self.then is None):
            raise ValueError("if and then go together")
        return self
