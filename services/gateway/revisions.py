"""How mixes came of each other: the line before one, and what was made of it."""

from __future__ import annotations

from services.gateway import library
from services.gateway.backend import Backend
from services.gateway.schemas.artifacts import History, Version
from shared.jobs.lineage import ancestors_of, revision_of
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, MixFacts
from shared.store.specs import MixSpec, RevisedSpec

__all__ = ["history_of"]


def history_of(backend: Backend, tenant: str, key: str) -> History:
    """Return the history of a mix.

    Raises:
        NotFound: there is no such mix.
    """
    mix = library.made(backend, tenant, Kind.MIX, key)
    line = [
        _version(made.mix, before, _revised(backend, tenant, before))
        for made, before in ancestors_of(tenant, mix, backend.artifacts.find)
    ]
    this = _version(key, mix, _revised(backend, tenant, mix))
    return History(ancestors=line[::-1], mix=this, revisions=_made_of(backend, tenant, key))


def _made_of(backend: Backend, tenant: str, key: str) -> list[Version]:
    """Return the revisions of a mix: all mixes are looked at, which are remembered from then on."""
    artifacts, found = backend.artifacts, []
    for other in artifacts.keys(tenant, Kind.MIX):
        manifest = artifacts.find(Artifact(tenant, Kind.MIX, other))
        if manifest is None or manifest.problem is not None:
            continue
        made = _revised(backend, tenant, manifest)
        if made is not None and made.mix == key:
            found.append((manifest.created_at, _version(other, manifest, made)))
    return [version for _, version in sorted(found, key=lambda one: (one[0], one[1].id))]


def _revised(backend: Backend, tenant: str, mix: Manifest | None) -> RevisedSpec | None:
    if mix is None or not isinstance(mix.spec, MixSpec):
        return None
    return revision_of(backend.artifacts.find(Artifact(tenant, Kind.SEQUENCE, mix.spec.sequence)))


def _version(key: str, manifest: Manifest | None, made: RevisedSpec | None) -> Version:
    facts = None if manifest is None else manifest.expect(MixFacts)
    path = f"/v1/mixes/{key}"
    return Version(
        id=key,
        created_at=manifest.created_at if manifest else None,
        duration_s=facts.duration_s if facts else None,
        chunks=facts.chunks if facts else None,
        revision_of=made.mix if made else None,
        edits=list(made.edits) if made else [],
        links={"self": path, "revisions": f"{path}/revisions"},
    )
