"""Cuts, pools, models and mixes as clients see them: pure functions of their manifests."""

from __future__ import annotations

from itertools import pairwise

from services.gateway.mix_files import links_of
from services.gateway.schemas.artifacts import Chunk, CutDetails, CutSummary, Mix, Model, Pool, Preview
from shared.jobs.lineage import revision_of
from shared.store.manifests import CutFacts, Manifest, MixFacts, ModelFacts, PoolFacts, PreviewFacts
from shared.store.specs import ChosenSpec, CutSpec, MixSpec, PoolSpec, PreviewSpec


def cut_summary(key: str, manifest: Manifest) -> CutSummary:
    """Show a cut as lists do."""
    spec, facts = manifest.spec, manifest.expect(CutFacts)
    assert isinstance(spec, CutSpec)
    return CutSummary(
        id=key,
        created_at=manifest.created_at,
        size_bytes=manifest.size_bytes,
        song=facts.song,
        cut=spec.cut,
        chunk_count=facts.chunks,
        mean_chunk_s=facts.boundaries[-1] / facts.sample_rate_hz / facts.chunks,
        links={"self": f"/v1/cuts/{key}", "song": f"/v1/songs/{facts.song}"},
    )


def cut_view(key: str, manifest: Manifest) -> CutDetails:
    """Show a cut with its chunks."""
    facts = manifest.expect(CutFacts)
    rate = facts.sample_rate_hz
    chunks = [
        Chunk(n=n, start=start, stop=stop, start_s=start / rate, duration_s=(stop - start) / rate)
        for n, (start, stop) in enumerate(pairwise(facts.boundaries))
    ]
    return CutDetails(
        **cut_summary(key, manifest).model_dump(),
        sample_rate_hz=rate,
        channels=facts.channels,
        format=facts.format,
        threshold_dbfs=facts.threshold_dbfs,
        note=facts.note,
        chunks=chunks,
    )


def pool_view(key: str, manifest: Manifest) -> Pool:
    """Show a pool."""
    spec, facts = manifest.spec, manifest.expect(PoolFacts)
    assert isinstance(spec, PoolSpec)
    return Pool(
        id=key,
        created_at=manifest.created_at,
        size_bytes=manifest.size_bytes,
        approach=facts.approach,
        model=spec.model,
        cuts=facts.cuts,
        songs=facts.songs,
        counts=facts.counts,
        chunks=sum(facts.counts),
        links={"self": f"/v1/pools/{key}", "model": f"/v1/models/{spec.model}"},
    )


def model_view(key: str, manifest: Manifest) -> Model:
    """Show a model."""
    facts, path = manifest.expect(ModelFacts), f"/v1/models/{key}"
    return Model(
        id=key,
        created_at=manifest.created_at,
        size_bytes=manifest.size_bytes,
        approach=facts.approach,
        settings=facts.settings,
        seed=facts.seed,
        weights_sha256=facts.weights_sha256,
        epochs=facts.epochs,
        fit_s=facts.fit_s,
        train_songs=facts.train_songs,
        held_out_songs=facts.held_out_songs,
        summary=facts.summary,
        links={"self": path, **{name: f"{path}/{name}" for name in ("report", "figures", "history")}},
    )


def mix_view(key: str, manifest: Manifest, sequence: Manifest | None) -> Mix:
    """Show a mix.

    Args:
        key: its id.
        manifest: its manifest.
        sequence: the manifest of the sequence that it renders; None: it is gone.
    """
    spec, facts, path = manifest.spec, manifest.expect(MixFacts), f"/v1/mixes/{key}"
    assert isinstance(spec, MixSpec)
    chosen = sequence.spec if sequence is not None else None
    known = chosen if isinstance(chosen, ChosenSpec) else None
    revised = revision_of(sequence)
    return Mix(
        id=key,
        created_at=manifest.created_at,
        size_bytes=manifest.size_bytes,
        title=facts.title,
        duration_s=facts.duration_s,
        chunks=facts.chunks,
        songs=facts.songs,
        approach=facts.approach,
        model=known.model if known else None,
        pool=known.pool if known else None,
        sequencing=known.sequencing if known else None,
        output=spec.output,
        revision_of=revised.mix if revised else None,
        edits=list(revised.edits) if revised else [],
        links={
            "self": path,
            "audio": f"{path}/audio",
            **links_of(path, manifest),
            "revisions": f"{path}/revisions",
        },
    )


def preview_view(key: str, manifest: Manifest) -> Preview:
    """Show a preview of a seam."""
    spec, facts, path = manifest.spec, manifest.expect(PreviewFacts), f"/v1/previews/{key}"
    assert isinstance(spec, PreviewSpec)
    return Preview(
        id=key,
        created_at=manifest.created_at,
        size_bytes=manifest.size_bytes,
        mix=spec.mix,
        position=spec.position,
        duration_s=facts.duration_s,
        seam_s=facts.seam_s,
        manner=facts.manner,
        format=facts.format,
        links={"self": path, "audio": f"{path}/audio", "mix": f"/v1/mixes/{spec.mix}"},
    )
