"""Requests that are valid but for something: refused in words, or resolved to what can be stored and read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from services.gateway.problems import describe_fields
from services.gateway.resolution import Resolver
from services.gateway.schemas.requests import (
    CutsRequest,
    MixRequest,
    ModelRequest,
    PoolRequest,
    PreviewRequest,
    ReportRequest,
    RevisionRequest,
)
from shared.corrections import Correction
from shared.errors import SegueError
from shared.jobs.recipes import Recipe
from shared.jobs.records import Accepted
from shared.parameters import Sequencing
from shared.passages import in_seconds
from shared.store.documents import from_json
from shared.store.objects import to_json
from shared.wishes import check_lengths, check_songs
from tests.support.fuzzing import VALUES, each_spoiled, fuzzed, spoiled
from tests.support.library import OTHER_SONG, SONG, TENANT, Library

Answer = TypeVar("Answer")
BOTH = [SONG, OTHER_SONG]
CUT_ON_BEATS = {"method": "beats", "bars": 4, "max_chunk_ms": None, "threshold_dbfs": -30.5}
WISHES = {
    "must": [SONG, {"song": OTHER_SONG, "section": 1}],
    "without": [{"song": SONG, "from_s": 1.5, "to_s": 2.5}],
    "start": {"song": SONG, "chunk": 1},
    "end": {"song": OTHER_SONG},
    "energy": [[0, 0.2], [0.5, 1.0], [1, 0.3]],
    "limits": {"longest_run_s": 20.0, "key_within": 2},
    "temperature": 2.0,
}
REQUESTS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (CutsRequest, {"songs": BOTH, "cut": CUT_ON_BEATS}),
    (ModelRequest, {"songs": BOTH, "training": {"approach": "binary", "settings": {"epochs": 3}, "seed": 2}}),
    (PoolRequest, {"songs": BOTH, "training": {"approach": "linear", "preset": "default"}}),
    (MixRequest, {"songs": BOTH, "model": "d" * 64, "chunks": 8, **WISHES}),
    (MixRequest, {"songs": BOTH, "training": {}, "duration_s": 60.0, "output": {"format": "ogg"}}),
    (MixRequest, {"songs": BOTH, "chunks": 4, "method": "greedy", "accept_above": 0.99}),
    (ReportRequest, {"songs": BOTH, "protocol": {"seed": 3, "headline_gap_s": 0.1}}),
    (
        RevisionRequest,
        {"edits": [{"edit": "swap", "position": 7}, {"edit": "seam", "position": 5, "nudge_ms": 8.0}]},
    ),
    (PreviewRequest, {"manner": "cut", "nudge_ms": 12.5, "around_s": 3.0}),
]


def test_what_is_spoilt_was_good() -> None:
    for kind, body in REQUESTS:
        assert resolved(kind.model_validate(body)) is not None


@pytest.mark.parametrize(("kind", "body"), REQUESTS)
def test_a_request_with_one_thing_wrong_is_refused_in_words_or_can_be_stored(
    kind: type[BaseModel], body: dict[str, Any]
) -> None:
    for spoilt in each_spoiled(body):
        refused_or_stored(kind, spoilt)


@given(st.data(), st.sampled_from(REQUESTS))
@fuzzed(250)
def test_a_request_with_several_things_wrong_is_refused_in_words_or_can_be_stored(
    data: st.DataObject, request: tuple[type[BaseModel], dict[str, Any]]
) -> None:
    kind, body = request
    refused_or_stored(kind, data.draw(spoiled(body)))


def refused_or_stored(kind: type[BaseModel], body: Any) -> None:
    """Resolve a request; what it comes to has to come back from the store as it was."""
    asked = read(kind, body)
    recipe = None if asked is None else in_words(lambda: resolved(asked))
    if recipe is not None:
        accepted = Accepted(id="j", tenant=TENANT, recipe=recipe)
        assert from_json(Accepted, to_json(accepted), key="k") == accepted


@given(st.data())
@fuzzed(120)
def test_wishes_are_refused_in_words_or_can_be_looked_at(data: st.DataObject) -> None:
    wish = read(Sequencing, data.draw(spoiled({"chunks": 8, **WISHES})))
    if wish is None:
        return
    assert isinstance(wish, Sequencing)
    in_words(lambda: check_songs(wish, BOTH))
    in_words(lambda: check_lengths(wish, {SONG: 4.0, OTHER_SONG: 9.0}))
    in_words(lambda: in_seconds(wish, {SONG: [0.0], OTHER_SONG: [0.0, 5.0]}))


@given(st.data())
@fuzzed(100)
def test_what_users_know_of_a_song_comes_back_from_the_store_as_it_was(data: st.DataObject) -> None:
    good = {"tempo_bpm": 90.0, "beats_per_bar": 3, "downbeat_s": 1.5, "key": "A minor"}
    known = read(Correction, data.draw(spoiled(good) | VALUES))
    if known is not None:
        assert from_json(Correction, to_json(known), key="k") == known


def read(kind: type[BaseModel], body: Any) -> BaseModel | None:
    """Read a body as the gateway does; what does not fit has to be told in a problem document."""
    try:
        # As it comes over the wire: numbers without end are words there, which Python reads.
        return kind.model_validate(json.loads(json.dumps(body)))
    except ValidationError as error:
        told = describe_fields([dict(fault) for fault in error.errors()])
        assert told.errors
        assert len(told.model_dump_json()) < 20_000
        return None


def in_words(act: Callable[[], Answer]) -> Answer | None:
    """Return what an act gives; None where it refuses, which it has to do in words."""
    told = "nothing"
    try:
        return act()
    except SegueError as error:
        told = str(error)
    assert 0 < len(told) < 1000
    return None


def resolved(asked: BaseModel) -> Recipe:
    resolver = Resolver(TENANT, Library().get, lambda _: True, lambda: "5" * 64, dict)
    match asked:
        case CutsRequest():
            return resolver.cuts(asked)
        case ModelRequest():
            return resolver.model(asked)
        case MixRequest():
            return resolver.mix(asked)
        case PoolRequest():
            return resolver.pool(asked)
        case ReportRequest():
            return resolver.report("d" * 64, asked)
        case RevisionRequest():
            return resolver.revision("d" * 64, asked)
        case PreviewRequest():
            return resolver.preview("d" * 64, 1, asked)
    raise AssertionError(asked)
