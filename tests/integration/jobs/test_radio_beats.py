"""How a block gets the beats of its songs: on real servers, with the test in the place of the chunker."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from services.assembler import radio_tasks
from services.assembler.radio_tasks import found_rhythms
from shared.airing import Airing
from shared.corrections import Correction
from shared.errors import SongTooShort, Unwanted
from shared.jobs.running import Work
from shared.jobs.starts import Starts
from shared.queue import Order, Queue
from shared.settings import Settings
from shared.sound.rhythm import Rhythm
from shared.store.arrays import pack_arrays
from shared.store.artifacts import Attempt
from shared.store.manifests import AnalysisFacts, Problem
from shared.store.specs import AnalysisSpec, BlockSpec
from tests.support.pipeline import Pipeline

pytestmark = pytest.mark.integration
A, B, C, D = (letter * 64 for letter in "abcd")
SPEC = BlockSpec(
    station="radio-test",
    pool="e" * 64,
    airing=Airing(),
    former=None,
    number=0,
    corrections=((B, Correction(tempo_bpm=90)),),
)


@pytest.fixture
def pipeline(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setattr(radio_tasks, "LOOK_S", 0.01)
    return Pipeline(settings, keep_orders=True)


def work(pipeline: Pipeline, check: Callable[[], None]) -> Work:
    order = Order(tenant=pipeline.tenant, job=SPEC.station, spec=SPEC)
    fields = {"order": order, "tenant": pipeline.tenant, "dispatcher": pipeline.dispatcher, "check": check}
    return cast(Work, SimpleNamespace(**fields))


def make(pipeline: Pipeline, order: Order) -> None:
    """Analyse a song as a worker does that was sent the order."""
    assert isinstance(order.spec, AnalysisSpec)
    beats_s = np.arange(4) * (0.5 if order.spec.correction is None else 2 / 3)
    attempt = Attempt(pipeline.store, order.artifact)
    attempt.put("rhythm.npz", pack_arrays(Rhythm(beats_s, beats_s < 0, 1.0, 0.0).to_arrays()))
    facts = AnalysisFacts(
        song=order.spec.song,
        beats=4,
        tempo_bpm=None,
        beat_confidence=1.0,
        beats_per_bar=None,
        bar_confidence=0.0,
        key=None,
        key_confidence=0.0,
        sections_s=[],
        note=None,
    )
    attempt.commit(order.spec, facts)
    pipeline.leases.unclaim(Queue.CHUNKER, order.artifact)


def test_a_block_waits_for_the_beats_it_needs_and_orders_those_that_come_soon(pipeline: Pipeline) -> None:
    made = 0

    def one_more() -> None:
        nonlocal made
        made += 1
        make(pipeline, pipeline.sent[made - 1])

    found = found_rhythms(work(pipeline, one_more), SPEC, [B, A], [C, A, D])
    assert made == 2, "it does not wait for what comes soon"
    specs = [cast(AnalysisSpec, order.spec) for order in pipeline.sent]
    assert [spec.song for spec in specs] == [B, A, C, D], "what is needed comes first, each once"
    assert [spec.correction for spec in specs] == [Correction(tempo_bpm=90), None, None, None]
    assert {song: rhythm.beats_s[1] for song, rhythm in found.items()} == {B: pytest.approx(2 / 3), A: 0.5}
    assert all(SPEC.station in pipeline.leases.wanted_by(order.artifact) for order in pipeline.sent)
    again = found_rhythms(work(pipeline, one_more), SPEC, [A], [])
    assert list(again) == [A]
    assert len(pipeline.sent) == 4, "what is there is not made again"


def test_songs_that_cannot_be_analysed_are_left_out(pipeline: Pipeline) -> None:
    rejected, given_up, fine = (AnalysisSpec(song=song) for song in (A, C, D))
    problem = Problem.of(SongTooShort(found_s=0.1, needed_s=1.0))
    Attempt(pipeline.store, rejected.artifact(pipeline.tenant)).reject(rejected, problem)
    starts = Starts(pipeline.store, given_up.artifact(pipeline.tenant))
    for _ in range(3):
        starts.explain(starts.begin("worker"), "it crashes")
    make(pipeline, Order(tenant=pipeline.tenant, job="any", spec=fine))

    def never() -> None:
        raise AssertionError("there is nothing to wait for")

    assert list(found_rhythms(work(pipeline, never), SPEC, [A, C, D], [])) == [D]
    assert pipeline.sent == []


def test_it_stops_waiting_when_nobody_listens(pipeline: Pipeline) -> None:
    def gone() -> None:
        raise Unwanted("nobody listens")

    with pytest.raises(Unwanted):
        found_rhythms(work(pipeline, gone), SPEC, [A], [])


def test_a_place_is_kept_for_what_a_radio_needs(pipeline: Pipeline) -> None:
    songs = [AnalysisSpec(song=letter * 64) for letter in "123456"]
    offers = [pipeline.dispatcher.offer(Order(tenant="t", job="job", spec=spec)) for spec in songs[:3]]
    assert offers == [True, True, False], "no more than two per worker"
    assert pipeline.dispatcher.offer(Order(tenant="t", job=SPEC.station, spec=songs[3]))
    assert not pipeline.dispatcher.offer(Order(tenant="t", job=SPEC.station, spec=songs[4]))
