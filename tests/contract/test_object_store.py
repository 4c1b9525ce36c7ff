"""What every object store must do, against a real S3 server."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.errors import Corrupt, StoreUnavailable
from shared.settings import Settings
from shared.store.artifacts import Artifacts, Attempt
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Problem, SpectraFacts
from shared.store.objects import ObjectMissing, ObjectStore, connect, open_ranged
from shared.store.specs import SpectraSpec

pytestmark = pytest.mark.contract

SPEC = SpectraSpec(song="a" * 64)
FACTS = SpectraFacts(song="a" * 64, frames=1)


@pytest.fixture
def artifact() -> Artifact:
    return SPEC.artifact("someone")


def test_what_is_put_is_got(store: ObjectStore) -> None:
    store.put("a/b", b"one")
    store.put("a/b", b"two")
    assert store.get("a/b") == b"two"
    assert store.size("a/b") == 3
    assert store.exists("a/b")


def test_what_is_missing_is_told_apart_from_what_is_empty(store: ObjectStore) -> None:
    store.put("empty", b"")
    assert store.find("empty") == b""
    assert store.find("nothing") is None
    assert not store.exists("nothing")
    with pytest.raises(ObjectMissing):
        store.get("nothing")


def test_of_many_creators_one_wins(store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.create("once", str(n).encode()), range(8)))
    assert sum(won) == 1
    assert store.get("once") == str(won.index(True)).encode()


def test_a_stream_of_unknown_length_is_stored_whole(store: ObjectStore) -> None:
    data = bytes(range(256)) * 100_000  # More than one part.
    store.put_stream("stream", io.BytesIO(data))
    assert b"".join(store.stream("stream")) == data
    assert b"".join(store.stream("stream", offset=10, length=5)) == data[10:15]


def test_files_go_in_and_out(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"x" * 100_000)
    store.put_file("file", tmp_path / "in")
    store.copy("file", "copy")
    assert store.download("copy", tmp_path / "out").read_bytes() == b"x" * 100_000


def test_ranges_are_read_like_a_file(store: ObjectStore) -> None:
    data = bytes(range(256)) * 4000
    store.put("ranged", data)
    with open_ranged(store, "ranged", buffer_bytes=1000) as file:
        file.seek(-3, io.SEEK_END)
        assert file.read() == data[-3:]
        file.seek(500_000)
        assert file.read(70_000) == data[500_000:570_000]
        assert file.read(0) == b""


def test_listing_knows_folders_and_order(store: ObjectStore) -> None:
    for key in ("t/x/b/2", "t/x/a/1", "t/y/c/3", "t/x/c/9"):
        store.put(key, b".")
    assert [stored.key for stored in store.list("t/x/")] == ["t/x/a/1", "t/x/b/2", "t/x/c/9"]
    assert list(store.folders("t/")) == ["x", "y"]
    assert list(store.folders("t/x/", after="a")) == ["b", "c"]


def test_deleting_is_repeatable(store: ObjectStore) -> None:
    for number in range(5):
        store.put(f"d/{number}", b".")
    store.delete("d/0")
    store.delete("d/0")
    assert store.delete_all("d/") == 4
    assert list(store.list("d/")) == []


def test_a_manifest_is_the_commit(store: ObjectStore, artifact: Artifact) -> None:
    artifacts, attempt = Artifacts(store), Attempt(store, artifact)
    attempt.put("frames.npz", b"frames")
    assert artifacts.find(artifact) is None
    manifest = attempt.commit(SPEC, FACTS)
    assert artifacts.get(artifact) == manifest
    assert artifacts.read(artifact, "frames.npz") == b"frames"


def test_of_many_attempts_one_counts_and_the_others_leave_nothing(
    store: ObjectStore, artifact: Artifact
) -> None:
    def attempt(number: int) -> str:
        mine = Attempt(store, artifact)
        mine.put("frames.npz", f"{number}".encode())
        return mine.commit(SPEC, FACTS).attempt

    with ThreadPoolExecutor(4) as pool:
        winners = set(pool.map(attempt, range(4)))
    assert len(winners) == 1
    keys = {stored.key for stored in store.list(artifact.folder)}
    assert keys == {artifact.manifest, artifact.payload(winners.pop(), "frames.npz")}


def test_a_rejection_is_a_commit_too(store: ObjectStore, artifact: Artifact) -> None:
    attempt = Attempt(store, artifact)
    attempt.put("half.npz", b"half")
    attempt.reject(SPEC, Problem(slug="s", title="t", detail="d"))
    assert [stored.key for stored in store.list(artifact.folder)] == [artifact.manifest]
    late = Attempt(store, artifact)
    assert late.commit(SPEC, FACTS).problem is not None


def test_damage_is_found(store: ObjectStore, artifact: Artifact) -> None:
    attempt = Attempt(store, artifact)
    attempt.put("frames.npz", b"frames")
    attempt.commit(SPEC, FACTS)
    store.put(artifact.payload(attempt.name, "frames.npz"), b"framez")
    with pytest.raises(Corrupt):
        Artifacts(store).read(artifact, "frames.npz")


def test_a_deleted_artifact_is_gone_and_can_be_made_again(store: ObjectStore, artifact: Artifact) -> None:
    artifacts = Artifacts(store)
    Attempt(store, artifact).commit(SPEC, FACTS)
    assert artifacts.find(artifact) is not None
    artifacts.delete(artifact)
    assert artifacts.find(artifact) is None
    assert Attempt(store, artifact).commit(SPEC, FACTS).facts == FACTS


def test_what_another_process_deleted_is_forgotten_when_told(store: ObjectStore, artifact: Artifact) -> None:
    here, there = Artifacts(store), Artifacts(store)
    Attempt(store, artifact).commit(SPEC, FACTS)
    assert here.find(artifact)
    there.delete(artifact)
    here.refresh(1)
    assert here.find(artifact) is None


def test_a_store_that_is_not_there_is_unavailable(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"s3_endpoint": "127.0.0.1:9"})
    with pytest.raises(StoreUnavailable):
        connect(nowhere, timeout_s=1.0, retries=0).get("anything")


def test_a_wrong_key_is_unavailable_not_missing(settings: Settings) -> None:
    stranger = settings.model_copy(update={"s3_access_key": "stranger"})
    with pytest.raises(StoreUnavailable):
        connect(stranger).get("anything")


def test_every_kind_has_a_folder_of_its_own() -> None:
    folders = {Artifact("t", kind, "k").folder for kind in Kind}
    assert len(folders) == len(Kind)
