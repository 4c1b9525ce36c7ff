from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.gateway.schemas.songs import SongState
from services.gateway.views.artifacts import cut_view, mix_view, model_view, pool_view
from services.gateway.views.songs import song_view
from shared.jobs.recipes import DecodeSong
from shared.jobs.records import Accepted, Job, Outcome, State
from shared.store.keys import Kind
from shared.store.manifests import Payload, Problem, RejectedInput, UploadRecord
from shared.store.specs import SongSpec
from tests.support.library import RATE_HZ, SONG, TENANT, Library

UPLOAD = UploadRecord(name="Night Drive.mp3", size_bytes=9, uploaded_at=datetime(2026, 11, 22, tzinfo=UTC))
PROBLEM = Problem(slug="not-audio", title="Not an audio file", detail="No audio.")


def decoding(outcome: Outcome | None = None) -> Job:
    return Job(accepted=Accepted(id="j" * 32, tenant=TENANT, recipe=DecodeSong(song=SONG)), outcome=outcome)


def test_a_song_on_its_way_tells_which_job_decodes_it():
    shown = song_view(SONG, UPLOAD, None, decoding())
    assert (shown.state, shown.job, shown.problem) == (SongState.RECEIVED, "j" * 32, None)
    assert (shown.title, shown.duration_s, "audio" in shown.links) == ("Night Drive", None, False)


def test_a_decoded_song_shows_its_figures_and_its_own_title():
    library = Library()
    manifest = library[library.song(title="Drive")]
    shown = song_view(SONG, UPLOAD, manifest, None)
    assert (shown.state, shown.title, shown.duration_s) == (SongState.READY, "Drive", 4.0)
    assert (shown.sample_rate_hz, shown.channels, shown.peak) == (RATE_HZ, 1, 0.5)
    assert shown.links["audio"] == f"/v1/songs/{SONG}/audio"
    untitled = library[library.song(title=None)]
    assert song_view(SONG, UPLOAD, untitled, None).title == "Night Drive"


def test_a_rejected_song_tells_why():
    library = Library()
    shown = song_view(SONG, UPLOAD, library[library.reject(SongSpec(song=SONG), PROBLEM)], None)
    assert shown.state is SongState.REJECTED
    assert shown.problem is not None
    assert shown.problem.detail == "No audio."


def test_a_song_whose_decoding_gave_up_can_still_become_ready():
    failed = Outcome(state=State.FAILED, problem=PROBLEM.model_copy(update={"slug": "gave-up"}))
    shown = song_view(SONG, UPLOAD, None, decoding(failed))
    assert shown.state is SongState.RECEIVED
    assert shown.problem is not None
    assert shown.problem.status == 500


def test_the_chunks_of_a_cut_laid_end_to_end_are_the_song():
    library = Library()
    cut = library.cut(chunks=4)
    shown = cut_view(cut.key, library[cut])
    assert [chunk.n for chunk in shown.chunks] == [0, 1, 2, 3]
    assert shown.chunks[0].start == 0
    assert all(one.stop == two.start for one, two in zip(shown.chunks, shown.chunks[1:], strict=False))
    assert shown.chunks[2].start_s == 2.0
    assert {chunk.duration_s for chunk in shown.chunks} == {1.0}
    assert (shown.chunk_count, shown.mean_chunk_s) == (4, 1.0)


def test_pools_models_and_mixes_name_what_they_were_made_of():
    library = Library()
    mix = library.mix(chunks=3)
    of = {one.kind: one for one in library}
    pool = pool_view(of[Kind.POOL].key, library[of[Kind.POOL]])
    model = model_view(of[Kind.MODEL].key, library[of[Kind.MODEL]])
    payloads = {name: Payload(sha256="s", size_bytes=1) for name in ("peaks.json", "package.json")}
    manifest = library[mix].model_copy(update={"payloads": payloads})
    shown = mix_view(mix.key, manifest, library[of[Kind.SEQUENCE]])
    assert (pool.model, pool.chunks) == (model.id, 4)
    assert (shown.model, shown.pool) == (model.id, pool.id)
    assert shown.sequencing is not None
    assert shown.sequencing.chunks == 3
    path = f"/v1/mixes/{mix.key}"
    assert shown.links == {
        "self": path,
        "audio": f"{path}/audio",
        "peaks": f"{path}/peaks",
        "package": f"{path}/package",
        "revisions": f"{path}/revisions",
    }


def test_a_mix_outlives_its_sequence():
    library = Library()
    mix = library.mix()
    shown = mix_view(mix.key, library[mix], None)
    assert (shown.model, shown.pool, shown.sequencing, shown.duration_s) == (None, None, None, 3.0)


def test_what_could_not_be_made_has_no_view():
    library = Library()
    cut = library.cut()
    rejected = library[cut].model_copy(update={"facts": None, "problem": PROBLEM})
    with pytest.raises(RejectedInput):
        cut_view(cut.key, rejected)
