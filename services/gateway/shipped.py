"""Models that are shipped, laid into a tenant's store when they are first asked for."""

from __future__ import annotations

from services.gateway.backend import Backend
from shared.learning.pretrained import load_pretrained
from shared.store.arrays import unpack_arrays
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact
from shared.store.manifests import Manifest, ModelFacts
from shared.store.objects import to_json
from shared.store.specs import ShippedSpec


def ship(backend: Backend, tenant: str, name: str) -> tuple[Artifact, Manifest]:
    """Return a shipped model as an artifact like any other; the first to ask lays it into the store.

    Raises:
        BadSetting: none of this name is shipped.
    """
    shipped = load_pretrained(name)
    record = shipped.record
    spec = ShippedSpec(approach=record.approach, weights_sha256=record.sha256)
    artifact = spec.artifact(tenant)
    found = backend.artifacts.find(artifact)
    if found is not None:
        return artifact, found
    attempt = Attempt(backend.patient_store, artifact)
    attempt.put("weights.npz", shipped.weights)
    attempt.put("weights.json", to_json(record), "application/json")
    attempt.put("history.json", b"[]", "application/json")
    attempt.put("learned.npz", shipped.learned)
    facts = ModelFacts(
        approach=record.approach,
        settings=record.settings,
        seed=0,
        weights_sha256=record.sha256,
        epochs=int(record.settings.get("epochs", 0)),
        fit_s=0.0,
        train_songs=sorted(str(song) for song in unpack_arrays(shipped.learned)["songs"]),
        held_out_songs=[],
        summary={},
    )
    return artifact, attempt.commit(spec, facts)
