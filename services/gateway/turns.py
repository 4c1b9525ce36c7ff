"""Turns of uploads to be stored: few at a time, and half of them at most one tenant's.

A turn is held while the client sends, so who sends slowly enough holds it for minutes; others must find one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, Semaphore, to_thread

from services.gateway.access.quotas import share_of
from shared.settings import Settings

__all__ = ["AT_ONCE", "OF_A_TENANT", "Turns"]

AT_ONCE = 4
"""Uploads that are stored at the same time; more wait. Each holds a thread and some copies of a part."""
OF_A_TENANT = 2
Result = TypeVar("Result")


class Turns:
    """Lets `AT_ONCE` uploads be stored at a time, `OF_A_TENANT` of a tenant whose uploads are bounded at all.

    Its threads are not those of other requests, which slow uploads would hold.

    Args:
        settings: how many uploads of a tenant may be under way.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._threads = settings, CapacityLimiter(AT_ONCE)
        self._of_tenants: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()

    async def run(self, tenant: str, store: Callable[[], Result]) -> Result:
        """Call what stores an upload in a thread, once it is its turn; return what it does."""
        is_bounded = share_of(self._settings, tenant).uploads_at_once > 0
        turns = self._of_tenants.get(tenant) or Semaphore(OF_A_TENANT if is_bounded else AT_ONCE)
        self._of_tenants[tenant] = turns  # Forgotten with the last that waits for it.
        async with turns:
            return await to_thread.run_sync(store, limiter=self._threads)
