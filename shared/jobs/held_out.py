"""The songs that a model held out of its fit, with the cuts that they were fitted with."""

from __future__ import annotations

from shared.errors import HeldOutGone, TooFewSongs
from shared.jobs.plans import Find
from shared.jobs.recipes import Part
from shared.judging import LEAST_JUDGED_SONGS
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, ModelFacts
from shared.store.specs import CutSpec, DatasetSpec, ModelSpec


def parts_held_out(tenant: str, model: Artifact, manifest: Manifest, find: Find) -> tuple[Part, ...]:
    """Return the held-out songs of a model's own dataset, each with every cut it has there.

    Raises:
        TooFewSongs: it held out fewer than can be judged on.
        HeldOutGone: the dataset, or the cut of a held-out song, was deleted.
    """
    wanted = set(manifest.expect(ModelFacts).held_out_songs)
    need_songs(wanted, of="the songs that were held out of a fit")
    source = dataset_of(tenant, manifest)
    dataset = None if source is None else find(source)
    cuts = dataset.spec.cuts if dataset is not None and isinstance(dataset.spec, DatasetSpec) else ()
    found = [find(Artifact(tenant, Kind.CUT, cut)) for cut in cuts]
    specs = [one.spec for one in found if one is not None and isinstance(one.spec, CutSpec)]
    parts = tuple(
        Part(song=spec.song, cut=spec.cut, correction=spec.correction)
        for spec in specs
        if spec.song in wanted
    )
    if {part.song for part in parts} != wanted:
        raise HeldOutGone(model=model.key)
    return parts


def need_songs(songs: set[str], *, of: str) -> None:
    """Raise TooFewSongs where there are too few to be judged on."""
    if len(songs) < LEAST_JUDGED_SONGS:
        raise TooFewSongs(found=len(songs), needed=LEAST_JUDGED_SONGS, purpose=f"Judging a model on {of}")


def dataset_of(tenant: str, manifest: Manifest) -> Artifact | None:
    """Return the name of what a model was fitted on, which may be gone; None for a shipped one."""
    if not isinstance(manifest.spec, ModelSpec):
        return None
    return Artifact(tenant, Kind.DATASET, manifest.spec.dataset)
