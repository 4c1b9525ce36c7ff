from __future__ import annotations

import threading

import pytest

from services.gateway.access.quotas import (
    RECOUNT_S,
    REFUSED_RECOUNT_S,
    Quotas,
    Requests,
    Share,
    Usage,
    share_of,
)
from services.gateway.access.refusals import StorageFull, TooManyInAll, TooManyJobs, TooManyRequests
from shared.settings import Settings
from tests.support.servers import until


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_local_tenant_may_have_anything_unless_it_is_set():
    assert share_of(Settings(), "local") == Share(0, 0, 0, 0, 0, 0)
    assert min(vars(share_of(Settings(), "annas")).values()) > 0
    chosen = Settings(
        quota_stored_bytes=5,
        quota_open_jobs=0,
        quota_requests_per_minute=7,
        quota_streams=9,
        quota_requests_at_once=3,
        quota_uploads_at_once=2,
    )
    assert share_of(chosen, "local") == share_of(chosen, "annas") == Share(5, 0, 7, 9, 3, 2)


@pytest.mark.parametrize(("places", "share"), [(256, 64), (16, 4), (8, 4), (3, 3), (0, 0)])
def test_of_the_gateways_places_a_tenant_may_hold_a_quarter_and_a_few_at_least(places, share):
    found = share_of(Settings(most_requests=places, most_uploads=places), "annas")
    assert (found.requests_at_once, found.uploads_at_once) == (share, share)


def test_requests_are_let_in_up_to_a_minutes_worth_and_then_evenly(clock):
    requests = Requests(clock=clock)
    for _ in range(30):
        requests.take("annas", 30)
    with pytest.raises(TooManyRequests, match="More than 30 requests") as refused:
        requests.take("annas", 30)
    assert refused.value.retry_after_s == 2
    requests.take("bobs", 30)
    clock.now_s += 2
    requests.take("annas", 30)
    with pytest.raises(TooManyRequests):
        requests.take("annas", 30)
    clock.now_s += 3600
    for _ in range(30):
        requests.take("annas", 30)
    with pytest.raises(TooManyRequests):
        requests.take("annas", 30)


def test_who_is_refused_is_let_in_after_the_seconds_that_were_told(clock):
    requests = Requests(clock=clock)
    for _ in range(7):
        requests.take("annas", 7)
    with pytest.raises(TooManyRequests) as refused:
        requests.take("annas", 7)
    clock.now_s += refused.value.retry_after_s
    requests.take("annas", 7)


def test_any_number_of_requests_is_let_in_where_there_is_no_limit(clock):
    requests = Requests(clock=clock)
    for _ in range(10_000):
        requests.take("annas", 0)


class Measure:
    """Tells what each tenant stores, and counts how often it is asked."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes, self.asked = size_bytes, 0

    def __call__(self, tenant: str) -> int:
        self.asked += 1
        return self.size_bytes


def test_bytes_are_listed_once_and_uploads_added(clock):
    measure = Measure(100)
    usage = Usage(measure, clock=clock)
    for _ in range(20):
        assert usage.amount("annas", limit=1000) == 100
    usage.add("annas", 50)
    assert usage.amount("annas", limit=1000) == 150
    assert measure.asked == 1


def test_an_old_count_is_renewed_without_anybody_waiting(clock):
    release = threading.Event()
    asked = []

    def measure(tenant: str) -> int:
        asked.append(tenant)
        if len(asked) > 1:
            assert release.wait(timeout=30)
        return 100 * len(asked)

    usage = Usage(measure, clock=clock)
    usage.amount("annas", limit=1000)
    clock.now_s += RECOUNT_S
    for _ in range(5):
        assert usage.amount("annas", limit=1000) == 100
    release.set()
    until(lambda: usage.amount("annas", limit=1000) == 200)
    assert len(asked) == 2


def test_who_is_over_the_limit_is_counted_again_before_they_are_refused(clock):
    measure = Measure(1000)
    usage = Usage(measure, clock=clock)
    assert usage.amount("annas", limit=1000) == 1000
    measure.size_bytes = 10
    assert usage.amount("annas", limit=1000) == 1000
    clock.now_s += REFUSED_RECOUNT_S
    assert usage.amount("annas", limit=1000) == 10


def test_room_and_turns_are_refused_with_what_was_found_and_what_may_be():
    limits = Settings(quota_stored_bytes=2_000_000_000, quota_open_jobs=3)
    stored, open_jobs = Measure(500_000_000), 2
    quotas = Quotas(limits, stored, lambda tenant: open_jobs, lambda: open_jobs)
    assert quotas.need_room("annas") == 1_500_000_000
    quotas.need_turn("annas")
    open_jobs = 3
    with pytest.raises(TooManyJobs, match=r"3 jobs .* 3 may be.*SEGUE_QUOTA_OPEN_JOBS"):
        quotas.need_turn("annas")
    stored.size_bytes = 2_100_000_000
    with pytest.raises(StorageFull, match=r"2\.1 GB are stored.* 2 GB may be.*SEGUE_QUOTA_STORED_BYTES"):
        quotas.need_turn("bobs")
    assert Quotas(Settings(), stored, lambda tenant: 10_000, lambda: 10_000).need_room("local") is None


def test_all_tenants_together_have_a_limit_of_open_jobs():
    settings, open_in_all = Settings(most_open_jobs=5), Measure(3)
    quotas = Quotas(settings, Measure(0), lambda tenant: 0, lambda: open_in_all("everyone"))
    for tenant in ("local", "annas"):
        quotas.need_turn(tenant)
    with pytest.raises(TooManyInAll, match=r"5 jobs of all .* 5 may be.*SEGUE_MOST_OPEN_JOBS"):
        quotas.need_turn("bobs")
    assert open_in_all.asked == 1, "a listing of all tenants takes its time"
    unbound = Quotas(Settings(most_open_jobs=0), Measure(0), lambda tenant: 0, lambda: 10**9)
    unbound.need_turn("local")
