"""What a mix was made of and made from: found by its record, so that it can be changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.corrections import Corrections
from shared.errors import NotFound, PartsGone
from shared.jobs.plans import Find
from shared.jobs.recipes import PreviewSeam, ReviseMix, ViewPool
from shared.store.keys import Artifact, Kind
from shared.store.manifests import CutFacts, Manifest, MixFacts, PoolFacts, SequenceFacts
from shared.store.specs import AnalysisSpec, ChosenSpec, MixSpec, PreviewSpec, RevisedSpec, ViewSpec

__all__ = ["Parent", "ancestors_of", "parent_of", "revision_of"]


@dataclass(frozen=True)
class Parent:
    """A mix that is to be changed, and what it was made of.

    Attributes:
        spec: of the mix.
        chosen: of its sequence.
        sequence: its chunks.
        pool: what they were chosen from.
        cuts: those of the pool, by key.
        corrections: what was known of its songs when it was made.
        needed: everything that a change of the mix rests on.
    """

    spec: MixSpec
    chosen: ChosenSpec
    sequence: SequenceFacts
    pool: PoolFacts
    cuts: dict[str, CutFacts]
    corrections: Corrections
    needed: list[Artifact]

    def changed(self, recipe: ReviseMix | PreviewSeam | ViewPool) -> RevisedSpec | PreviewSpec | ViewSpec:
        """Return what is made first: a sequence to render, the sound of a seam, or a look into the pool."""
        if isinstance(recipe, ViewPool):
            return ViewSpec(mix=recipe.mix, position=recipe.position)
        if isinstance(recipe, PreviewSeam):
            return PreviewSpec(**recipe.model_dump(exclude={"goal"}))
        return RevisedSpec(
            pool=self.chosen.pool,
            model=self.chosen.model,
            weights_sha256=self.chosen.weights_sha256,
            sequencing=self.chosen.sequencing,
            analyses=self.chosen.analyses,
            mix=recipe.mix,
            base=self.spec.sequence,
            edits=recipe.edits,
        )


def parent_of(tenant: str, key: str, find: Find) -> Parent:
    """Return a mix as what it is to be changed into needs it.

    Raises:
        NotFound: there is no such mix.
        PartsGone: something that it was made of was deleted.
        RejectedInput: the mix could not be made.
    """
    needed: list[Artifact] = []

    def get(kind: Kind, name: str) -> Manifest:
        artifact = Artifact(tenant, kind, name)
        found = find(artifact)
        if found is None:
            if kind is Kind.MIX:
                raise NotFound(kind.noun, name)
            raise PartsGone(key, noun=kind.noun, name=name)
        needed.append(artifact)
        return found

    mix = get(Kind.MIX, key)
    mix.expect(MixFacts)
    assert isinstance(mix.spec, MixSpec)
    sequence = get(Kind.SEQUENCE, mix.spec.sequence)
    assert isinstance(sequence.spec, ChosenSpec)
    pool = get(Kind.POOL, sequence.spec.pool).expect(PoolFacts)
    get(Kind.MODEL, sequence.spec.model)
    cuts = {cut: get(Kind.CUT, cut).expect(CutFacts) for cut in pool.cuts}
    for song in dict.fromkeys(pool.songs):
        get(Kind.SONG, song)
    heard = dict.fromkeys((*mix.spec.analyses, *sequence.spec.analyses))
    analyses = [get(Kind.ANALYSIS, analysis).spec for analysis in heard]
    corrections = {
        spec.song: spec.correction
        for spec in analyses
        if isinstance(spec, AnalysisSpec) and spec.correction is not None
    }
    facts = sequence.expect(SequenceFacts)
    return Parent(mix.spec, sequence.spec, facts, pool, cuts, corrections, needed)


def revision_of(sequence: Manifest | None) -> RevisedSpec | None:
    """Return how a mix came of another one, by the record of its sequence; None: it did not."""
    return sequence.spec if sequence is not None and isinstance(sequence.spec, RevisedSpec) else None


def ancestors_of(tenant: str, mix: Manifest, find: Find) -> Iterator[tuple[RevisedSpec, Manifest | None]]:
    """Yield how a mix came of the one before it, and that one; then the same of that, back to the first.

    A mix that was deleted ends the line: it comes as None.
    """
    before: Manifest | None = mix
    while before is not None:
        assert isinstance(before.spec, MixSpec)
        made = revision_of(find(Artifact(tenant, Kind.SEQUENCE, before.spec.sequence)))
        if made is None:
            return
        before = find(Artifact(tenant, Kind.MIX, made.mix))
        yield made, before
