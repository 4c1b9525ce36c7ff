"""What happens in the midst of clearing up: each of these came between a look and a deletion once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.gateway import clearing
from services.gateway.backend import Backend, connect_backend
from services.gateway.clearing import collect
from services.gateway.garbage import UNUSED, reached
from services.gateway.uploads import Received, keep
from shared.errors import Outdated
from shared.jobs.recipes import DecodeSong, EvaluateModel, FitModel, ViewPool
from shared.jobs.records import JobRecords, Outcome, State
from shared.parameters import Output, Sequencing
from shared.store import artifacts, keys
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact, Kind
from shared.store.manifests import SequenceFacts, UploadRecord
from shared.store.objects import to_json
from shared.store.specs import (
    CutSpec,
    DatasetSpec,
    MixSpec,
    ModelSpec,
    SequenceSpec,
    SongSpec,
    SpectraSpec,
    ViewSpec,
)
from tests.support.library import CUT, LINEAR, SONG, TENANT, facts_of, mix_facts
from tests.support.pipeline import parts_of

pytestmark = pytest.mark.integration

SEQUENCE = SequenceSpec(
    pool="1" * 64, model="2" * 64, weights_sha256="w", sequencing=Sequencing(chunks=2), analyses=()
)
VIEW = ViewSpec(mix="6" * 64, position=None)
EVERYTHING = timedelta(minutes=-1)
"""The least age at which everything is old enough, whatever the clocks say."""


@pytest.fixture
def backend(settings) -> Iterator[Backend]:
    backend = connect_backend(settings)
    yield backend
    backend.close()


def clear_up(backend: Backend) -> dict[str, str]:
    found = collect(backend, TENANT, dry_run=False, least_age=EVERYTHING)
    return {garbage.prefix: garbage.reason for garbage in found}


def once(act: Callable[[], object], then: Callable) -> Callable:
    """Return a function that acts before its first call and then does what it did."""
    left = [act]

    def wrapped(*arguments, **named):
        if left:
            left.pop()()
        return then(*arguments, **named)

    return wrapped


def after_listing(backend: Backend, act: Callable[[], object], monkeypatch) -> None:
    """Have something happen as soon as the bucket was listed for the first time."""
    listing, left = backend.store.list, [act]

    def listed(prefix: str):
        found = list(listing(prefix))
        if prefix == keys.tenant_folder(TENANT) and left:
            left.pop()()
        return iter(found)

    monkeypatch.setattr(backend.store, "list", listed)


def before_deleting(backend: Backend, act: Callable[[], object], monkeypatch) -> None:
    monkeypatch.setattr(backend.store, "delete", once(act, backend.store.delete))
    monkeypatch.setattr(backend.store, "delete_many", once(act, backend.store.delete_many))


@pytest.mark.parametrize("moment", [after_listing, before_deleting])
def test_a_mix_that_is_committed_meanwhile_keeps_its_sequence(backend, maker, monkeypatch, moment):
    sequence = maker.commit(SEQUENCE, SequenceFacts(steps=[]), {"x.json": b"{}"})
    spec = MixSpec(sequence=sequence.key, output=Output())
    moment(backend, lambda: maker.commit(spec, mix_facts(), {"mix.mp3": b"sound"}), monkeypatch)
    assert sequence.folder not in clear_up(backend)
    assert maker.store.exists(sequence.manifest)
    assert maker.dispatcher.artifacts.read(sequence, "x.json") == b"{}"
    assert sequence.folder not in clear_up(backend)


def test_a_job_that_is_accepted_meanwhile_keeps_all_that_it_needs(backend, maker, monkeypatch):
    maker.commit(SongSpec(song=SONG), facts_of(SongSpec(song=SONG)))
    cut = maker.commit(CutSpec(song=SONG, cut=CUT), facts_of(CutSpec(song=SONG, cut=CUT)))
    spectra = maker.commit(SpectraSpec(song=SONG), facts_of(SpectraSpec(song=SONG)), {"x.npz": b"x"})
    spec = DatasetSpec(cuts=(cut.key,), spectra=(spectra.key,), seed=LINEAR.seed)
    dataset = maker.commit(spec, facts_of(spec), {"y.npz": b"y"})
    job = FitModel(parts=parts_of([SONG], CUT), training=LINEAR)
    before_deleting(backend, lambda: backend.records.accept(TENANT, "fit", job), monkeypatch)
    assert UNUSED not in clear_up(backend).values()
    assert maker.dispatcher.artifacts.read(spectra, "x.npz") == b"x"
    assert maker.dispatcher.artifacts.read(dataset, "y.npz") == b"y"
    maker.dispatcher.records.cancel(TENANT, "fit")
    assert clear_up(backend) == {spectra.folder: UNUSED, dataset.folder: UNUSED}
    assert maker.stored(f"{Kind.DATASET}/") == maker.stored(f"{Kind.SPECTRA}/") == []


def test_what_is_made_anew_meanwhile_stays(backend, maker, monkeypatch):
    sequence = maker.commit(SEQUENCE, SequenceFacts(steps=[]), {"x.json": b"old"})

    def make_anew():
        if not maker.store.exists(sequence.manifest):
            maker.commit(SEQUENCE, SequenceFacts(steps=[]), {"x.json": b"new"})

    put_back = backend.leases.note_deletion
    notes = []

    def note():
        put_back()
        notes.append(make_anew())

    monkeypatch.setattr(backend.leases, "note_deletion", note)
    clear_up(backend)
    assert len(notes) == 2
    assert maker.dispatcher.artifacts.read(sequence, "x.json") == b"new"
    assert len(maker.attempts(sequence)) == 1


def test_the_store_failing_in_between_leaves_everything_as_it_was(backend, maker, monkeypatch):
    sequence = maker.commit(SEQUENCE, SequenceFacts(steps=[]), {"x.json": b"{}"})
    before = maker.stored()
    looks = []

    def open_jobs(*_, **__):
        looks.append(1)
        if len(looks) == 2:
            raise ConnectionError
        return []

    monkeypatch.setattr(Backend, "open_jobs", open_jobs)
    with pytest.raises(ConnectionError):
        clear_up(backend)
    assert maker.stored() == before
    assert maker.dispatcher.artifacts.read(sequence, "x.json") == b"{}"


def test_a_job_that_is_accepted_while_its_old_mark_is_swept_keeps_a_mark(backend, maker, monkeypatch):
    recipe = DecodeSong(song=SONG)
    maker.store.put(keys.open_job(TENANT, "early"), b"")
    maker.store.put(keys.open_job(TENANT, "late"), b"")
    before_deleting(
        backend, lambda: JobRecords(maker.store).accept(TENANT, "early", recipe), monkeypatch
    )  # Its record is there, then its mark is swept.
    clear_up(backend)
    assert maker.dispatcher.records.is_open(TENANT, "early")
    assert not maker.dispatcher.records.is_open(TENANT, "late")

    records = JobRecords(maker.store)
    create = records._create
    sweep = lambda: maker.store.delete(keys.open_job(TENANT, "late"))  # noqa: E731
    monkeypatch.setattr(records, "_create", once(sweep, create))
    records.accept(TENANT, "late", recipe)  # Its mark is swept, then its record is there.
    assert records.is_open(TENANT, "late")


def test_an_open_job_that_lost_its_mark_gets_it_again(backend, maker):
    recipe = EvaluateModel(model="3" * 64)
    for name in ("open", "ended"):
        maker.dispatcher.records.accept(TENANT, name, recipe)
    maker.dispatcher.records.cancel(TENANT, "ended")
    maker.store.delete(keys.open_job(TENANT, "open"))
    collect(backend, TENANT, dry_run=True)
    assert maker.stored("jobs-open/") == []
    clear_up(backend)
    assert maker.stored("jobs-open/") == [keys.open_job(TENANT, "open")]


def test_an_upload_is_whole_though_the_same_bytes_were_being_swept(maker, monkeypatch):
    upload, source = keys.upload(TENANT, "u"), keys.song_source(TENANT, SONG)
    maker.store.put(upload, b"bytes")
    maker.store.put(source, b"bytes")
    create = maker.store.create
    monkeypatch.setattr(maker.store, "create", once(lambda: maker.store.delete(source), create))
    assert keep(maker.store, TENANT, Received(upload, SONG, 5), "song.mp3")
    assert maker.store.get(source) == b"bytes"


def test_a_source_whose_upload_ends_meanwhile_stays(backend, maker, monkeypatch):
    source = keys.song_source(TENANT, SONG)
    maker.store.put(source, b"bytes")
    record = to_json(UploadRecord(name="song.mp3", size_bytes=5))
    after_listing(backend, lambda: maker.store.put(keys.song_upload(TENANT, SONG), record), monkeypatch)
    assert clear_up(backend) == {}
    assert maker.store.exists(source)


def test_a_source_that_is_on_record_just_before_it_would_be_deleted_stays(backend, maker, monkeypatch):
    source = keys.song_source(TENANT, SONG)
    maker.store.put(source, b"bytes")
    record = to_json(UploadRecord(name="song.mp3", size_bytes=5))
    put_back = clearing._put_back

    def come_again(*arguments):
        put_back(*arguments)
        maker.store.put(keys.song_upload(TENANT, SONG), record)

    monkeypatch.setattr(clearing, "_put_back", come_again)  # The last thing before what is garbage goes.
    clear_up(backend)
    assert maker.store.exists(keys.song_upload(TENANT, SONG))
    assert maker.store.exists(source)


@pytest.mark.parametrize("ended_lately", [True, False])
def test_what_a_job_found_stays_as_if_it_had_been_made_then(backend, maker, ended_lately):
    view = maker.commit(VIEW, facts_of(VIEW), {"view.json": b"{}"})
    job, _ = maker.dispatcher.records.accept(TENANT, "look", ViewPool(mix=VIEW.mix))
    ended = Outcome(state=State.SUCCEEDED, result={Kind.VIEW: [view.key]})
    maker.dispatcher.records.finish(job, ended)
    young_since = datetime.now(UTC) + timedelta(minutes=-1 if ended_lately else 1)
    _, records = clearing._look(backend, TENANT, {}, young_since)
    assert (view in reached(records)) is ended_lately


def test_an_attempt_that_slept_for_a_day_does_not_commit(maker, monkeypatch):
    attempt = Attempt(maker.store, SEQUENCE.artifact(TENANT))
    attempt.put("x.json", b"{}")
    now_s = artifacts.time.time()
    monkeypatch.setattr(artifacts.time, "time", lambda: now_s + 24 * 3600)
    with pytest.raises(Outdated, match=r"began 24.0 h ago; after 12 h"):
        attempt.commit(SEQUENCE, SequenceFacts(steps=[]))
    assert not maker.store.exists(attempt.artifact.manifest)


def test_what_is_made_anew_while_it_is_deleted_stays(maker, monkeypatch):
    sequence = maker.commit(SEQUENCE, SequenceFacts(steps=[]), {"x.json": b"old"})
    delete = maker.store.delete

    def delete_and_make(key: str):
        delete(key)
        maker.commit(SEQUENCE, SequenceFacts(steps=[]), {"x.json": b"new"})

    monkeypatch.setattr(maker.store, "delete", delete_and_make)
    maker.dispatcher.artifacts.delete(sequence)
    assert maker.dispatcher.artifacts.read(sequence, "x.json") == b"new"


def test_a_model_keeps_the_dataset_that_it_was_fitted_on_for_days(backend, maker, monkeypatch):
    spec = DatasetSpec(cuts=("4" * 64,), spectra=("5" * 64,), seed=0)
    dataset = maker.commit(spec, facts_of(spec), {"y.npz": b"y"})
    model = ModelSpec(dataset=dataset.key, training=LINEAR)
    after_listing(backend, lambda: maker.commit(model, facts_of(model)), monkeypatch)
    assert clear_up(backend) == {}
    assert maker.store.exists(Artifact(TENANT, Kind.DATASET, dataset.key).manifest)
