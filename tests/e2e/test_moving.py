"""A running Segue copied to a new machine, and from there into the next release: nothing is lost on the way.

Everything is done as docs/how-to/backup.md and docs/how-to/upgrading.md tell it, by the commands.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo import write_demo_songs
from cli.stack.folder import DataFolder
from cli.stack.stack import ANY_PORT, Stack
from shared.store.artifacts import Artifacts
from shared.store.keys import PRODUCER_VERSIONS, Artifact, Kind
from shared.store.objects import connect
from tests.e2e.test_cli import outcome, segue
from tests.support.listening import decode_mono
from tests.support.servers import left_behind, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1500)]

TERMINAL = ("succeeded", "failed", "cancelled")
SMALL = {"filters": 4, "lstm_units": 4, "dense_units": 4, "edge_frames": 8, "random_cuts_per_epoch": 0}
LATER_RELEASE = Path(__file__).parents[1] / "support" / "later_release"


@dataclass
class Machine:
    """A machine with a Segue on it, and what its user sees."""

    api: httpx.Client
    key: str
    seen: dict[str, Any] = field(default_factory=dict)
    stack: Stack | None = None

    def document(self, path: str) -> Any:
        answer = self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.api.post(path, json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def succeeded(self, job: str, timeout_s: float = 800) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            time.sleep(0.25)  # No more often than a key may ask.
            found = self.document(f"/jobs/{job}")
            return found if found["state"] in TERMINAL else None

        found = until(look, timeout_s=timeout_s)
        assert found is not None
        assert found["state"] == "succeeded", found["problem"]
        return found

    def everything(self) -> dict[str, Any]:
        """Return all that is listed, by kind and id."""
        return {
            kind: {one["id"]: one for one in self.document(f"/{kind}?limit=200")["items"]}
            for kind in ("songs", "cuts", "pools", "models", "mixes", "jobs")
        }


def client_of(stack: Stack, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"{stack.url}/v1", timeout=30, headers=headers)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("moving")


@pytest.fixture(scope="module")
def old(folders: Path) -> Iterator[Machine]:
    """A machine at work, of which a backup is taken; then it is lost."""
    songs = write_demo_songs(folders / "songs", seconds=12.0)[:3]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGUE_CHECKPOINT_S", "1")
        with Stack(folders / "old", port=ANY_PORT) as stack:
            patch.undo()  # The new machine begins while this generator waits.
            operator = client_of(stack, stack.admin_key)
            made = operator.post("/keys", json={"name": "anna"}).json()
            machine = Machine(client_of(stack, made["key"]), made["key"])
            put_to_work(machine, songs)
            artifacts, tenant = Artifacts(connect(stack.settings())), made["tenant"]

            def has_checkpoint() -> str | None:
                for key in artifacts.keys(tenant, Kind.MODEL):
                    if list(artifacts.store.list(Artifact(tenant, Kind.MODEL, key).checkpoints)):
                        return key
                return None

            machine.seen["fitted"] = until(has_checkpoint, timeout_s=300)
            begun_s = time.monotonic()
            with segue("backup", folders / "backup", "--data", folders / "old", "--json") as process:
                code, out, errors = outcome(process)
            assert code == 0, errors
            machine.seen["backup"] = json.loads(out) | {"seconds": time.monotonic() - begun_s}
            machine.seen["listed"] = machine.everything()
            assert machine.seen["listed"]["jobs"][machine.seen["running"]]["state"] == "running"
            yield machine
    assert left_behind(folders / "old") == []


def put_to_work(machine: Machine, songs: list[Path]) -> None:
    """Have one of each: songs, a mix that is done, and jobs that run, wait and were cancelled."""
    ids = [
        machine.api.post("/songs", params={"name": p.name}, content=p.read_bytes()).json()["id"]
        for p in songs
    ]
    cut = {"method": "equal", "chunk_s": 2.0}
    wish = {"songs": ids, "cut": cut, "chunks": 4, "method": "greedy", "output": {"seams": "plain"}}
    mix = machine.succeeded(machine.post("/mixes", wish)["id"])
    fit = {"approach": "binary", "settings": {**SMALL, "epochs": 250, "patience": None}}
    running = machine.post("/models", {"songs": ids, "cut": cut, "training": fit})
    queued = machine.post("/models", {"songs": ids, "cut": cut, "training": {"approach": "linear"}})
    other = {"approach": "linear", "seed": 7}
    cancelled = machine.post("/models", {"songs": ids, "cut": cut, "training": other})
    assert machine.api.delete(f"/jobs/{cancelled['id']}").status_code < 300
    machine.seen |= {
        "songs": ids,
        "wish": wish,
        "mix": mix["mix"],
        "audio": machine.api.get(f"/mixes/{mix['mix']}/audio").content,
        "running": running["id"],
        "queued": queued["id"],
        "cancelled": cancelled["id"],
    }


@pytest.fixture(scope="module")
def new(old: Machine, folders: Path) -> Iterator[Machine]:
    """A new machine with nothing but the backup."""
    begun_s = time.monotonic()
    with segue("restore", folders / "backup", "--data", folders / "new", "--json") as process:
        code, out, errors = outcome(process)
    assert code == 0, errors
    old.seen["restore"] = json.loads(out) | {"seconds": time.monotonic() - begun_s}
    assert not (DataFolder(folders / "new").valkey / "dump.rdb").exists(), "the queue begins empty"
    with Stack(folders / "new", port=ANY_PORT) as stack:
        yield Machine(client_of(stack, old.key), old.key, old.seen, stack)
    assert left_behind(folders / "new") == []


def test_everything_is_listed_and_keys_open_it(new: Machine) -> None:
    listed, there = new.seen["listed"], new.everything()
    for kind in ("songs", "cuts", "pools", "mixes"):
        assert there[kind].items() >= listed[kind].items()
        assert listed[kind]
    assert there["jobs"].keys() >= listed["jobs"].keys()
    assert httpx.get(new.api.base_url.join("songs")).status_code == 401
    print("measured:", new.seen["backup"], new.seen["restore"])


def test_mixes_and_songs_are_the_same_and_play(new: Machine) -> None:
    audio = new.api.get(f"/mixes/{new.seen['mix']}/audio").content
    assert audio == new.seen["audio"]
    samples, rate = decode_mono(audio)
    report = new.document(f"/mixes/{new.seen['mix']}/report")
    assert len(samples) / rate == pytest.approx(report["duration_s"], abs=0.1)
    for song in new.seen["songs"]:
        sound, rate = decode_mono(new.api.get(f"/songs/{song}/audio").content)
        told = new.seen["listed"]["songs"][song]["duration_s"]
        assert len(sound) / rate == pytest.approx(told, abs=0.001)


def test_open_jobs_go_on_to_the_same_artifacts_and_cancelled_ones_stay_cancelled(new: Machine) -> None:
    fitted = new.succeeded(new.seen["running"])
    assert fitted["result"]["models"] == [new.seen["fitted"]]
    new.succeeded(new.seen["queued"])
    assert new.document(f"/jobs/{new.seen['cancelled']}")["state"] == "cancelled"


def test_a_new_mix_of_old_songs_is_made(new: Machine) -> None:
    done = new.succeeded(new.post("/mixes", {**new.seen["wish"], "chunks": 3})["id"])
    assert done["mix"] != new.seen["mix"]
    decode_mono(new.api.get(f"/mixes/{done['mix']}/audio").content)
    again = new.post("/mixes", new.seen["wish"])
    assert (again["state"], again["mix"]) == ("succeeded", new.seen["mix"]), "nothing is made twice"


def test_a_release_whose_producer_is_another_makes_anew_and_reads_what_there_is(new: Machine) -> None:
    """The later release is this one's code with other PRODUCER_VERSIONS, on the same data folder."""
    assert new.stack is not None
    new.stack.stop()
    with pytest.MonkeyPatch.context() as patch:
        path = os.pathsep.join(filter(None, [str(LATER_RELEASE), os.environ.get("PYTHONPATH")]))
        patch.setenv("PYTHONPATH", path)
        patch.setenv("LATER_RELEASE_OF", f"{Kind.SEQUENCE},{Kind.MIX}")
        with Stack(new.stack.folder.root, port=ANY_PORT) as stack:
            later = Machine(client_of(stack, new.key), new.key, new.seen)
            done = later.succeeded(later.post("/mixes", new.seen["wish"])["id"])
            assert done["mix"] != new.seen["mix"], "computed anew"
            assert done["result"]["pools"][0] in new.seen["listed"]["pools"], "of the same pool"
            assert {done["mix"], new.seen["mix"]} <= later.everything()["mixes"].keys()
            assert later.api.get(f"/mixes/{new.seen['mix']}/audio").content == new.seen["audio"]
            artifacts = Artifacts(connect(stack.settings()))
            (tenant,) = (one for one in artifacts.store.folders("t/") if one != "local")
            mixes = [Artifact(tenant, Kind.MIX, key) for key in (new.seen["mix"], done["mix"])]
            known = PRODUCER_VERSIONS[Kind.MIX]
            assert [artifacts.get(mix).producer for mix in mixes] == [known, known + 1]
            swap = {"edits": [{"edit": "swap", "position": 1}]}
            later.succeeded(later.post(f"/mixes/{new.seen['mix']}/revisions", swap)["id"])
