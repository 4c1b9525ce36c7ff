"""What keeps a request of thousands of wrong items, or names, from costing more than its bytes.

Of each thing that does not fit, pydantic keeps some kilobytes to tell; and it looks at every item of a list
before it counts them. So what is too much of anything is counted first, and refused with one error.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

__all__ = ["Bounded", "counted_first"]


def counted_first(most: int) -> BeforeValidator:
    """Refuse a list or an object of more than `most` items before any of them is looked at.

    The field has `max_length` as well: for what describes the API, and for what is no list of JSON.
    """

    def count(given: Any) -> Any:
        if isinstance(given, list | tuple | dict) and len(given) > most:
            raise PydanticCustomError(
                "too_long",
                "{kind} should have at most {most} items, not {found}",
                {"kind": "Object" if isinstance(given, dict) else "List", "most": most, "found": len(given)},
            )
        return given

    return BeforeValidator(count)


class Bounded(BaseModel):
    """An object that is refused with one error where it has more names than there are fields."""

    @model_validator(mode="before")
    @classmethod
    def _no_more_names_than_fields(cls, given: Any) -> Any:
        most = len(cls.model_fields)
        if isinstance(given, dict) and len(given) > most:
            raise PydanticCustomError(
                "too_many_names",
                "Object should have at most {most} names, not {found}",
                {"most": most, "found": len(given)},
            )
        return given
