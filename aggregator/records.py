"""Frozen values kept as JSON, and checked when they are read back."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


class Record(Generic[T]):
    """What values of one class are as JSON. Compiled where it is first used: most commands need few of them."""

    def __init__(self, shape: type[T]) -> None:
        self._shape = shape

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        from pydantic import TypeAdapter  # noqa: PLC0415  as the compiling itself

        return TypeAdapter(self._shape)

    def load(self, text: str | bytes) -> T:
        """Return the value that some JSON says.

        Raises:
            ValueError: it is none of this class.
        """
        return self._adapter.validate_json(text)

    def dump(self, value: T, without: set[str] | None = None) -> str:
        """Return a value as JSON, without some fields, and without what is as its class has it anyway."""
        return self._adapter.dump_json(value, exclude=without, exclude_defaults=True).decode()

    def page(self, value: T) -> bytes:
        """Return a value with all its fields, for people to look at too."""
        return self._adapter.dump_json(value, indent=1)
