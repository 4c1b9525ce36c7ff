"""Places for requests, of one kind each: so many are under way at once, and so many of them one tenant's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.gateway.access.refusals import GatewayBusy, QuotaReached

__all__ = ["Place", "Places"]


@dataclass
class Places:
    """Places for one kind of request. Of the event loop's thread alone.

    Attributes:
        what: names the kind, for people.
        setting: what sets how many there are.
        most: how many; 0: any number.
        share: tells how many a tenant may hold; 0: any number.
        beyond: returns the refusal of who has as many as that.
        taken: how many are held.
    """

    what: str
    setting: str
    most: int
    share: Callable[[str], int] | None = None
    beyond: Callable[[int], QuotaReached] = QuotaReached
    taken: int = 0
    _of_tenants: Counter[str] = field(default_factory=Counter)

    def need_one(self) -> None:
        """Raise GatewayBusy where there is none."""
        if self.most and self.taken >= self.most:
            raise GatewayBusy(what=self.what, limit=self.most, setting=self.setting)

    @contextmanager
    def take(self) -> Iterator[Place]:
        """Hold a place.

        Raises:
            GatewayBusy: there is none.
        """
        self.need_one()
        self.taken += 1
        place = Place(self)
        try:
            yield place
        finally:
            self.taken -= 1
            self._of_tenants.subtract(place.tenants)
            self._of_tenants += Counter()  # Forgets who holds none.

    def claim(self, place: Place, tenant: str) -> None:
        """Count a place that is held as a tenant's, or raise what `beyond` returns."""
        limit = self.share(tenant) if self.share else 0
        if limit and self._of_tenants[tenant] >= limit:
            raise self.beyond(limit)
        self._of_tenants[tenant] += 1
        place.tenants.append(tenant)


class Place:
    """One that is held."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.tenants: list[str] = []
        """Whose it is, once that is known."""

    def claim(self, tenant: str) -> None:
        """Count it as a tenant's until it is given back.

        Raises:
            QuotaReached: the tenant has its share.
        """
        self._places.claim(self, tenant)
