"""Is a bucket whole: does it have all that its records name?"""

from __future__ import annotations

from collections.abc import Iterator

from shared.store import keys
from shared.store.artifacts import Artifacts
from shared.store.keys import Artifact, Kind
from shared.store.objects import ObjectStore
from shared.store.specs import DatasetSpec, MixSpec, ModelSpec, ReportSpec, Spec


def lacking(store: ObjectStore) -> list[str]:
    """Return the keys that records of a bucket name and that it does not have."""
    artifacts, names = Artifacts(store), {one.key for one in store.list("")}
    needed = set()
    for name in names:
        if name.endswith("/manifest.json"):
            _, tenant, kind, key, _ = name.split("/")
            artifact = Artifact(tenant, Kind(kind), key)
            manifest = artifacts.get(artifact)
            needed |= {artifact.payload(manifest.attempt, payload) for payload in manifest.payloads}
            if manifest.problem is None:  # What cannot be made rests on nothing.
                needed |= {one.manifest for one in named_by(tenant, manifest.spec)}
        elif name.endswith("/upload.json"):
            _, tenant, _, song, _ = name.split("/")
            needed.add(keys.song_source(tenant, song))
    return sorted(needed - names)


def named_by(tenant: str, spec: Spec) -> Iterator[Artifact]:
    """Yield what has to be there as long as something made of it is."""
    match spec:
        case DatasetSpec(spectra=spectra):
            yield from (Artifact(tenant, Kind.SPECTRA, key) for key in spectra)
        case ModelSpec(dataset=dataset):
            yield Artifact(tenant, Kind.DATASET, dataset)
        case MixSpec(sequence=sequence):
            yield Artifact(tenant, Kind.SEQUENCE, sequence)
        case ReportSpec(gapped=gapped, spectra=spectra):
            yield from (Artifact(tenant, Kind.GAPPED, key) for key in gapped)
            yield from (Artifact(tenant, Kind.SPECTRA, key) for key in spectra)
