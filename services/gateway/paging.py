"""Pages of lists, in the order of ids: the cursor is the last id that was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, TypeVar

from fastapi import Query

from services.gateway.schemas.common import DEFAULT_LIMIT, MAX_LIMIT, Page

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page.", examples=[DEFAULT_LIMIT])]
Cursor = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-zA-Z_.:-]{1,100}$", description="The `next_cursor` of the page before."),
]


def page_of(keys: Iterable[str], show: Callable[[str], T | None], limit: int) -> Page[T]:
    """Return the first page of what keys show; a key that shows nothing is passed over.

    Args:
        keys: those after the cursor, in order; read no further than the page needs.
        show: looks a key's item up.
        limit: items on a page.
    """
    shown = ((key, item) for key in keys if (item := show(key)) is not None)
    taken = list(islice(shown, limit + 1))
    more = len(taken) > limit
    return Page(items=[item for _, item in taken[:limit]], next_cursor=taken[limit - 1][0] if more else None)
