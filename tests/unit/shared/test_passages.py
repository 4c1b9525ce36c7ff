"""Passages of songs: how they are named, which chunks lie in them, and what one chunk of each takes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.errors import WishesContradict
from shared.parameters import Passage, Sequencing
from shared.passages import Extents, in_groups, in_seconds
from shared.store.specs import SequenceSpec

A, B = "a" * 64, "b" * 64
# A lasts 12 s in three chunks; B 10 s, cut in two ways: in two chunks, and in ten.
EXTENTS = Extents.of_cuts([A, B, B], [np.array([0.0, 4, 6, 12]), np.array([0.0, 5, 10]), np.arange(11.0)])


def lying_in(song: str, **where: Any) -> list[int]:
    found: list[int] = np.flatnonzero(EXTENTS.of(Passage(song=song, **where))).tolist()
    return found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "a whole song is its id"),
        ({"section": 1, "to_s": 3}, "a section, or a span"),
        ({"from_s": 3, "to_s": 3}, "from_s comes before to_s"),
        ({"to_s": 0}, "to_s"),
        ({"from_s": -1}, "from_s"),
        ({"section": -1}, "section"),
        ({"chunk": 1}, "chunk"),
    ],
)
def test_a_passage_is_a_section_or_a_span(asked: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found):
        Sequencing.model_validate({"must": [{"song": A, **asked}]})


def test_songs_and_passages_are_told_apart_and_come_back_from_what_is_stored() -> None:
    asked = {"must": [A, {"song": B, "section": 2}], "without": [{"song": A, "from_s": 1.5}]}
    wish = Sequencing.model_validate(asked)
    assert wish.must == (A, Passage(song=B, section=2))
    assert wish.without == (Passage(song=A, from_s=1.5),)
    assert Sequencing.model_validate_json(wish.model_dump_json()) == wish


def test_what_was_stored_before_there_were_passages_means_what_it_did() -> None:
    stored = {"pool": A, "model": A, "weights_sha256": "w", "sequencing": {"must": [A], "without": [B]}}
    spec = SequenceSpec.model_validate(stored)
    assert (spec.sequencing.must, spec.sequencing.without) == ((A,), (B,))
    assert spec.sequencing.model_dump(mode="json")["must"] == [A]


@pytest.mark.parametrize("field", ["must", "without"])
def test_sections_need_analyses_and_spans_do_not(field: str) -> None:
    plain = {"steadiness": 0, "sections": 0}
    assert Sequencing.model_validate({field: [{"song": A, "section": 0}], **plain}).needs_analyses
    assert not Sequencing.model_validate({field: [A, {"song": A, "to_s": 9}], **plain}).needs_analyses


def test_a_chunk_lies_in_the_passage_that_has_its_middle() -> None:
    assert lying_in(A, from_s=2, to_s=9) == [0, 1]
    assert lying_in(A, from_s=2.1, to_s=9.1) == [1, 2]
    assert lying_in(A, to_s=5) == [0]
    assert lying_in(A, from_s=5.1) == [2]


def test_where_no_middle_lies_in_a_passage_the_chunk_does_that_has_most_of_it() -> None:
    assert lying_in(A, from_s=3.5, to_s=4.2) == [0]
    assert lying_in(A, from_s=3.9, to_s=4.7) == [1]
    assert lying_in(A, from_s=20) == []
    assert lying_in("c" * 64, to_s=20) == []


def test_every_cut_of_a_song_has_chunks_in_a_passage() -> None:
    # The middles of the long ones are at 2.5 and 7.5.
    assert lying_in(B, from_s=4, to_s=7) == [4, 5 + 4, 5 + 5, 5 + 6]


def test_sections_are_spans_and_the_last_one_goes_on_to_the_end() -> None:
    wish = Sequencing(must=(A, Passage(song=A, section=1)), without=(Passage(song=B, section=1),))
    found = in_seconds(wish, {A: [0, 8.5, 20], B: [0, 3]})
    assert found.must == (A, Passage(song=A, from_s=8.5, to_s=20))
    assert found.without == (Passage(song=B, from_s=3),)
    assert in_seconds(wish, {A: [0, 8.5]}).names_sections


@pytest.mark.parametrize(
    ("sections_s", "many"), [([0.0, 8.5], "2 sections, 0 to 1"), ([0.0], "it has one, 0")]
)
def test_a_section_that_is_not_there_is_refused_with_how_many_there_are(
    sections_s: list[float], many: str
) -> None:
    wish = Sequencing(without=(Passage(song=A, section=2),))
    with pytest.raises(WishesContradict, match=many) as refused:
        in_seconds(wish, {A: sections_s})
    assert str(refused.value).startswith("`without` contradicts `songs`: section 2 ")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).map(sorted), min_size=1, max_size=5))
def test_groups_are_as_few_as_chunks_that_have_one_of_every_passage(spans: list[list[int]]) -> None:
    masks = [np.isin(np.arange(8), np.arange(first, last + 1)) for first, last in spans]
    groups = in_groups(masks)
    count = int(groups.max()) + 1
    assert set(range(count)) <= set(groups.tolist())
    fewest = next(
        size
        for size in range(1, 9)
        if any(all(mask[list(chosen)].any() for mask in masks) for chosen in combinations(range(8), size))
    )
    assert count == fewest
    # Whatever is chosen of each group, there is something of every passage.
    for mask in masks:
        assert any(mask[groups == group].all() for group in range(count))


def test_a_song_and_a_passage_of_it_are_one_group_and_other_songs_are_others() -> None:
    song, passage, other = EXTENTS.of(A), EXTENTS.of(Passage(song=A, from_s=6)), EXTENTS.of(B)
    groups = in_groups([song, other, passage])
    assert groups[:3].tolist() == [-1, -1, 0]
    assert set(groups[3:].tolist()) == {1}
