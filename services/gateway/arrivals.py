"""What every upload goes through, whichever way it comes: is there room, and how it becomes a song."""

from __future__ import annotations

from services.gateway import library
from services.gateway.access.quotas import Quotas
from services.gateway.backend import Backend
from services.gateway.schemas.songs import Song
from services.gateway.uploads import Ceiling, Received, keep
from shared.store.keys import Artifact, Kind


def need_servers(backend: Backend, tenant: str) -> None:
    """Find out before the first byte whether a song could be kept.

    Raises:
        QueueUnavailable, QueueFull, StoreUnavailable: it could not.
    """
    backend.need_room_in_queue()
    backend.store.exists(Artifact(tenant, Kind.SONG, "0" * 64).manifest)


def room_of(quotas: Quotas, tenant: str) -> Ceiling | None:
    """Return what an upload may fill; None: anything.

    Raises:
        StorageFull: it may fill nothing.
    """
    left_bytes = quotas.need_room(tenant)
    if left_bytes is None:
        return None
    return Ceiling(left_bytes, quotas.too_large(tenant, left_bytes))


def take_in(backend: Backend, tenant: str, received: Received, name: str) -> tuple[Song, bool]:
    """Make an upload a song and have it decoded; return it, and whether it is new."""
    is_new = keep(backend.patient_store, tenant, received, name)
    library.begin_decoding(backend, tenant, received.song)
    return library.get_song(backend, tenant, received.song), is_new
