"""What each tenant may have: requests a minute, open jobs, bytes; and how many jobs all may have open.

What it may have under way at once is counted by the places that are held (`places`).

Requests are counted in the process, not in Valkey: a count there would cost each request a round trip, and
let everyone or nobody in while Valkey is away. Several gateways let a tenant ask so often each.

Bytes are not counted at each request either. A listing of the tenant's folder is summed up once, and again
after a while; what is uploaded in between is added. Deletions count when it is listed next, which is at once
where a tenant is about to be refused.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from services.gateway.access.refusals import StorageFull, TooManyInAll, TooManyJobs, TooManyRequests
from shared.errors import Unavailable
from shared.settings import Settings
from shared.store.keys import LOCAL_TENANT

__all__ = ["Quotas", "Requests", "Share", "Usage", "share_of"]

STORED_BYTES, OPEN_JOBS, REQUESTS_PER_MINUTE, STREAMS = 20_000_000_000, 500, 600, 100
LEAST_AT_ONCE = 4
"""So many of a gateway's places one tenant may hold, however few there are; else a quarter."""
RECOUNT_S = 60.0
RECOUNT_SHARE = 20
"""Counting again waits for so many times what it took, so that it is at most a twentieth of the time."""
REFUSED_RECOUNT_S = 5.0
"""Who is over the limit is counted again this often: they may have deleted something."""
MOST_BUCKETS = 10_000
EVERYONE = "*"
"""In the place of a tenant's name, which it cannot be."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Share:
    """What one tenant may have; 0: any number."""

    stored_bytes: int
    open_jobs: int
    requests_per_minute: int
    streams: int
    requests_at_once: int
    uploads_at_once: int


def share_of(settings: Settings, tenant: str) -> Share:
    """Return what a tenant may have: as set, else sane defaults, else, for the local tenant, anything."""
    is_local = tenant == LOCAL_TENANT

    def chosen(value: int | None, default: int) -> int:
        return value if value is not None else 0 if is_local else default

    return Share(
        stored_bytes=chosen(settings.quota_stored_bytes, STORED_BYTES),
        open_jobs=chosen(settings.quota_open_jobs, OPEN_JOBS),
        requests_per_minute=chosen(settings.quota_requests_per_minute, REQUESTS_PER_MINUTE),
        streams=chosen(settings.quota_streams, STREAMS),
        requests_at_once=chosen(settings.quota_requests_at_once, _quarter(settings.most_requests)),
        uploads_at_once=chosen(settings.quota_uploads_at_once, _quarter(settings.most_uploads)),
    )


def _quarter(places: int) -> int:
    return min(places, max(LEAST_AT_ONCE, places // 4))


class Requests:
    """A bucket of tokens for each tenant, filled evenly; a full one holds a minute's. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, tenant: str, per_minute: int) -> None:
        """Count a request.

        Raises:
            TooManyRequests: none is left; it says in how many seconds one is.
        """
        if per_minute == 0:
            return
        now_s, per_s = self._clock(), per_minute / 60
        with self._lock:
            if len(self._buckets) >= MOST_BUCKETS:
                self._buckets = {}
            left, since_s = self._buckets.get(tenant, (float(per_minute), now_s))
            left = min(float(per_minute), left + (now_s - since_s) * per_s)
            self._buckets[tenant] = (left - 1 if left >= 1 else left, now_s)
        if left < 1:
            raise TooManyRequests(limit=per_minute, wait_s=math.ceil((1 - left) / per_s))


@dataclass
class _Count:
    amount: int
    at_s: float
    took_s: float


class Usage:
    """How much each tenant has of something that takes time to count, about. Thread-safe.

    Args:
        measure: counts what a tenant has.
        clock: seconds that only grow.
    """

    def __init__(self, measure: Callable[[str], int], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._measure, self._clock = measure, clock
        self._counts: dict[str, _Count] = {}
        self._counting: set[str] = set()
        self._lock = threading.Lock()

    def amount(self, tenant: str, *, limit: int) -> int:
        """Return what a tenant has: counted now at the first time, or if a recent count is over the limit.

        An old count is renewed in the background.
        """
        with self._lock:
            known = self._counts.get(tenant)
        now_s = self._clock()
        if known is None or (known.amount >= limit and now_s - known.at_s >= REFUSED_RECOUNT_S):
            return self._count(tenant).amount
        if now_s - known.at_s >= max(RECOUNT_S, RECOUNT_SHARE * known.took_s):
            self._count_later(tenant)
        return known.amount

    def add(self, tenant: str, more: int) -> None:
        """Note that a tenant has more."""
        with self._lock:
            if (known := self._counts.get(tenant)) is not None:
                known.amount += more

    def _count(self, tenant: str) -> _Count:
        began_s = self._clock()
        amount = self._measure(tenant)
        now_s = self._clock()
        count = _Count(amount, now_s, now_s - began_s)
        with self._lock:
            self._counts[tenant] = count
        return count

    def _count_later(self, tenant: str) -> None:
        with self._lock:
            if tenant in self._counting:
                return
            self._counting.add(tenant)
        threading.Thread(target=self._recount, args=(tenant,), name="usage", daemon=True).start()

    def _recount(self, tenant: str) -> None:
        try:
            self._count(tenant)
        except Unavailable as error:
            log.warning("not counted", action="usage_unknown", tenant=tenant, cause=str(error))
        finally:
            with self._lock:
                self._counting.discard(tenant)


class Quotas:
    """What holds tenants to their share.

    Args:
        settings: the shares.
        measure: sums up the bytes that a tenant stores.
        count_open: counts a tenant's open jobs.
        count_all: counts the open jobs of all tenants.
    """

    def __init__(
        self,
        settings: Settings,
        measure: Callable[[str], int],
        count_open: Callable[[str], int],
        count_all: Callable[[], int],
    ) -> None:
        self._settings, self._count_open = settings, count_open
        self.usage, self._requests = Usage(measure), Requests()
        self._open_in_all = Usage(lambda _: count_all())

    def take_request(self, tenant: str) -> None:
        """Count a request, or raise TooManyRequests."""
        self._requests.take(tenant, share_of(self._settings, tenant).requests_per_minute)

    def need_room(self, tenant: str) -> int | None:
        """Return how many bytes a tenant may store yet; None: any.

        Raises:
            StorageFull: none.
        """
        limit_bytes = share_of(self._settings, tenant).stored_bytes
        if limit_bytes == 0:
            return None
        stored_bytes = self.usage.amount(tenant, limit=limit_bytes)
        if stored_bytes >= limit_bytes:
            raise StorageFull(stored_bytes=stored_bytes, limit_bytes=limit_bytes)
        return limit_bytes - stored_bytes

    def too_large(self, tenant: str, size_bytes: int) -> StorageFull:
        """Return the refusal of an upload that would fill a tenant's room."""
        limit_bytes = share_of(self._settings, tenant).stored_bytes
        stored_bytes = self.usage.amount(tenant, limit=limit_bytes + 1)
        return StorageFull(stored_bytes=stored_bytes + size_bytes, limit_bytes=limit_bytes)

    def need_turn(self, tenant: str) -> None:
        """Raise TooManyJobs, TooManyInAll or StorageFull unless a tenant may ask for another job.

        Two requests at once may both be let in: the limits hold to within what is asked for at the same time.
        """
        self.need_room(tenant)
        limit = share_of(self._settings, tenant).open_jobs
        if limit and (found := self._count_open(tenant)) >= limit:
            raise TooManyJobs(found=found, limit=limit)
        if most := self._settings.most_open_jobs:
            if (found := self._open_in_all.amount(EVERYONE, limit=most)) >= most:
                raise TooManyInAll(found=found, limit=most)
            self._open_in_all.add(EVERYONE, 1)
