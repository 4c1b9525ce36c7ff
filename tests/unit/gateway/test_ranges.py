from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.problems import RangeNotSatisfiable
from services.gateway.ranges import ByteRange, parse_range

SIZES = st.integers(1, 1000)
BYTES = st.integers(0, 1200)


@given(SIZES, BYTES, BYTES)
def test_a_range_gives_the_bytes_that_a_slice_gives(size, first, last):
    data = bytes(range(256)) * 4
    data = data[:size]
    header = f"bytes={first}-{last}"
    if last < first:
        assert parse_range(header, size) is None
    elif first >= size:
        with pytest.raises(RangeNotSatisfiable):
            parse_range(header, size)
    else:
        found = parse_range(header, size)
        assert found is not None
        assert data[found.start : found.stop] == data[first : last + 1]
        assert found.length == len(data[first : last + 1])


@given(SIZES, st.integers(1, 1200))
def test_a_suffix_range_gives_the_last_bytes(size, count):
    data = bytes(size)
    found = parse_range(f"bytes=-{count}", size)
    assert found is not None
    assert found.stop == size
    assert found.length == len(data[-count:])


HUGE = "9" * 5000
"""Python reads no number of so many digits."""


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f"bytes=4-{HUGE}", ByteRange(4, 10)),
        (f"bytes=-{HUGE}", ByteRange(0, 10)),
        (f"bytes={'0' * 5000}4-", ByteRange(4, 10)),
    ],
)
def test_numbers_of_thousands_of_digits_are_as_good_as_others(header, found):
    assert parse_range(header, 10) == found


def test_a_range_that_begins_after_all_files_is_told_so():
    with pytest.raises(RangeNotSatisfiable):
        parse_range(f"bytes={HUGE}-", 10)


def test_an_open_range_goes_to_the_end():
    assert parse_range("bytes=4-", 10) == ByteRange(4, 10)


@pytest.mark.parametrize(
    "header", [None, "", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes=٣-٤"]
)
def test_what_makes_no_sense_gives_the_whole(header):
    assert parse_range(header, 10) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=-0", 10), ("bytes=0-", 0), ("bytes=10-", 10)])
def test_no_bytes_are_no_range(header, size):
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, size)
