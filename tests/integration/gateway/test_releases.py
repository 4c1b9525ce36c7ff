"""What earlier releases stored is read by this one; their code wrote it by `tools/write_release.py`."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.backup.folder import BackupFolder
from cli.backup.running import bring_back
from shared.jobs.recipes import CutSongs
from shared.jobs.records import State
from shared.settings import Settings
from shared.store import keys
from shared.store.artifacts import Artifacts
from shared.store.keys import PRODUCER_VERSIONS, Artifact, Kind
from shared.store.objects import ObjectStore
from shared.store.specs import AnySpec, SongSpec
from tests.integration.gateway.conftest import Maker
from tests.support.keys import locked_gateway
from tests.support.library import CUT, SONG, TENANT, facts_of
from tests.support.listening import decode_mono
from tests.support.pipeline import parts_of
from tests.support.whole import lacking

pytestmark = pytest.mark.integration

FIXTURES = sorted((Path(__file__).parents[2] / "data").glob("release-*.zip"))
LISTED = ("songs", "cuts", "pools", "models", "reports", "mixes", "jobs")
FILES = {
    "songs": ("audio",),
    "cuts": ("chunks/0/audio",),
    "models": ("figures", "report"),
    "mixes": ("audio", "cue", "report", "peaks", "labels", "package", "revisions"),
}


@pytest.fixture(params=FIXTURES, ids=lambda path: path.stem)
def restored(request: pytest.FixtureRequest, store: ObjectStore, tmp_path: Path) -> ObjectStore:
    """The bucket of a release, brought back."""
    with zipfile.ZipFile(request.param) as archive:
        archive.extractall(tmp_path / "backup")
    assert bring_back(BackupFolder(tmp_path / "backup"), store, tell=lambda *_: None).damaged == []
    return store


@pytest.fixture
def api(restored: ObjectStore, settings: Settings) -> Iterator[httpx.Client]:
    """The operator's client: keys of that release are known, so all need one."""
    with locked_gateway(settings) as door:
        yield door.operator


LATER = {Kind.VIEW}
"""Kinds that came after the releases of the fixtures."""


def test_there_is_a_fixture_of_each_release() -> None:
    assert [path.stem for path in FIXTURES] == ["release-0.1"]


def test_every_artifact_of_every_kind_is_read_with_all_its_payloads(restored: ObjectStore) -> None:
    artifacts = Artifacts(restored)
    made = [Artifact(TENANT, kind, key) for kind in Kind for key in artifacts.keys(TENANT, kind)]
    assert lacking(restored) == []
    kinds = set()
    for artifact in made:
        manifest = artifacts.find(artifact)
        if manifest is None:
            continue  # A fit that was under way, or a song that was never decoded.
        kinds.add(artifact.kind)
        if manifest.producer == PRODUCER_VERSIONS[artifact.kind]:
            assert manifest.spec.artifact(TENANT) == artifact, "the same request finds it"
        for name, payload in manifest.payloads.items():
            assert hashlib.sha256(artifacts.read(artifact, name)).hexdigest() == payload.sha256
    assert kinds == set(Kind) - LATER


def test_everything_is_listed_shown_and_plays(api: httpx.Client, restored: ObjectStore) -> None:
    def get(path: str) -> httpx.Response:
        answer = api.get(f"/v1/{path}")
        assert answer.status_code == 200, (path, answer.text)
        return answer

    found = {kind: get(f"{kind}?limit=200").json()["items"] for kind in LISTED}
    assert all(found.values())
    for kind, items in found.items():
        for item in items:
            get(f"{kind}/{item['id']}")
            if item.get("state", "ready") == "ready":
                for file in files_of(kind, item):
                    answer = get(f"{kind}/{item['id']}/{file}")
                    if file.endswith("audio"):
                        assert len(decode_mono(answer.content)[0]) > 0
    assert {job["state"] for job in found["jobs"]} == {"succeeded", "failed", "cancelled", "queued"}
    assert {song["state"] for song in found["songs"]} == {"ready", "rejected"}
    assert get("leaderboard").json()["rows"]
    assert [key["name"] for key in get("keys").json()["items"]] == ["anna"]


def files_of(kind: str, item: dict[str, Any]) -> tuple[str, ...]:
    fitted = kind != "models" or item["held_out_songs"]
    return FILES.get(kind, ()) if fitted else ()


def test_an_analysis_a_correction_and_a_preview_are_read(api: httpx.Client, restored: ObjectStore) -> None:
    artifacts = Artifacts(restored)
    (preview,) = artifacts.keys(TENANT, Kind.PREVIEW)
    decode_mono(api.get(f"/v1/previews/{preview}/audio").content)
    (corrected,) = restored.list(keys.corrections_folder(TENANT))
    song = corrected.key.rsplit("/", 1)[1].removesuffix(".json")
    assert api.get(f"/v1/songs/{song}/correction").json()["key"] == "A minor"
    songs = [one["id"] for one in api.get("/v1/songs").json()["items"]]
    assert 200 in [api.get(f"/v1/songs/{one}/analysis").status_code for one in songs]


def test_a_producer_that_changed_computes_anew_and_the_old_stays(
    api: httpx.Client, restored: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts = Artifacts(restored)
    cuts = [Artifact(TENANT, Kind.CUT, key) for key in artifacts.keys(TENANT, Kind.CUT)]
    old = artifacts.get(cuts[0])
    wish = {"songs": [old.spec.song], "cut": old.spec.cut.model_dump(mode="json")}  # type: ignore[union-attr]
    if old.producer == PRODUCER_VERSIONS[Kind.CUT]:
        assert api.post("/v1/cuts", json=wish).json()["state"] == "succeeded", "it is there"
    monkeypatch.setitem(PRODUCER_VERSIONS, Kind.CUT, PRODUCER_VERSIONS[Kind.CUT] + 1)
    spec: AnySpec = old.spec
    assert spec.artifact(TENANT) != cuts[0]
    assert api.post("/v1/cuts", json=wish).json()["state"] == "queued", "it has to be made"
    assert {cut.key for cut in cuts} <= {one["id"] for one in api.get("/v1/cuts?limit=200").json()["items"]}
    assert api.get(f"/v1/cuts/{cuts[0].key}/chunks/0/audio").status_code == 200


@pytest.mark.parametrize("asked_by_the_later", [True, False])
def test_a_job_that_two_releases_carry_ends_with_the_result_of_one(
    settings: Settings, store: ObjectStore, monkeypatch: pytest.MonkeyPatch, asked_by_the_later: bool
) -> None:
    both = Maker(settings, tenant=TENANT, keep_orders=True)
    both.commit(SongSpec(song=SONG), facts_of(SongSpec(song=SONG)))
    version = PRODUCER_VERSIONS[Kind.CUT]
    monkeypatch.setitem(PRODUCER_VERSIONS, Kind.CUT, version + asked_by_the_later)
    job = both.submit(CutSongs(parts=parts_of([SONG], CUT)))
    (order,) = both.sent
    wanted = order.artifact
    monkeypatch.setitem(PRODUCER_VERSIONS, Kind.CUT, version + (not asked_by_the_later))
    assert order.artifact != wanted, "the worker that gets the message gives it another name"
    both.commit(order.spec, facts_of(order.spec))
    both.dispatcher.go_on(order)
    outcome = both.job(job).outcome
    assert outcome is not None
    assert (outcome.state, outcome.result["cuts"]) == (State.SUCCEEDED, [order.artifact.key])
