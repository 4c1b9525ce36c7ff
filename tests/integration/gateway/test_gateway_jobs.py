from __future__ import annotations

import pytest

from services.gateway.backend import connect_backend
from services.gateway.library import begin_decoding
from shared.errors import QueueUnavailable
from shared.jobs.dispatcher import Dispatcher
from shared.jobs.progress import Progress
from shared.jobs.recipes import DecodeSong
from shared.jobs.records import JobRecords
from shared.queue import Queue
from shared.store import keys
from shared.store.keys import Artifact, Kind
from shared.store.manifests import (
    DatasetFacts,
    PoolFacts,
    SequenceFacts,
    SpectraFacts,
)
from shared.store.specs import (
    AnalysisSpec,
    CutSpec,
    DatasetSpec,
    MixSpec,
    ModelSpec,
    PoolSpec,
    SequenceSpec,
    SongSpec,
    SpectraSpec,
)
from tests.integration.gateway.conftest import Maker, slug_of, upload
from tests.support.library import analysis_facts, cut_facts, mix_facts, model_facts, song_facts

pytestmark = pytest.mark.integration
CUT = {"method": "equal", "chunk_s": 1.0}
FACTS = {
    SongSpec: lambda spec: song_facts(title="Drive"),
    CutSpec: lambda spec: cut_facts(spec.song, chunks=4),
    SpectraSpec: lambda spec: SpectraFacts(song=spec.song, frames=3),
    DatasetSpec: lambda spec: DatasetFacts(chunks=4, train_songs=[], held_out_songs=[]),
    ModelSpec: lambda spec: model_facts(),
    PoolSpec: lambda spec: PoolFacts(approach="linear", cuts=list(spec.cuts), songs=["s"], counts=[4]),
    SequenceSpec: lambda spec: SequenceFacts(steps=[]),
    AnalysisSpec: lambda spec: analysis_facts(spec.song),
    MixSpec: lambda spec: mix_facts(),
}
PAYLOADS = {
    CutSpec: {"0000.flac": b"chunk 0", "0003.flac": b"chunk 3"},
    ModelSpec: {"report.json": b'{"auc": 0.7}', "history.json": b"[]"},
    MixSpec: {
        "mix.mp3": b"sound",
        "mix.cue": b"TITLE",
        "labels.txt": b"0",
        "report.json": b"{}",
        "peaks.json": b"[]",
    },
}


def make_all(maker: Maker, job_id: str) -> None:
    """Make what a job lacks, round by round, until it has ended."""
    while True:
        job = maker.dispatcher.records.get(maker.tenant, job_id)
        if job.outcome is not None:
            return
        for spec in maker.dispatcher.advance(job).ready:
            maker.commit(spec, FACTS[type(spec)](spec), PAYLOADS.get(type(spec)))
        maker.leases.note_deletion()  # The gateway remembers only what is there; this costs it a look.


def mix(api, song: str, **fields):
    judge = {} if "model" in fields else {"training": {"approach": "linear"}}
    return api.post("/v1/mixes", json={"songs": [song], "cut": CUT, "chunks": 3, **judge, **fields})


def test_a_mix_is_accepted_and_enqueued_with_the_warning_that_nobody_works(api, maker, song):
    answer = mix(api, song)
    job = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/jobs/{job['id']}")
    assert (job["state"], job["goal"], job["progress"], job["mix"]) == ("queued", "mix", 0.0, None)
    assert "chunker" in job["warning"]
    assert [stage["name"] for stage in job["stages"]][-1] == "render"
    assert [item.key for item in maker.leases.queued(Queue.CHUNKER)] == [song]
    assert api.get(answer.headers["location"]).json() == job


def test_with_a_worker_alive_there_is_no_warning(api, maker, song):
    maker.leases.seen(Queue.CHUNKER, "worker")
    assert mix(api, song).json()["warning"] is None


def test_a_running_task_shows_in_every_job_that_wants_its_artifact(api, maker, song):
    first, second = mix(api, song).json(), mix(api, song, chunks=4).json()
    artifact = Artifact("local", Kind.SONG, song)
    maker.leases.start(artifact, "token")
    maker.dispatcher.board.report(artifact, Progress(done=1, total=4, unit="seconds", eta_s=3))
    for job in (first, second):
        shown = api.get(f"/v1/jobs/{job['id']}").json()
        assert shown["state"] == "running"
        assert shown["stages"][0]["state"] == "running"
        assert shown["stages"][0]["progress"]["done"] == 1
        assert shown["eta_s"] > 3
        assert shown["progress"] > 0


def test_a_finished_mix_gives_all_its_files_and_a_second_request_the_same_mix(api, maker, song):
    make_all(maker, mix(api, song).json()["id"])
    again = mix(api, song).json()
    assert (again["state"], again["progress"]) == ("succeeded", 1.0)
    assert maker.leases.queued(Queue.ASSEMBLER) == {}
    jobs = api.get("/v1/jobs", params={"state": "succeeded"}).json()["items"]
    assert (again["id"], again["mix"]) in [(job["id"], job["mix"]) for job in jobs]
    assert len({job["mix"] for job in jobs if job["goal"] == "mix"}) == 1
    shown = api.get(f"/v1/mixes/{again['mix']}").json()
    assert (shown["title"], shown["sequencing"]["chunks"]) == ("Segue: A/B", 3)
    bodies = {
        name: api.get(shown["links"][name]).content for name in ("audio", "cue", "labels", "report", "peaks")
    }
    assert bodies == {"audio": b"sound", "cue": b"TITLE", "labels": b"0", "report": b"{}", "peaks": b"[]"}
    assert api.get("/v1/mixes").json()["items"] == [shown]


def test_a_record_that_cannot_be_read_is_named_in_lists_and_hides_nothing_else(api, maker, song):
    job = mix(api, song).json()["id"]
    damaged = {
        "jobs": keys.job_record(maker.tenant, "0" * 32, "accepted"),
        "songs": keys.song_upload(maker.tenant, "0" * 64),
        "mixes": Artifact(maker.tenant, Kind.MIX, "0" * 64).manifest,
    }
    for key in damaged.values():
        maker.store.put(key, b"{")
    pages = {name: api.get(f"/v1/{name}").json() for name in damaged}
    assert {name: page["unreadable"] for name, page in pages.items()} == {
        name: [key] for name, key in damaged.items()
    }
    assert job in [one["id"] for one in pages["jobs"]["items"]]
    assert [one["id"] for one in pages["songs"]["items"]] == [song]


def test_what_a_mix_rests_on_can_be_looked_at_and_used(api, maker, song):
    made = mix(api, song).json()
    make_all(maker, made["id"])
    result = api.get(f"/v1/jobs/{made['id']}").json()["result"]
    cut, model, pool = result["cuts"][0], result["models"][0], result["pools"][0]
    shown = api.get(f"/v1/cuts/{cut}").json()
    assert [chunk["start_s"] for chunk in shown["chunks"]] == [0.0, 1.0, 2.0, 3.0]
    assert api.get(f"/v1/cuts/{cut}/chunks/3/audio").content == b"chunk 3"
    assert slug_of(api.get(f"/v1/cuts/{cut}/chunks/4/audio")) == "not-found"
    assert api.get(f"/v1/models/{model}/figures").json() == {"auc": 0.7}
    assert api.get(f"/v1/models/{model}/history").json() == []
    assert api.get(f"/v1/pools/{pool}").json()["model"] == model
    # By its cuts and its model, the same pool: nothing is missing.
    again = api.post("/v1/pools", json={"cuts": [cut], "model": model}).json()
    assert (again["state"], again["result"]["pools"]) == ("succeeded", [pool])
    for kind, key in (("cuts", cut), ("models", model), ("pools", pool), ("mixes", result["mixes"][0])):
        assert [item["id"] for item in api.get(f"/v1/{kind}").json()["items"]] == [key]
        assert api.delete(f"/v1/{kind}/{key}").status_code == 204
        assert api.get(f"/v1/{kind}/{key}").status_code == 404
        assert api.get(f"/v1/{kind}").json()["items"] == []


def test_a_model_that_a_job_needs_cannot_be_deleted(api, maker, song):
    made = api.post("/v1/models", json={"songs": [song], "cut": CUT}).json()
    make_all(maker, made["id"])
    model = api.get(f"/v1/jobs/{made['id']}").json()["result"]["models"][0]
    waiting = mix(api, song, model=model).json()
    refused = api.delete(f"/v1/models/{model}")
    assert (refused.status_code, slug_of(refused)) == (409, "in-use")
    assert waiting["id"] in refused.json()["detail"]
    api.delete(f"/v1/jobs/{waiting['id']}")
    assert api.delete(f"/v1/models/{model}").status_code == 204


def test_a_pool_known_to_be_too_small_is_refused_before_anything_is_accepted(api, maker, song):
    make_all(maker, api.post("/v1/cuts", json={"songs": [song], "cut": CUT}).json()["id"])
    jobs = len(maker.stored("jobs/"))
    refused = mix(api, song, chunks=5)
    assert (refused.status_code, slug_of(refused)) == (422, "pool-too-small")
    assert "it has 4" in refused.json()["detail"]
    assert slug_of(mix(api, song, start={"song": song, "chunk": 4})) == "unknown-start"
    assert len(maker.stored("jobs/")) == jobs
    assert mix(api, song, chunks=4).status_code == 202


@pytest.mark.parametrize(
    ("path", "fields", "status", "slug"),
    [
        ("mixes", {"songs": ["0" * 64]}, 404, "not-found"),
        ("cuts", {"songs": ["0" * 64]}, 404, "not-found"),
        ("pools", {"cuts": ["0" * 64]}, 404, "not-found"),
        ("mixes", {"model": "0" * 64}, 404, "not-found"),
        ("models", {"training": {"approach": "nonesuch"}}, 422, "bad-setting"),
        ("models", {"training": {"approach": "binary", "settings": {"epochs": -1}}}, 422, "bad-setting"),
        ("mixes", {"chunks": 0}, 422, "bad-request"),
        ("mixes", {"output": {"format": "aiff"}}, 422, "bad-request"),
        ("cuts", {"cut": {"method": "equal", "chunk_s": 0}}, 422, "bad-request"),
        ("mixes", {"cuts": ["0" * 64], "songs": ["0" * 64]}, 422, "bad-request"),
    ],
)
def test_requests_that_cannot_work_are_refused_and_leave_no_job(api, maker, path, fields, status, slug):
    song = upload(api, b"some bytes")
    jobs = maker.stored("jobs/")
    given = {"songs": [song], **fields}
    if "cuts" in fields and "songs" not in fields:
        given.pop("songs")
    refused = api.post(f"/v1/{path}", json=given)
    assert (refused.status_code, slug_of(refused)) == (status, slug)
    assert maker.stored("jobs/") == jobs


def test_a_body_that_is_no_json_is_refused(api):
    refused = api.post("/v1/mixes", content=b"{", headers={"Content-Type": "application/json"})
    assert (refused.status_code, slug_of(refused)) == (422, "bad-request")


def test_an_idempotency_key_stands_for_one_job(api, song):
    headers = {"Idempotency-Key": "my mix"}
    body = {"songs": [song], "cut": CUT}
    first = api.post("/v1/mixes", json=body, headers=headers).json()
    assert api.post("/v1/mixes", json=body, headers=headers).json()["id"] == first["id"]
    assert api.post("/v1/mixes", json=body).json()["id"] != first["id"]
    refused = api.post("/v1/mixes", json={**body, "chunks": 7}, headers=headers)
    assert (refused.status_code, slug_of(refused)) == (422, "key-reused")
    assert slug_of(api.post("/v1/mixes", json=body, headers={"Idempotency-Key": "k" * 201})) == "bad-request"


def test_a_key_gives_its_job_also_when_the_song_is_gone_by_then(api, maker, song):
    headers, body = {"Idempotency-Key": "my mix"}, {"songs": [song], "cut": CUT, "chunks": 3}
    job = api.post("/v1/mixes", json=body, headers=headers).json()["id"]
    make_all(maker, job)
    maker.dispatcher.draw()  # Ends the job that was to decode the song.
    assert api.delete(f"/v1/songs/{song}").status_code == 204
    assert api.post("/v1/mixes", json=body, headers=headers).json()["id"] == job
    assert api.post("/v1/mixes", json=body).status_code == 404


def test_cancelling_sticks(api, maker, song):
    job = mix(api, song).json()["id"]
    cancelled = api.delete(f"/v1/jobs/{job}")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert api.delete(f"/v1/jobs/{job}").json()["state"] == "cancelled"
    maker.dispatcher.draw()
    assert api.get(f"/v1/jobs/{job}").json()["state"] == "cancelled"
    assert job not in "".join(maker.stored("jobs-open/"))


def test_what_has_ended_cannot_be_cancelled(api, maker, song):
    job = mix(api, song).json()["id"]
    make_all(maker, job)
    refused = api.delete(f"/v1/jobs/{job}")
    assert (refused.status_code, slug_of(refused)) == (409, "already-ended")


def test_jobs_are_listed_newest_first_page_by_page_and_by_state(api, song):
    made = [api.get(f"/v1/songs/{song}").json()["job"]]
    made += [mix(api, song, chunks=chunks).json()["id"] for chunks in (1, 2, 3)]
    api.delete(f"/v1/jobs/{made[2]}")
    seen, cursor = [], None
    while True:
        page = api.get("/v1/jobs", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    assert seen[-1] == made[0]
    cancelled = api.get("/v1/jobs", params={"state": "cancelled"}).json()["items"]
    assert [job["id"] for job in cancelled] == [made[2]]
    assert len(api.get("/v1/jobs", params={"state": "queued"}).json()["items"]) == 3


def test_jobs_of_others_and_unknown_ones_are_not_found(api, settings, song):
    other = Maker(settings, tenant="other")
    job = other.submit(DecodeSong(song=song))
    for identifier in (job.id, "0" * 32, "nonesuch"):
        assert slug_of(api.get(f"/v1/jobs/{identifier}")) == "not-found"
        assert slug_of(api.get(f"/v1/jobs/{identifier}/events")) == "not-found"
        assert slug_of(api.delete(f"/v1/jobs/{identifier}")) == "not-found"


def test_a_job_whose_message_could_not_be_sent_is_accepted_all_the_same(settings, maker):
    backend = connect_backend(settings)

    def refuse(order):
        raise QueueUnavailable("gone in between")

    backend.dispatcher = Dispatcher(backend.store, backend.leases, backend.board, refuse)
    song = maker.upload_bytes(b"some bytes")
    begin_decoding(backend, "local", song)
    (job,) = backend.open_jobs("local")
    assert JobRecords(maker.store).get("local", job.id).accepted.recipe == DecodeSong(song=song)
    assert maker.leases.queued(Queue.CHUNKER) == {}
    maker.dispatcher.draw()  # As the reconciler does.
    assert [item.key for item in maker.leases.queued(Queue.CHUNKER)] == [song]
