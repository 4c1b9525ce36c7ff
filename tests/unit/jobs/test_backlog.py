"""What is remembered of open jobs, and what makes it be found anew."""

from __future__ import annotations

import pytest

from shared.jobs.backlog import AGED_S, FRESH_S, Backlog
from shared.queue import Order
from shared.store.specs import SongSpec

ONE, OTHER = ("annas", "1"), ("bobs", "2")


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backlog(clock: Clock) -> Backlog:
    return Backlog(clock=clock)


def order(job: tuple[str, str], song: str) -> Order:
    return Order(tenant=job[0], job=job[1], spec=SongSpec(song=song * 64))


def test_what_a_job_waits_for_is_known_until_a_task_was_at_it(backlog: Backlog) -> None:
    waits, others = [order(ONE, "a"), order(ONE, "b")], [order(OTHER, "c")]
    backlog.note(ONE, waits)
    backlog.note(OTHER, others)
    assert list(backlog.orders(ONE) or ()) == waits
    backlog.heard_of([waits[1].artifact])
    assert backlog.orders(ONE) is None
    assert list(backlog.orders(OTHER) or ()) == others


def test_all_jobs_that_wait_for_the_same_are_planned_again(backlog: Backlog) -> None:
    second = ("annas", "2")
    backlog.note(ONE, [order(ONE, "a")])
    backlog.note(second, [order(second, "a")])
    backlog.heard_of([order(ONE, "a").artifact])
    assert backlog.orders(ONE) is None
    assert backlog.orders(second) is None


def test_a_job_that_waits_for_nothing_is_planned_each_time(backlog: Backlog) -> None:
    backlog.note(ONE, [order(ONE, "a")])
    backlog.note(ONE, [])
    assert backlog.orders(ONE) is None
    backlog.heard_of([order(ONE, "a").artifact])


def test_plans_are_fresh_for_a_moment_and_aged_after_long(backlog: Backlog, clock: Clock) -> None:
    backlog.note(ONE, [order(ONE, "a")])
    assert backlog.is_fresh(ONE)
    clock.now_s += FRESH_S
    backlog.note(OTHER, [order(OTHER, "b")])
    assert not backlog.is_fresh(ONE)
    clock.now_s += AGED_S - FRESH_S
    assert backlog.aged() == [ONE]
    clock.now_s += FRESH_S
    assert backlog.aged() == [ONE, OTHER]


def test_jobs_that_are_not_open_any_more_are_forgotten(backlog: Backlog) -> None:
    second = ("annas", "2")
    for job in (ONE, second, OTHER):
        backlog.note(job, [order(job, "a")])
    backlog.keep_open("annas", {"2"})
    assert backlog.orders(ONE) is None
    assert backlog.orders(second) is not None
    assert backlog.orders(OTHER) is not None
