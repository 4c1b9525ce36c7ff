from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from shared.jobs.progress import Progress
from shared.jobs.recipes import DecodeSong
from shared.store.keys import Artifact, Kind
from shared.store.specs import SongSpec
from tests.support.gateway import running_gateway
from tests.support.library import song_facts

pytestmark = pytest.mark.integration


class Event(dict[str, str]):
    """The fields of one server-sent event."""

    @property
    def job(self) -> dict:
        return json.loads(self["data"])


def events(answer: httpx.Response) -> Iterator[Event]:
    assert answer.headers["content-type"].startswith("text/event-stream")
    event = Event()
    for line in answer.iter_lines():
        if not line and event:
            yield event
            event = Event()
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


@pytest.fixture
def job(maker):
    """A job that decodes a song which nobody decodes."""
    return maker.submit(DecodeSong(song=maker.upload_bytes(b"some bytes")))


@pytest.fixture
def artifact(job) -> Artifact:
    return Artifact("local", Kind.SONG, job.accepted.recipe.song)


def finish(maker, job, artifact) -> None:
    maker.commit(SongSpec(song=artifact.key), song_facts())
    maker.dispatcher.advance(job)


def test_a_job_is_followed_from_a_snapshot_to_its_end(api, maker, job, artifact):
    with api.stream("GET", f"/v1/jobs/{job.id}/events") as answer:
        told = events(answer)
        first = next(told)
        assert (first["event"], first.job["state"], first.job["progress"]) == ("job", "queued", 0.0)
        maker.leases.start(artifact, "token")
        maker.dispatcher.board.report(artifact, Progress(done=1, total=2, unit="seconds"))
        second = next(told)
        assert (second["event"], second.job["state"], second.job["progress"]) == ("job", "running", 0.5)
        finish(maker, job, artifact)
        *_, last = told  # The stream ends by itself.
    assert (last["event"], last.job["state"]) == ("ended", "succeeded")
    assert len({first["id"], second["id"], last["id"]}) == 3


def test_all_listeners_hear_of_a_cancel(api, job):
    path = f"/v1/jobs/{job.id}/events"
    with api.stream("GET", path) as one, api.stream("GET", path) as other:
        listeners = [events(one), events(other)]
        for told in listeners:
            next(told)
        api.delete(f"/v1/jobs/{job.id}")
        for told in listeners:
            assert [event["event"] for event in told] == ["ended"]


def test_who_comes_back_is_told_only_what_is_new(api, maker, job, artifact):
    path = f"/v1/jobs/{job.id}/events"
    with api.stream("GET", path) as answer:
        seen = next(events(answer))["id"]
    with api.stream("GET", path, headers={"Last-Event-ID": seen}) as answer:
        finish(maker, job, artifact)
        told = list(events(answer))
    last = told[-1]
    assert last["event"] == "ended"
    assert seen not in {event["id"] for event in told}
    # A browser connects again when a stream ends, until it is answered 204.
    assert api.get(path, headers={"Last-Event-ID": last["id"]}).status_code == 204
    with api.stream("GET", path, headers={"Last-Event-ID": "another"}) as answer:
        assert [event["id"] for event in events(answer)] == [last["id"]]


def test_an_end_is_told_once_though_others_go_on_making_what_was_missing(api, maker, job, artifact):
    api.delete(f"/v1/jobs/{job.id}")
    path = f"/v1/jobs/{job.id}/events"
    with api.stream("GET", path) as answer:
        (ended,) = events(answer)
    maker.commit(SongSpec(song=artifact.key), song_facts())
    assert api.get(f"/v1/jobs/{job.id}").json()["progress"] != ended.job["progress"]
    assert api.get(path, headers={"Last-Event-ID": ended["id"]}).status_code == 204


def test_without_valkey_the_records_are_polled(servers, settings, maker, job):
    cut_off = settings.model_copy(update={"valkey_url": "redis://127.0.0.1:1/0"})
    with running_gateway(cut_off) as api, api.stream("GET", f"/v1/jobs/{job.id}/events") as answer:
        told = events(answer)
        assert "Valkey" in next(told).job["warning"]
        maker.dispatcher.records.cancel("local", job.id)
        assert [event["event"] for event in told] == ["ended"]
