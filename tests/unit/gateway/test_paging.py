from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.paging import page_of
from shared.errors import Illegible


@given(st.lists(st.text("abc", min_size=1), unique=True), st.integers(1, 5))
def test_pages_laid_end_to_end_are_the_list(names, limit):
    keys, seen, cursor = sorted(names), [], ""
    while True:
        after = cursor
        page = page_of((key for key in keys if key > after), str.upper, limit)
        seen += page.items
        assert len(page.items) <= limit
        if page.next_cursor is None:
            break
        assert len(page.items) == limit
        cursor = page.next_cursor
    assert seen == [key.upper() for key in keys]


def test_keys_that_show_nothing_take_no_place():
    page = page_of("abcdef", lambda key: None if key in "bd" else key, 3)
    assert (page.items, page.next_cursor) == (["a", "c", "e"], "e")


def test_what_cannot_be_read_is_named_and_hides_nothing_else():
    def show(key):
        if key == "b":
            raise Illegible(key="t/local/b", fault="no JSON")
        return key

    page = page_of("abcd", show, 2)
    assert (page.items, page.next_cursor, page.unreadable) == (["a", "c"], "c", ["t/local/b"])


def test_no_more_is_read_than_the_page_needs():
    read: list[str] = []
    page_of(map(str, count()), lambda key: read.append(key) or key, 3)
    assert len(read) == 4
