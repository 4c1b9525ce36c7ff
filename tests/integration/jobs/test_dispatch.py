"""Dispatching with real servers and no workers: what is enqueued, in which order, and what is given up."""

from __future__ import annotations

import time

import pytest
import redis

from shared.errors import StoreUnavailable
from shared.jobs.drawing import MOST_REFUSED
from shared.jobs.leases import MESSAGES_PER_WORKER
from shared.jobs.recipes import CutSongs, DecodeSong
from shared.jobs.reconciler import LOST_AFTER_S, look, waiting_in
from shared.jobs.records import JobRecords, State
from shared.jobs.starts import MAX_STARTS, Starts
from shared.queue import Queue
from shared.settings import Settings
from shared.store import keys
from shared.store.keys import Artifact, Kind
from shared.store.objects import ObjectStore
from tests.support.library import song_facts
from tests.support.pipeline import Pipeline, parts_of

pytestmark = pytest.mark.integration


def songs_of(pipeline: Pipeline, count: int) -> list[str]:
    return [pipeline.upload_bytes(f"{pipeline.tenant} song {number}".encode()) for number in range(count)]


def test_few_messages_lie_in_the_queue_however_much_is_asked(settings: Settings) -> None:
    pipeline = Pipeline(settings)
    pipeline.submit(CutSongs(parts=parts_of(songs_of(pipeline, 30))))
    look(pipeline.dispatcher)
    assert len(waiting_in(pipeline.dispatcher, Queue.CHUNKER)) == MESSAGES_PER_WORKER
    for number in range(3):
        pipeline.leases.seen(Queue.CHUNKER, f"worker {number}")
    look(pipeline.dispatcher)
    assert len(waiting_in(pipeline.dispatcher, Queue.CHUNKER)) == 3 * MESSAGES_PER_WORKER


def test_nothing_is_enqueued_twice(settings: Settings) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    pipeline.submit(DecodeSong(song=songs_of(pipeline, 1)[0]))
    for _ in range(3):
        look(pipeline.dispatcher)
    assert len(pipeline.sent) == 1


def test_a_tenant_with_one_job_does_not_wait_for_one_with_a_hundred(settings: Settings) -> None:
    greedy, modest = Pipeline(settings, keep_orders=True), Pipeline(settings, keep_orders=True)
    songs = songs_of(greedy, 100)
    greedy.submit(CutSongs(parts=parts_of(songs)))
    waiting = modest.dispatcher.records.accept(
        modest.tenant, "modest", DecodeSong(song=songs_of(modest, 1)[0])
    )[0]
    served: list[str] = []
    while waiting.tenant not in served:
        served += [order.tenant for order in greedy.sent]
        for order in greedy.sent:  # Each was delivered to a worker, so there is room again.
            greedy.leases.unclaim(Queue.CHUNKER, order.artifact)
            greedy.leases.start(order.artifact, "some worker")
        greedy.sent.clear()
        greedy.dispatcher.draw()
    assert len(served) <= 3 * MESSAGES_PER_WORKER


def test_who_keeps_asking_does_not_take_a_place_from_who_waits(settings: Settings) -> None:
    greedy, modest = Pipeline(settings, keep_orders=True), Pipeline(settings, keep_orders=True)
    songs = songs_of(greedy, 6)
    greedy.submit(CutSongs(parts=parts_of(songs[:5])))
    look(greedy.dispatcher)
    waiting = modest.submit(DecodeSong(song=songs_of(modest, 1)[0]))
    assert modest.sent == [], "the queue is full"
    first = greedy.sent.pop(0)
    greedy.leases.unclaim(Queue.CHUNKER, first.artifact)
    greedy.leases.start(first.artifact, "some worker")
    greedy.submit(DecodeSong(song=songs[5]))
    look(greedy.dispatcher)
    assert greedy.sent[-1].job == waiting.id


def test_of_many_open_jobs_few_are_planned_after_a_task(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    songs = songs_of(pipeline, 60)
    for song in songs:
        pipeline.submit(DecodeSong(song=song))
    look(pipeline.dispatcher)
    done = pipeline.sent[0]
    pipeline.leases.unclaim(Queue.CHUNKER, done.artifact)
    pipeline.make(done, song_facts())
    read: list[str] = []
    find = type(pipeline.store).find
    monkeypatch.setattr(type(pipeline.store), "find", lambda self, key: read.append(key) or find(self, key))
    pipeline.dispatcher.go_on(done)
    assert len(pipeline.sent) == MESSAGES_PER_WORKER + 1
    planned = {key.split("/")[3] for key in read if "/jobs/" in key}
    assert len(planned) <= 3, "the job that is done, and the one whose turn it is"


def test_who_waits_for_what_another_made_is_found_by_the_next_look(settings: Settings) -> None:
    pipeline, worker = Pipeline(settings, keep_orders=True), Pipeline(settings, keep_orders=True)
    song = songs_of(pipeline, 1)[0]
    jobs = [pipeline.submit(DecodeSong(song=song)) for _ in range(2)]
    look(pipeline.dispatcher)  # From here on it remembers what both wait for.
    (order,) = pipeline.sent
    pipeline.leases.unclaim(Queue.CHUNKER, order.artifact)
    pipeline.make(order, song_facts())
    worker.dispatcher.go_on(order)
    look(pipeline.dispatcher)
    outcomes = [pipeline.job(job).outcome for job in jobs]
    assert [outcome.state for outcome in outcomes if outcome] == [State.SUCCEEDED] * 2


def test_a_lost_message_is_sent_again(settings: Settings, valkey: redis.Redis) -> None:
    pipeline = Pipeline(settings)
    pipeline.submit(DecodeSong(song=songs_of(pipeline, 1)[0]))
    (claimed,) = pipeline.leases.queued(Queue.CHUNKER)
    valkey.delete(f"{settings.key_prefix}{Queue.CHUNKER}")
    look(pipeline.dispatcher)
    assert waiting_in(pipeline.dispatcher, Queue.CHUNKER) == set(), "a young claim may still be delivered"
    long_ago = time.time() - LOST_AFTER_S - 1
    valkey.zadd(f"{settings.key_prefix}queued:{Queue.CHUNKER}", {str(claimed): long_ago})
    look(pipeline.dispatcher)
    assert waiting_in(pipeline.dispatcher, Queue.CHUNKER) == {claimed}


def test_records_that_cannot_be_read_keep_no_other_job_waiting(settings: Settings) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    accept, store = pipeline.dispatcher.records.accept, pipeline.store
    first, second, third = songs_of(pipeline, 3)
    for name, song in (("illegible", first), ("resting on it", second), ("well", third)):
        accept(pipeline.tenant, name, DecodeSong(song=song))
    store.put(keys.job_record(pipeline.tenant, "illegible", "accepted"), b"{}")
    store.put(Artifact(pipeline.tenant, Kind.SONG, second).manifest, b'{"producer": 1}')
    look(Pipeline(settings, tenant=pipeline.tenant, keep_orders=True).dispatcher)
    records = JobRecords(store)
    ended = records.get(pipeline.tenant, "resting on it").outcome
    assert ended is not None
    assert ended.problem is not None
    assert (ended.state, ended.problem.slug) == (State.FAILED, "illegible")
    assert list(pipeline.leases.queued(Queue.CHUNKER)) == [Artifact(pipeline.tenant, Kind.SONG, third)]


def test_a_job_with_a_damaged_record_fails_and_is_not_open_any_more(settings: Settings) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    job = pipeline.submit(DecodeSong(song=songs_of(pipeline, 1)[0]))
    pipeline.store.put(keys.job_record(pipeline.tenant, job.id, "accepted"), b'{"id": "half a rec')
    look(Pipeline(settings, tenant=pipeline.tenant, keep_orders=True).dispatcher)
    assert pipeline.dispatcher.records.open_marks(pipeline.tenant) == []
    outcome = pipeline.job(job).outcome
    assert outcome is not None
    assert outcome.problem is not None
    assert (outcome.state, outcome.problem.slug) == (State.FAILED, "illegible")


@pytest.mark.parametrize("name", ["jobs/", "/starts/"])
def test_what_the_store_never_gives_keeps_no_other_job_waiting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    accept, store = pipeline.dispatcher.records.accept, pipeline.store
    first, second = songs_of(pipeline, 2)
    accept(pipeline.tenant, "lost", DecodeSong(song=first))
    accept(pipeline.tenant, "well", DecodeSong(song=second))
    find = ObjectStore.find

    def given(store: ObjectStore, key: str) -> bytes | None:
        if name in key and ("/lost/" in key or first in key):
            raise StoreUnavailable("the volume is lost")
        return find(store, key)

    monkeypatch.setattr(ObjectStore, "find", given)
    look(Pipeline(settings, tenant=pipeline.tenant, keep_orders=True).dispatcher)
    assert list(pipeline.leases.queued(Queue.CHUNKER)) == [Artifact(pipeline.tenant, Kind.SONG, second)]
    assert store.exists(keys.open_job(pipeline.tenant, "lost")), "it waits until the store gives it"


def test_a_store_that_gives_nothing_ends_a_look(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    songs = songs_of(pipeline, 10)
    for number, song in enumerate(songs):
        pipeline.dispatcher.records.accept(pipeline.tenant, f"job {number}", DecodeSong(song=song))
    asked: list[str] = []

    def away(_: ObjectStore, key: str) -> bytes | None:
        asked.append(key)
        raise StoreUnavailable("it is away")

    monkeypatch.setattr(ObjectStore, "find", away)
    with pytest.raises(StoreUnavailable):
        look(Pipeline(settings, tenant=pipeline.tenant, keep_orders=True).dispatcher)
    assert len(asked) == MOST_REFUSED + 1


@pytest.mark.parametrize("are_listed", [True, False])
def test_the_fourth_start_is_refused_and_a_new_request_starts_afresh(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, are_listed: bool
) -> None:
    if not are_listed:  # A store whose disk was full has been seen to lose a folder, not what is in it.
        whole = ObjectStore.list
        monkeypatch.setattr(
            ObjectStore, "list", lambda *asked: (one for one in whole(*asked) if "/starts/" not in one.key)
        )
    pipeline = Pipeline(settings, keep_orders=True)
    recipe = DecodeSong(song=songs_of(pipeline, 1)[0])
    job = pipeline.submit(recipe)
    (order,) = pipeline.sent
    starts = Starts(pipeline.store, order.artifact)
    for _ in range(MAX_STARTS):
        last = starts.begin("a worker")
    starts.explain(last, "the disk is full")
    pipeline.leases.unclaim(Queue.CHUNKER, order.artifact)
    look(pipeline.dispatcher)
    outcome = pipeline.job(job).outcome
    assert outcome is not None
    assert outcome.state is State.FAILED
    assert outcome.problem is not None
    assert outcome.problem.slug == "gave-up"
    assert "the disk is full" in outcome.problem.detail
    pipeline.submit(recipe)
    assert len(pipeline.sent) == 2


def test_cancel_sticks_and_is_refused_after_the_end(settings: Settings) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    job = pipeline.submit(DecodeSong(song=songs_of(pipeline, 1)[0]))
    records = pipeline.dispatcher.records
    cancelled = records.cancel(pipeline.tenant, job.id)
    assert cancelled.outcome is not None
    assert cancelled.outcome.state is State.CANCELLED
    assert records.cancel(pipeline.tenant, job.id).outcome == cancelled.outcome
    look(pipeline.dispatcher)
    assert pipeline.job(job).outcome == cancelled.outcome
    assert records.open_marks(pipeline.tenant) == []


def test_a_crash_between_two_records_loses_no_job(settings: Settings) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    song = songs_of(pipeline, 1)[0]
    job = pipeline.submit(DecodeSong(song=song))
    # The gateway wrote `cancelled` and died before `outcome`.
    pipeline.store.create(keys.job_record(pipeline.tenant, job.id, "cancelled"), b"{}")
    look(pipeline.dispatcher)
    outcome = pipeline.job(job).outcome
    assert outcome is not None
    assert outcome.state is State.CANCELLED
    # A worker wrote `outcome` and died before it removed the mark.
    pipeline.store.put(keys.open_job(pipeline.tenant, job.id), b"")
    look(pipeline.dispatcher)
    assert pipeline.dispatcher.records.open_marks(pipeline.tenant) == []


def test_the_same_id_is_the_same_job(settings: Settings) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    recipe = DecodeSong(song=songs_of(pipeline, 1)[0])
    first = pipeline.dispatcher.submit(pipeline.tenant, "key", recipe)
    second = pipeline.dispatcher.submit(pipeline.tenant, "key", recipe)
    assert first == second
    assert len(pipeline.sent) == 1


def test_a_deleted_song_ends_its_job(settings: Settings) -> None:
    pipeline = Pipeline(settings, keep_orders=True)
    song = songs_of(pipeline, 1)[0]
    job = pipeline.submit(DecodeSong(song=song))
    pipeline.store.delete(keys.song_source(pipeline.tenant, song))
    look(pipeline.dispatcher)
    outcome = pipeline.job(job).outcome
    assert outcome is not None
    assert outcome.problem is not None
    assert outcome.problem.slug == "song-gone"


def test_one_reconciler_leads_and_another_follows_it(settings: Settings) -> None:
    leases = Pipeline(settings).leases
    assert leases.lead("first")
    assert not leases.lead("second")
    assert leases.lead("first"), "the leader keeps the lead"
    leases.resign("first")
    assert leases.lead("second")


def test_a_lease_belongs_to_its_token(settings: Settings) -> None:
    leases = Pipeline(settings).leases
    artifact = keys.Artifact("someone", Kind.CUT, "k")
    assert leases.start(artifact, "w1|m|1")
    assert not leases.start(artifact, "w2|m|2")
    assert not leases.renew(artifact, "w2|m|2")
    assert not leases.end(artifact, "w2|m|2")
    assert leases.running([artifact]) == {artifact}
    assert leases.end(artifact, "w1|m|"), "a worker speaks for its dead child by the token's beginning"
    assert leases.renew(artifact, "w2|m|2"), "a lease that was lost is taken again"
