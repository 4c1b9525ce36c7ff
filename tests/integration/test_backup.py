"""A bucket copied into a folder and back, while others write: nothing in the copy lacks what it rests on."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.backup.copying import Done
from cli.backup.folder import BackupFolder
from cli.backup.order import Committed
from cli.backup.running import bring_back, take
from cli.errors import NotABackup
from shared.errors import StoreUnavailable
from shared.jobs.recipes import CutSongs
from shared.jobs.records import JobRecords
from shared.parameters import Output, Sequencing
from shared.settings import Settings
from shared.store import keys
from shared.store.artifacts import Artifacts, Attempt
from shared.store.keys import Artifact, Kind
from shared.store.manifests import SequenceFacts, UploadRecord
from shared.store.objects import ObjectStore, connect, to_json
from shared.store.specs import AnalysisSpec, CutSpec, MixSpec, SequenceSpec, Spec
from tests.support.library import CUT, facts_of, mix_facts
from tests.support.pipeline import parts_of
from tests.support.servers import apart, running_servers

pytestmark = pytest.mark.integration

TENANT = "4f1c20aa9be7"
SOURCE = b"the bytes of a song" * 1000
SONG = hashlib.sha256(SOURCE).hexdigest()
RECIPE = CutSongs(parts=parts_of([SONG], CUT))


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder(tmp_path / "backup")


@pytest.fixture
def elsewhere(settings: Settings) -> ObjectStore:
    store = connect(apart(settings))
    store.ensure_bucket()
    return store


def backup(store: ObjectStore, folder: BackupFolder) -> Done:
    return take(store, folder, release="test", tell=lambda *_: None)


def restore(folder: BackupFolder, store: ObjectStore) -> Done:
    return bring_back(folder, store, tell=lambda *_: None)


def commit(store: ObjectStore, spec: Spec, payloads: dict[str, bytes] | None = None) -> Artifact:
    attempt = Attempt(store, spec.artifact(TENANT))
    for name, data in (payloads or {"x.npz": b"x" * 100, "y.flac": b"y" * 200}).items():
        attempt.put(name, data, "audio/flac")
    facts = {SequenceSpec: SequenceFacts(steps=[]), MixSpec: mix_facts()}.get(type(spec)) or facts_of(spec)
    attempt.commit(spec, facts)
    return attempt.artifact


@pytest.fixture
def cut(store: ObjectStore) -> Artifact:
    """Fill the bucket with one of each: a song, a cut, a correction, a vote, a key, jobs in all states."""
    store.put(keys.song_source(TENANT, SONG), SOURCE)
    record = UploadRecord(name="Night Drive.mp3", size_bytes=len(SOURCE))
    store.create(keys.song_upload(TENANT, SONG), to_json(record))
    store.put(keys.correction(TENANT, SONG), b'{"tempo_bpm": 120}')
    store.create(keys.vote(TENANT, "6" * 32), b'{"choice": "a"}')
    store.create(keys.api_key_record("4f1c20aa9be7", "made"), b"{}")
    store.put(keys.upload(TENANT, "half"), b"half an upload")
    cut = commit(store, CutSpec(song=SONG, cut=CUT))
    store.put(cut.payload("lost", "x.npz"), b"of a try that failed")
    store.put(f"{Artifact(TENANT, Kind.MODEL, '5' * 64).checkpoints}000004.npz", b"weights")
    records = JobRecords(store)
    for name in ("open", "cancelled"):
        records.accept(TENANT, name, RECIPE)
    records.cancel(TENANT, "cancelled")
    return cut


def contents(store: ObjectStore) -> dict[str, bytes]:
    return {one.key: store.get(one.key) for one in store.list("")}


def lacking(store: ObjectStore) -> list[str]:
    """Return what records of a bucket name that it does not have: payloads, sequences and analyses."""
    names = {one.key for one in store.list("")}
    missing = []
    for tenant in store.folders("t/"):
        for kind in Kind:
            for key in Artifacts(store).keys(tenant, kind):
                artifact = Artifact(tenant, kind, key)
                if artifact.manifest not in names:
                    continue
                committed = Committed.model_validate_json(store.get(artifact.manifest))
                needed = [artifact.payload(committed.attempt, name) for name in committed.payloads]
                spec = Artifacts(store).get(artifact).spec
                if isinstance(spec, MixSpec):
                    needed.append(Artifact(tenant, Kind.SEQUENCE, spec.sequence).manifest)
                    needed += [Artifact(tenant, Kind.ANALYSIS, one).manifest for one in spec.analyses]
                missing += [key for key in needed if key not in names]
    return missing


def test_everything_that_counts_comes_back(store, elsewhere, folder, cut):
    left_out = {cut.payload("lost", "x.npz"), keys.upload(TENANT, "half")}
    expected = {key: data for key, data in contents(store).items() if key not in left_out}
    done = backup(store, folder)
    assert (done.copied, done.unchanged, done.damaged) == (len(expected) - 1, 0, [])
    assert restore(folder, elsewhere).damaged == []
    assert contents(elsewhere) == expected
    records = JobRecords(elsewhere)
    assert [records.is_open(TENANT, name) for name in ("open", "cancelled")] == [True, False]
    response = elsewhere._client.stat_object(elsewhere.bucket, artifact_payload(elsewhere, cut))
    assert response.content_type == "audio/flac"


def artifact_payload(store: ObjectStore, artifact: Artifact) -> str:
    return Artifacts(store).payload_key(artifact, "y.flac")


def test_files_are_for_the_owner_alone(store, folder, cut):
    backup(store, folder)
    for path in (folder.root, *(path for path in folder.root.rglob("*") if path.is_file())):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_backup_copies_what_is_new_and_removes_what_is_gone(store, elsewhere, folder, cut):
    first = backup(store, folder)
    assert backup(store, folder).copied == 1, "the correction, which may have been replaced"
    other = commit(store, CutSpec(song="b" * 64, cut=CUT))
    Artifacts(store).delete(cut)
    store.put(keys.correction(TENANT, SONG), b'{"tempo_bpm": 121}')
    JobRecords(store).cancel(TENANT, "open")
    done = backup(store, folder)
    assert (done.copied, done.removed) == (3 + 1 + 2, 3)
    assert done.unchanged == first.copied - 1 - 3 - 1, "all but a source, the cut and the correction"
    restore(folder, elsewhere)
    assert not elsewhere.exists(cut.manifest)
    assert elsewhere.exists(other.manifest)
    assert elsewhere.get(keys.correction(TENANT, SONG)) == b'{"tempo_bpm": 121}'
    assert not JobRecords(elsewhere).is_open(TENANT, "open")


def during_listing(store: ObjectStore, prefix: str, act: Callable[[], object], monkeypatch) -> None:
    """Have something happen once a prefix was listed."""
    listing = store.list

    def listed(wanted: str):
        yield from listing(wanted)
        if wanted == prefix:
            act()

    monkeypatch.setattr(store, "list", listed)


@pytest.mark.parametrize("folder_listed", ["songs", "analyses", "sequences", "mixes", "jobs"])
def test_what_comes_in_during_a_backup_is_copied_with_all_that_it_rests_on_or_not_at_all(
    store, elsewhere, folder, cut, monkeypatch, folder_listed
):
    writer, records = ObjectStore(store._client, store.bucket), JobRecords(store)

    def make_mix():
        analysis = commit(writer, AnalysisSpec(song=SONG))
        sequencing = Sequencing(chunks=2)
        spec = SequenceSpec(pool="1" * 64, model="2" * 64, weights_sha256="w", sequencing=sequencing)
        sequence = commit(writer, spec)
        mix = MixSpec(sequence=sequence.key, output=Output(), analyses=(analysis.key,))
        commit(writer, mix)
        records.accept(TENANT, "late", RECIPE)

    during_listing(store, f"t/{TENANT}/{folder_listed}/", make_mix, monkeypatch)
    backup(store, folder)
    restore(folder, elsewhere)
    assert lacking(elsewhere) == []
    copied = JobRecords(elsewhere)
    assert copied.find(TENANT, "late") is None or copied.is_open(TENANT, "late")
    monkeypatch.undo()
    backup(store, folder)
    restore(folder, elsewhere)
    assert lacking(elsewhere) == []
    assert copied.is_open(TENANT, "late")
    assert list(Artifacts(elsewhere).keys(TENANT, Kind.MIX))


def test_what_is_deleted_during_a_backup_is_left_out_whole(store, elsewhere, folder, cut, monkeypatch):
    stream = store.stream

    def streamed(key: str):
        if key.startswith(cut.folder):
            Artifacts(ObjectStore(store._client, store.bucket)).delete(cut)
        return stream(key)

    monkeypatch.setattr(store, "stream", streamed)
    assert backup(store, folder).damaged == []
    restore(folder, elsewhere)
    assert list(elsewhere.list(cut.folder)) == []
    assert list(folder.walk(cut.folder)) == []


def test_damage_in_the_bucket_is_told_and_left_out(store, elsewhere, folder, cut):
    store.put(artifact_payload(store, cut), b"z" * 200)
    store.put(keys.song_source(TENANT, SONG), b"not the song")
    done = backup(store, folder)
    assert len(done.damaged) == 2
    assert keys.song_source(TENANT, SONG) in done.damaged[0]
    assert cut.folder in done.damaged[1]
    restore(folder, elsewhere)
    assert lacking(elsewhere) == []
    assert list(elsewhere.list(cut.folder)) == []


def test_damage_in_the_folder_is_told_and_not_restored(store, elsewhere, folder, cut):
    backup(store, folder)
    path = folder.path(artifact_payload(store, cut))
    path.write_bytes(b"z" * 200)
    (problem,) = restore(folder, elsewhere).damaged
    assert problem.startswith(f"{path}: SHA-256")
    assert not elsewhere.exists(cut.manifest)
    path.unlink()
    assert "missing" in restore(folder, elsewhere).damaged[0]


def test_a_backup_that_was_broken_off_goes_on_and_is_not_restored_before(
    store, elsewhere, folder, cut, monkeypatch
):
    stream = store.stream

    def broken(key: str):
        if key.endswith("y.flac"):
            raise StoreUnavailable("broken off")
        return stream(key)

    monkeypatch.setattr(store, "stream", broken)
    with pytest.raises(StoreUnavailable):
        backup(store, folder)
    with pytest.raises(NotABackup, match="never finished"):
        restore(folder, elsewhere)
    before = {path for path in folder.root.rglob("*") if path.is_file()}
    (next(iter(before)).parent / ".draft").write_bytes(b"of a run that was killed")
    monkeypatch.undo()
    done = backup(store, folder)
    assert done.copied == len(list(folder.walk(""))) - len(before)
    assert not list(folder.root.rglob(".draft"))
    restore(folder, elsewhere)
    assert lacking(elsewhere) == []


def test_a_restore_that_was_broken_off_goes_on_and_what_is_there_stays(
    store, elsewhere, folder, cut, monkeypatch
):
    backup(store, folder)
    elsewhere.put(keys.correction(TENANT, SONG), b"newer")
    put_file = elsewhere.put_file

    def broken(key: str, path: Path, content_type: str):
        if key.endswith("y.flac"):
            raise StoreUnavailable("broken off")
        put_file(key, path, content_type)

    monkeypatch.setattr(elsewhere, "put_file", broken)
    with pytest.raises(StoreUnavailable):
        restore(folder, elsewhere)
    assert lacking(elsewhere) == []
    monkeypatch.undo()
    restore(folder, elsewhere)
    assert elsewhere.exists(cut.manifest)
    assert elsewhere.get(keys.correction(TENANT, SONG)) == b"newer"
    JobRecords(elsewhere).cancel(TENANT, "open")
    assert restore(folder, elsewhere).copied == 0
    assert not JobRecords(elsewhere).is_open(TENANT, "open")


def test_a_folder_of_other_things_is_left_alone(store, folder, elsewhere):
    folder.root.mkdir()
    (folder.root / "letters.txt").write_text("dear")
    with pytest.raises(NotABackup, match="other files"):
        backup(store, folder)
    with pytest.raises(NotABackup, match=r"no backup\.json"):
        restore(folder, elsewhere)
    assert [path.name for path in folder.root.iterdir()] == ["letters.txt"]


def test_a_data_folder_copied_while_nothing_runs_is_a_backup_too(tmp_path):
    with running_servers(tmp_path / "old") as stack:
        connect(stack.settings()).put("t/local/x", b"kept")
    copied = shutil.copytree(tmp_path / "old", tmp_path / "copy", ignore=shutil.ignore_patterns("valkey"))
    with running_servers(copied) as stack:
        assert connect(stack.settings()).get("t/local/x") == b"kept"
