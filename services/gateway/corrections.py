"""What users said of songs, kept beside them: read with every request that works on songs."""

from __future__ import annotations

from services.gateway.backend import Backend
from shared.corrections import Correction, Corrections
from shared.store import keys
from shared.store.documents import find_document
from shared.store.objects import to_json

__all__ = ["all_corrections", "find_correction", "forget_correction", "keep_correction"]


def all_corrections(backend: Backend, tenant: str) -> Corrections:
    """Return what is known of a tenant's songs."""
    found = {}
    for stored in backend.store.list(keys.corrections_folder(tenant)):
        song = stored.key.rsplit("/", 1)[-1].removesuffix(".json")
        correction = find_correction(backend, tenant, song)
        if not correction.is_empty:
            found[song] = correction
    return found


def find_correction(backend: Backend, tenant: str, song: str) -> Correction:
    """Return what is known of a song."""
    return find_document(backend.store, Correction, keys.correction(tenant, song)) or Correction()


def keep_correction(backend: Backend, tenant: str, song: str, correction: Correction) -> None:
    """Keep what is known of a song, in the place of what was known."""
    backend.store.put(keys.correction(tenant, song), to_json(correction), "application/json")


def forget_correction(backend: Backend, tenant: str, song: str) -> None:
    """Forget what is known of a song."""
    backend.store.delete(keys.correction(tenant, song))
