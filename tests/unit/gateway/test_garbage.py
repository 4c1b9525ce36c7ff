from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.garbage import (
    LEFTOVER,
    OLD_PIECES,
    STALE_MARK,
    UNFINISHED_UPLOAD,
    UNNAMED_ATTEMPT,
    UNUSED,
    Records,
    unmarked,
    unreached,
)
from shared.revisions import SeamChange
from shared.store import keys
from shared.store.keys import Artifact, Kind
from shared.store.objects import Stored
from shared.store.specs import PreviewSpec, ViewSpec
from tests.support.library import SONG, TENANT, Library

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(hours=25), NOW - timedelta(hours=23)


def stored(*keys: str, modified: datetime = OLD) -> list[Stored]:
    return [Stored(key, 10, modified) for key in keys]


def found(objects, library=None, *, needed=(), open_jobs=()):
    records = Records(library or {}, set(needed), set(open_jobs))
    return {one.prefix: one.reason for one in unreached(TENANT, objects, records, NOW)}


def objects_of(artifact: Artifact, modified: datetime = OLD) -> list[Stored]:
    return stored(artifact.manifest, artifact.payload("attempt", "x.npz"), modified=modified)


def test_uploads_are_garbage_once_they_are_a_day_old():
    old, young = "t/local/uploads/1", "t/local/uploads/2"
    objects = stored(old) + stored(young, modified=YOUNG)
    assert found(objects) == {old: UNFINISHED_UPLOAD}


def test_an_upload_in_pieces_is_garbage_once_nobody_has_gone_on_with_it_for_a_day():
    folder = "t/local/uploads/1/"
    begun = stored(f"{folder}begun.json", f"{folder}parts/000000000000000")
    latest = f"{folder}parts/000000008388608"
    assert found([*begun, *stored(latest, modified=YOUNG)]) == {}
    (garbage,) = unreached(TENANT, [*begun, *stored(latest)], Records({}, set(), set()), NOW)
    assert (garbage.prefix, garbage.reason, garbage.objects) == (folder, OLD_PIECES, 3)


def test_objects_and_bytes_are_counted():
    library = Library()
    cut = library.cut()
    lost = stored(cut.payload("lost", "0000.flac"), cut.payload("lost", "edges.npz"))
    (garbage,) = unreached(TENANT, [*objects_of(cut), *lost], Records(library, set(), set()), NOW)
    assert (garbage.prefix, garbage.reason) == (f"{cut.folder}lost/", UNNAMED_ATTEMPT)
    assert (garbage.objects, garbage.size_bytes) == (2, 20)


def test_an_attempt_that_still_grows_is_kept_whole():
    library = Library()
    cut = library.cut()
    objects = stored(cut.payload("slow", "0000.flac"))
    objects += stored(cut.payload("slow", "0001.flac"), modified=YOUNG)
    assert found(objects, library) == {}


def test_attempts_of_what_was_never_committed_are_garbage():
    cut = Library().cut()
    assert found(stored(cut.payload("lost", "0000.flac"))) == {f"{cut.folder}lost/": UNNAMED_ATTEMPT}


def test_a_song_keeps_its_source_and_what_was_said_of_it():
    folder = f"t/local/songs/{SONG}/"
    objects = stored(f"{folder}source", f"{folder}upload.json")
    assert found(objects) == {}
    assert found(objects[:1]) == {f"{folder}source": UNFINISHED_UPLOAD}
    song = Artifact(TENANT, Kind.SONG, SONG)
    assert found(objects[:1], needed=[song]) == {}


def test_checkpoints_are_kept_for_an_open_fit_alone():
    library = Library()
    model = library.model()
    objects = stored(f"{model.checkpoints}000004.npz", f"{model.starts}000000/1.json")
    leftover = {model.checkpoints: LEFTOVER, model.starts: LEFTOVER}
    assert found(objects, library) == leftover
    assert found(objects) == leftover
    assert found(objects, needed=[model]) == {}


@pytest.mark.parametrize("kind", [Kind.DATASET, Kind.SPECTRA, Kind.SEQUENCE])
def test_intermediate_results_live_as_long_as_what_was_made_of_them(kind):
    library = Library()
    library.mix()
    derived = next(one for one in library if one.kind is kind)
    objects = objects_of(derived)
    assert found(objects, library) == {}
    user = Kind.MIX if kind is Kind.SEQUENCE else Kind.MODEL
    orphaned = {one: manifest for one, manifest in library.items() if one.kind is not user}
    assert found(objects, orphaned) == {derived.folder: UNUSED}
    assert found(objects, orphaned, needed=[derived]) == {}
    assert found(objects_of(derived, YOUNG), orphaned) == {}


def test_spectra_of_a_dataset_that_an_open_job_needs_are_kept():
    library = Library()
    dataset = library.dataset()
    spectra = next(one for one in library if one.kind is Kind.SPECTRA)
    assert found(objects_of(spectra), library) == {spectra.folder: UNUSED}
    assert found(objects_of(spectra), library, needed=[dataset]) == {}


def test_what_was_made_a_moment_ago_keeps_what_it_names_though_nobody_wants_it():
    library = Library()
    dataset = library.dataset()
    spectra = next(one for one in library if one.kind is Kind.SPECTRA)
    assert found(objects_of(spectra) + objects_of(dataset, YOUNG), library) == {}
    garbage = {spectra.folder: UNUSED, dataset.folder: UNUSED}
    assert found(objects_of(spectra) + objects_of(dataset), library) == garbage


def test_a_report_lives_as_long_as_its_model_and_what_it_was_made_of_as_long_as_the_report():
    library = Library()
    report = library.report()
    gapped = next(one for one in library if one.kind is Kind.GAPPED)
    objects = objects_of(report) + objects_of(gapped)
    assert found(objects, library) == {}
    without_model = {one: manifest for one, manifest in library.items() if one.kind is not Kind.MODEL}
    assert found(objects, without_model) == {report.folder: UNUSED, gapped.folder: UNUSED}
    assert found(objects, without_model, needed=[gapped]) == {report.folder: UNUSED}
    assert found(objects, without_model, needed=[report]) == {}
    without_report = {one: manifest for one, manifest in library.items() if one is not report}
    assert found(objects_of(gapped), without_report) == {gapped.folder: UNUSED}


def test_a_vote_is_kept_whatever_it_was_cast_for():
    assert found(stored(keys.vote(TENANT, "6" * 32))) == {}


def test_a_look_into_a_pool_lives_for_a_day():
    library = Library()
    view = library.make(ViewSpec(mix=library.mix().key, position=None))
    assert found(objects_of(view, YOUNG), library) == {}
    assert found(objects_of(view), library) == {view.folder: UNUSED}


def test_a_preview_lives_for_a_day():
    library = Library()
    mix = library.mix()
    preview = library.make(
        PreviewSpec(mix=mix.key, position=1, change=SeamChange(), around_s=5.0, format="mp3")
    )
    assert found(objects_of(preview, YOUNG), library) == {}
    assert found(objects_of(preview), library) == {preview.folder: UNUSED}
    assert found(objects_of(preview), library, needed=[preview]) == {}


@pytest.mark.parametrize("kind", [Kind.SONG, Kind.CUT, Kind.MODEL, Kind.POOL, Kind.MIX])
def test_what_users_see_is_theirs_to_delete(kind):
    library = Library()
    library.song()
    library.mix()
    visible = next(one for one in library if one.kind is kind)
    assert found(objects_of(visible), {visible: library[visible]}) == {}


def test_marks_without_an_open_job_are_garbage():
    objects = stored("t/local/jobs-open/a", "t/local/jobs-open/b")
    assert found(objects, open_jobs={"a"}) == {"t/local/jobs-open/b": STALE_MARK}


def test_an_open_job_that_lost_its_mark_is_told_from_those_that_need_none():
    records = {
        "ended": ["jobs/ended/accepted.json", "jobs/ended/outcome.json"],
        "marked": ["jobs/marked/accepted.json", "jobs-open/marked"],
        "never accepted": ["jobs-open/never"],
        "lost": ["jobs/lost/accepted.json", "jobs/lost/cancelled.json"],
    }
    objects = stored(*(f"t/local/{key}" for names in records.values() for key in names))
    assert unmarked(TENANT, objects) == ["lost"]


def test_job_records_are_history_and_stay():
    objects = stored("t/local/jobs/a/accepted.json", "t/local/jobs/a/outcome.json", "t/local/keys/k")
    assert found(objects) == {}
