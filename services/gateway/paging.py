"""Pages of lists, in the order of ids: the cursor is the last id that was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Annotated, TypeVar

import structlog
from fastapi import Query

from services.gateway.schemas.common import DEFAULT_LIMIT, MAX_LIMIT, Page
from shared.errors import Illegible, NotFound

T = TypeVar("T")
log = structlog.get_logger(__name__)

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page.", examples=[DEFAULT_LIMIT])]
Cursor = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-zA-Z_.:-]{1,100}$", description="The `next_cursor` of the page before."),
]


def readable(
    keys: Iterable[str],
    find: Callable[[str], T | None],
    leave_out: Callable[[str], None] = lambda key: None,
) -> Iterator[tuple[str, T]]:
    """Yield keys with what is found at them, but for damaged records and such as are gone meanwhile.

    Args:
        keys: in any order.
        find: looks a key's item up; None, or `NotFound`: it is gone.
        leave_out: told the key of each damaged record.
    """
    for key in keys:
        try:
            item = find(key)
        except NotFound:
            continue
        except Illegible as error:
            log.error("left out", action="record_illegible", cause=str(error))
            leave_out(error.key)
            continue
        if item is not None:
            yield key, item


def page_of(keys: Iterable[str], show: Callable[[str], T | None], limit: int) -> Page[T]:
    """Return the first page of what keys show.

    A key that shows nothing, or whose item is gone meanwhile, is passed over. One whose record cannot be read
    is named beside the items: a damaged record must not hide all others.

    Args:
        keys: those after the cursor, in order; read no further than the page needs.
        show: looks a key's item up.
        limit: items on a page.
    """
    unreadable: list[str] = []
    taken = list(islice(readable(keys, show, unreadable.append), limit + 1))
    more = len(taken) > limit
    return Page(
        items=[item for _, item in taken[:limit]],
        next_cursor=taken[limit - 1][0] if more else None,
        unreadable=unreadable,
    )
