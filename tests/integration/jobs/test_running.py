"""The frame of a task against real servers, whose answers are lost or who refuse at bad moments."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import HandedBack, StoreUnavailable
from shared.jobs import running
from shared.jobs.dispatcher import Dispatcher
from shared.jobs.recipes import DecodeSong
from shared.jobs.records import Job
from shared.jobs.running import Work, carry_out
from shared.jobs.starts import Starts
from shared.queue import Order
from shared.settings import Settings
from shared.store.manifests import Facts
from shared.store.objects import ObjectStore
from tests.support.library import song_facts
from tests.support.pipeline import Pipeline
from tests.support.servers import until

pytestmark = pytest.mark.integration


@pytest.fixture
def pipeline(settings: Settings) -> Pipeline:
    return Pipeline(settings, keep_orders=True)


@pytest.fixture
def job(pipeline: Pipeline) -> Job:
    return pipeline.submit(DecodeSong(song=pipeline.upload_bytes(b"a song")))


@pytest.fixture
def order(pipeline: Pipeline, job: Job) -> Order:
    return pipeline.sent.pop()


def make(work: Work) -> Facts:
    """Make what a decoder does, for this frame."""
    work.attempt.put("audio.flac", b"sound")
    return song_facts()


def run(pipeline: Pipeline, order: Order, do: Callable[[Work], Facts | None] = make) -> None:
    carry_out(pipeline.dispatcher, order, do, message="a message")


def refusing(*_: Any, **__: Any) -> Any:
    raise StoreUnavailable("it refuses")


def after(do: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does something, and whose answer is lost."""

    def lost(*arguments: Any, **named: Any) -> Any:
        do(*arguments, **named)
        refusing()

    return lost


def need_whole(pipeline: Pipeline, order: Order, job: Job) -> None:
    pipeline.dispatcher.artifacts.refresh(-1)
    assert pipeline.dispatcher.artifacts.read(order.artifact, "audio.flac") == b"sound"
    pipeline.dispatcher.draw()
    pipeline.succeeded(job, timeout_s=10)


def test_what_is_committed_stays_whole_though_its_starts_cannot_be_forgotten(
    pipeline: Pipeline, order: Order, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Starts, "clear", refusing)
        run(pipeline, order)
    need_whole(pipeline, order, job)


def test_what_was_committed_stays_whole_though_nobody_was_told_so(
    pipeline: Pipeline, order: Order, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ObjectStore.create

    def told_of_all_but_manifests(store: ObjectStore, key: str, data: bytes) -> bool:
        return after(create)(store, key, data) if key == order.artifact.manifest else create(store, key, data)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "create", told_of_all_but_manifests)
        run(pipeline, order)
    need_whole(pipeline, order, job)


def failing(work: Work) -> Facts:
    work.attempt.put("audio.flac", b"half")
    raise RuntimeError("the disk is full")


def test_why_a_task_failed_is_noted_though_what_it_left_cannot_be_deleted(
    pipeline: Pipeline, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "delete_all", refusing)
        run(pipeline, order, failing)
    (start,) = Starts(pipeline.store, order.artifact).all()
    assert start.cause == "RuntimeError: the disk is full"


def handing_back(work: Work) -> Facts:
    work.attempt.put("audio.flac", b"half")
    raise HandedBack("the worker shuts down")


def test_what_is_handed_back_costs_no_start_though_what_it_left_cannot_be_deleted(
    pipeline: Pipeline, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "delete_all", refusing)
        run(pipeline, order, handing_back)
    assert Starts(pipeline.store, order.artifact).all() == []


def test_a_start_counts_once_though_its_first_answer_was_lost(
    pipeline: Pipeline, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ObjectStore.create

    def created_twice(store: ObjectStore, key: str, data: bytes) -> bool:
        create(store, key, data)
        return create(store, key, data)  # As the client's library does where no answer came.

    starts = Starts(pipeline.store, order.artifact)
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "create", created_twice)
        assert starts.begin("a worker").number == 1
    assert len(starts.all()) == 1
    assert starts.begin("another worker").number == 2


def test_a_message_that_comes_again_makes_nothing_that_nobody_waits_for(
    pipeline: Pipeline, order: Order, job: Job
) -> None:
    run(pipeline, order)
    pipeline.succeeded(job, timeout_s=10)
    pipeline.dispatcher.artifacts.delete(order.artifact)
    begun: list[Work] = []
    run(pipeline, order, lambda work: begun.append(work))
    assert begun == []
    assert not pipeline.store.exists(order.artifact.manifest)


def test_who_else_waits_for_it_has_it_made(pipeline: Pipeline, order: Order, job: Job) -> None:
    other = pipeline.submit(job.accepted.recipe)
    pipeline.dispatcher.records.cancel(pipeline.tenant, job.id)
    run(pipeline, order)
    need_whole(pipeline, order, other)


def test_a_lease_is_held_though_the_store_does_not_answer(
    pipeline: Pipeline, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer, renewed = threading.Event(), threading.Event(), threading.Event()
    renew = pipeline.leases.renew

    def silent(*_: Any) -> bool:
        asked.set()
        answer.wait(60)
        return True

    def noted(*arguments: Any) -> bool:
        held = renew(*arguments)
        if asked.is_set():
            renewed.set()
        return held

    def slow(work: Work) -> Facts:
        until(renewed.is_set)
        return make(work)

    monkeypatch.setattr(running, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(Dispatcher, "is_wanted", silent)
    monkeypatch.setattr(pipeline.leases, "renew", noted)
    run(pipeline, order, slow)
    answer.set()
    assert renewed.is_set()
