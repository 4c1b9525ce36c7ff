"""Revisions and previews by real workers: what was not changed is the same, to the sample."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cli.stack.stack import Stack
from shared.jobs.recipes import MakeMix, PreviewSeam, ReviseMix, ViewPool
from shared.jobs.records import State
from shared.parameters import Limits, Output, Sequencing
from shared.revisions import Ban, Edit, Lengthen, Pin, SeamChange, SeamEdit, Swap
from shared.store.keys import Artifact, Kind
from shared.store.specs import ViewSpec
from tests.support.pipeline import Pipeline, parts_of, training

pytestmark = pytest.mark.integration
WAV = Output(format="wav")
NO_RUNS = Limits(most_replay=0.0)
"""Every seam is one."""


class Mixes:
    """Mixes of a tenant, with their sound and their reports."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def first(self, songs: list[str]) -> str:
        recipe = MakeMix(
            parts=parts_of(songs),
            model=training(),
            sequencing=Sequencing(chunks=8, limits=NO_RUNS),
            output=WAV,
        )
        return self._made(self.pipeline.succeeded(self.pipeline.submit(recipe)))

    def revised(self, mix: str, *edits: Edit) -> str:
        return self._made(self.pipeline.succeeded(self.pipeline.submit(ReviseMix(mix=mix, edits=edits))))

    def preview(self, mix: str, position: int, **change: Any) -> np.ndarray:
        recipe = PreviewSeam(
            mix=mix, position=position, change=SeamChange(**change), around_s=2.0, format="wav"
        )
        (key,) = self.pipeline.succeeded(self.pipeline.submit(recipe))["previews"]
        return self._sound(Artifact(self.pipeline.tenant, Kind.PREVIEW, key), "preview.wav")

    def view(self, mix: str, position: int | None = None) -> dict[str, Any]:
        """Look into the pool of a mix: the whole of it, or for other chunks for a place."""
        self.pipeline.succeeded(self.pipeline.submit(ViewPool(mix=mix, position=position)))
        view = ViewSpec(mix=mix, position=position).artifact(self.pipeline.tenant)
        found: dict[str, Any] = json.loads(self.pipeline.dispatcher.artifacts.read(view, "view.json"))
        return found

    def sound(self, mix: str) -> np.ndarray:
        return self._sound(Artifact(self.pipeline.tenant, Kind.MIX, mix), "mix.wav")

    def report(self, mix: str) -> dict[str, Any]:
        artifact = Artifact(self.pipeline.tenant, Kind.MIX, mix)
        found: dict[str, Any] = json.loads(self.pipeline.dispatcher.artifacts.read(artifact, "report.json"))
        return found

    def order(self, mix: str) -> list[tuple[str, int]]:
        return [(entry["song"], entry["chunk"]) for entry in self.report(mix)["sequence"]]

    def _made(self, result: dict[str, list[str]]) -> str:
        return result["mixes"][0]

    def _sound(self, artifact: Artifact, name: str) -> np.ndarray:
        data = self.pipeline.dispatcher.artifacts.read(artifact, name)
        samples: np.ndarray = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)[0]
        return samples


@pytest.fixture(scope="module")
def mixes(working_stack: Stack) -> Mixes:
    """Mixes of a tenant of this module's own."""
    pipeline = Pipeline(working_stack.settings())
    pipeline.store.ensure_bucket()
    return Mixes(pipeline)


@pytest.fixture(scope="module")
def first(mixes: Mixes, short_songs: list[Path]) -> str:
    """A mix that every test changes: none of what they make touches it."""
    return mixes.first(mixes.pipeline.upload(short_songs))


def test_mixes_are_revised_and_gone_back_to(mixes: Mixes, first: str) -> None:
    before, report = mixes.sound(first), mixes.report(first)
    starts = [round(entry["mix_start_s"] * 44_100) for entry in report["sequence"]]

    swapped = mixes.revised(first, Swap(position=5))
    after = mixes.sound(swapped)
    assert [
        at
        for at, pair in enumerate(zip(mixes.order(first), mixes.order(swapped), strict=True))
        if len(set(pair)) > 1
    ] == [5]
    same = starts[5] - 44_100
    assert np.array_equal(before[:same], after[:same])
    assert not np.array_equal(before, after)
    assert mixes.report(swapped)["revision_of"] == first
    assert mixes.report(swapped)["edits"][0]["positions"] == [5]
    assert mixes.report(swapped)["loudness_lufs"] == report["loudness_lufs"]

    # What a swap took is the first of the candidates, and the map shows the way through the pool.
    candidates = mixes.view(first, 5)["candidates"]
    assert (candidates[0]["song"], candidates[0]["chunk"]) == mixes.order(swapped)[5]
    assert candidates[0]["before"] == pytest.approx(mixes.report(swapped)["sequence"][5]["score"])
    drawn = mixes.view(first)
    path = [drawn["points"][at] for at in drawn["path"]]
    assert [(drawn["songs"][one["song"]]["id"], one["chunk"]) for one in path] == mixes.order(first)

    # The same edits are the same revision; others of the swapped one go on from there.
    assert mixes.revised(first, Swap(position=5)) == swapped
    again = mixes.revised(swapped, Swap(position=5), Pin(first=0, last=3))
    assert len({mixes.order(mix)[5] for mix in (first, swapped, again)}) == 3
    assert [entry["pinned"] for entry in mixes.report(again)["sequence"]] == [True] * 4 + [False] * 4

    banned = mixes.order(first)[2][0]
    longer = mixes.revised(first, Ban(song=banned), Lengthen(chunks=10))
    assert len(mixes.order(longer)) == 10
    assert banned not in {song for song, _ in mixes.order(longer)}
    # Whatever was made of it, the first is as it was.
    assert np.array_equal(mixes.sound(first), before)


def test_a_seam_is_heard_beforehand_as_it_is_made_afterwards(mixes: Mixes, first: str) -> None:
    heard = mixes.preview(first, 3, manner="cut")
    cut = mixes.revised(first, SeamEdit(position=3, manner="cut"))
    assert mixes.report(cut)["sequence"][3]["seam"]["manner"] == "cut"
    for seam, mix in ((heard, cut), (mixes.preview(first, 3), first)):
        start = round(mixes.report(mix)["sequence"][3]["mix_start_s"] * 44_100) - 2 * 44_100
        # But for where it fades in and out itself.
        edge = 2_000
        assert np.array_equal(seam[edge:-edge], mixes.sound(mix)[start:][: len(seam)][edge:-edge])


def test_seams_keep_time_and_are_changed_by_beats(mixes: Mixes, first: str) -> None:
    seams = {entry["position"]: entry["seam"] for entry in mixes.report(first)["sequence"] if entry["seam"]}
    timed = [position for position, seam in seams.items() if seam["timing"] != "free"]
    assert timed, "the songs have drums"
    position = timed[0]
    swapped = mixes.revised(first, SeamEdit(position=position, manner="bass_swap"))
    seam = mixes.report(swapped)["sequence"][position]["seam"]
    assert (seam["manner"], seam["timing"] != "free") == ("bass_swap", True)
    assert seam["fades_s"][0] < 0.1 < seam["fades_s"][1]
    nudged = mixes.revised(first, SeamEdit(position=position, nudge_beats=0.5))
    later_s = mixes.report(nudged)["sequence"][position]["seam"]["enters_s"] - seams[position]["enters_s"]
    assert 30 / 180 - 0.02 < later_s < 30 / 60


def test_an_edit_that_only_the_work_finds_impossible_fails_its_job_with_what_to_do(
    mixes: Mixes, first: str
) -> None:
    for recipe in (
        ReviseMix(mix=first, edits=(SeamEdit(position=2, nudge_ms=4000),)),
        PreviewSeam(mix=first, position=2, change=SeamChange(nudge_ms=4000)),
    ):
        outcome = mixes.pipeline.ended(mixes.pipeline.submit(recipe)).outcome
        assert outcome is not None
        assert outcome.state is State.FAILED
        assert outcome.problem is not None
        assert outcome.problem.slug == "edit-impossible"
        assert "a quarter" in outcome.problem.detail
