"""What a wish means where it takes effect."""

from __future__ import annotations

import pytest

from services.gateway.radio.wishes import (
    MOST_LEAD_S,
    MOST_WAITING,
    Wish,
    Wishes,
    heard_at,
    leaves_some,
    remark_of,
)
from shared.errors import RadioBusy
from shared.radio import Entry

A, B = "a" * 64, "b" * 64


def entry(piece: int, song: str, begins: int, source_s: float = 10.0) -> Entry:
    return Entry(piece=piece, song=song, title="T", artist=None, chunk=3, begins=begins, source_s=source_s)


ENTRIES = [entry(4, A, 0), entry(5, B, 44_100, 20.0), entry(6, B, 441_000, 30.0)]


def test_what_sounds_is_the_last_that_has_begun() -> None:
    assert [heard_at(ENTRIES, at) for at in (0, 44_099, 44_100, 10**9)] == [
        ENTRIES[0],
        ENTRIES[0],
        ENTRIES[1],
        ENTRIES[2],
    ]
    assert heard_at(ENTRIES[1:], 0) is None


def test_a_song_that_is_not_wanted_is_left_where_it_is() -> None:
    remark = remark_of(Wish(song=B), ENTRIES, 3 * 44_100)
    assert (remark.piece, remark.stop_s, remark.song, remark.ban) == (5, 22.0, B, False)
    chunk = remark_of(Wish(song=B, chunk=3, ban=True), ENTRIES, 3 * 44_100)
    assert (chunk.piece, chunk.stop_s, chunk.chunk, chunk.ban) == (5, 22.0, 3, True)


def test_another_one_is_played_to_its_end() -> None:
    assert remark_of(Wish(song=B), ENTRIES, 22_050).stop_s is None
    assert remark_of(Wish(song=B, chunk=7), ENTRIES, 3 * 44_100).stop_s is None


def test_a_wish_that_came_too_late_is_planned_farther_ahead() -> None:
    leads_s = [Wish(song=A).later().lead_s, Wish(song=A).later().later().lead_s]
    assert leads_s == [12.0, 24.0]
    assert Wish(song=A, lead_s=40).later().lead_s == MOST_LEAD_S


def test_a_wish_counts_once_until_it_is_heard() -> None:
    wishes = Wishes()
    wishes.add(Wish(song=A), 0)
    wishes.put_off()
    wishes.add(Wish(song=A), 10)
    wishes.add(Wish(song=A, ban=True), 10)
    assert wishes.first() == Wish(song=A).later()
    wishes.grant(500)
    assert wishes.first() == Wish(song=A, ban=True)
    wishes.grant(900)
    wishes.add(Wish(song=A), 499)
    assert not wishes, "it is about to be heard"
    wishes.add(Wish(song=A), 500)
    assert wishes.first() == Wish(song=A), "the song came back, and is skipped again"


def test_more_wishes_than_can_be_fulfilled_are_refused() -> None:
    wishes = Wishes()
    for chunk in range(MOST_WAITING):
        wishes.add(Wish(song=A, chunk=chunk, ban=True), 0)
    wishes.add(Wish(song=A, chunk=0, ban=True), 0)
    with pytest.raises(RadioBusy):
        wishes.add(Wish(song=B), 0)


def test_something_has_to_be_left() -> None:
    chunks = {A: 2, B: 1}
    assert leaves_some(chunks, set())
    assert leaves_some(chunks, {(A, None)})
    assert leaves_some(chunks, {(B, None), (A, 0)})
    assert not leaves_some(chunks, {(B, 0), (A, None)})
    assert not leaves_some(chunks, {(B, None), (A, 0), (A, 1)})
