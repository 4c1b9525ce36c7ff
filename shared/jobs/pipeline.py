"""The planner: what is missing on the way to a job's goal, and what of it can be made now.

A pure function of a recipe and of the manifests there are. It knows neither queues nor leases: whether a
missing artifact is under way is not its business. The order of stages is the flow of the product:

    decode -> [analyse] -> cut -> [spectra -> dataset -> fit] -> pool -> [analyse] -> sequence -> render
                                                              -> gaps, spectra -> report
    a mix, its sequence and pool -> revised sequence -> [analyse] -> render
                                 -> preview
                                 -> view
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from shared.jobs.expectations import expected
from shared.jobs.held_out import dataset_of, need_songs, parts_held_out
from shared.jobs.lineage import parent_of
from shared.jobs.needs import Needs
from shared.jobs.plans import Find, Plan
from shared.jobs.recipes import (
    AnalyseSongs,
    BuildPool,
    CutSongs,
    DecodeSong,
    EvaluateModel,
    FitModel,
    MakeMix,
    Part,
    PreviewSeam,
    Recipe,
    ReviseMix,
    ViewPool,
    corrections_of,
)
from shared.parameters import ArtifactKey, Output, Training
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, ModelFacts, SequenceFacts
from shared.store.specs import (
    AnalysisSpec,
    DatasetSpec,
    GappedSpec,
    MixSpec,
    ModelSpec,
    PoolSpec,
    ReportSpec,
    SequenceSpec,
    SongSpec,
    Spec,
    SpectraSpec,
)

Result = TypeVar("Result")


def make_plan(tenant: str, recipe: Recipe, find: Find, uploaded: Callable[[str], bool]) -> Plan:
    """Plan a recipe.

    Args:
        tenant: whose artifacts they are.
        recipe: the goal and its parameters.
        find: looks manifests up.
        uploaded: tells whether a song's bytes are still there; asked only of songs not decoded yet.
    """
    planner = _Planner(tenant, find, uploaded)
    parts = planner.parts_of(recipe)
    planner.corrections = corrections_of(recipe, parts)
    planner.plan.expect(expected(recipe, parts))
    planner.reach(recipe)
    return planner.plan


class _Planner(Needs):
    def reach(self, recipe: Recipe) -> None:
        """Walk towards the goal as far as the manifests carry."""
        match recipe:
            case DecodeSong():
                self._goal(self._need(SongSpec(song=recipe.song)), SongSpec(song=recipe.song))
            case AnalyseSongs():
                self._analyses(recipe.songs)
            case CutSongs():
                if (cuts := self._cuts(recipe.parts)) is not None:
                    self.plan.goals = cuts
            case FitModel():
                if (cuts := self._cuts(recipe.parts)) is not None:
                    self._model(recipe.parts, cuts, recipe.training)
            case BuildPool():
                self._pool(recipe)
            case MakeMix():
                self._mix(recipe)
            case ReviseMix() | PreviewSeam() | ViewPool():
                self._change(recipe)
            case EvaluateModel():
                self._report(recipe)

    def _cuts(self, parts: Iterable[Part]) -> list[Artifact] | None:
        """Return the cuts of all parts, in order, once every one of them is there."""
        parts = list(dict.fromkeys(parts))
        songs = {song: self._need(SongSpec(song=song)) for song in dict.fromkeys(p.song for p in parts)}
        decoded = [part for part in parts if songs[part.song] is not None]
        analysed = {p.song: self._need(self._analysis(p.song)) for p in decoded if p.needs_analysis}
        specs = [part.spec for part in decoded if not part.needs_analysis or analysed[part.song] is not None]
        if self.plan.problem is not None:
            return None
        found = [self._need(spec) for spec in specs]
        if len(specs) < len(parts) or None in found:
            return None
        return [spec.artifact(self.tenant) for spec in specs]

    def _analysis(self, song: str) -> AnalysisSpec:
        return AnalysisSpec(song=song, correction=self.corrections.get(song))

    def _analyses(self, songs: Iterable[str]) -> None:
        """Plan the analyses of songs."""
        songs = list(dict.fromkeys(songs))
        decoded = [song for song in songs if self._need(SongSpec(song=song)) is not None]
        found = self._analysed(decoded)
        if self.plan.problem is None and len(decoded) == len(songs) and found is not None:
            self.plan.goals = found

    def _analysed(self, songs: Iterable[str]) -> list[Artifact] | None:
        """Return the analyses of decoded songs, in order, once every one of them is there."""
        specs = [self._analysis(song) for song in songs]
        if None in [self._need(spec) for spec in specs]:
            return None
        return [spec.artifact(self.tenant) for spec in specs]

    def _model(
        self, parts: Iterable[Part], cuts: list[Artifact], training: Training
    ) -> tuple[Artifact, Manifest] | None:
        spectra = [SpectraSpec(song=song) for song in dict.fromkeys(part.song for part in parts)]
        if None in [self._need(spec) for spec in spectra]:
            return None
        dataset = DatasetSpec(
            cuts=tuple(cut.key for cut in cuts),
            spectra=tuple(spec.artifact(self.tenant).key for spec in spectra),
            seed=training.seed,
        )
        if self._need(dataset) is None:
            return None
        spec = ModelSpec(dataset=dataset.artifact(self.tenant).key, training=training)
        model = self._need(spec)
        self._goal(model, spec)
        return None if model is None else (spec.artifact(self.tenant), model)

    def _cuts_and_model(
        self, parts: tuple[Part, ...], model: ArtifactKey | Training
    ) -> tuple[list[Artifact], Artifact, Manifest] | None:
        """Return the cuts of all parts, and a model that exists or is fitted on them, once all are there."""
        cuts = self._cuts(parts)
        if isinstance(model, Training):
            found = None if cuts is None else self._model(parts, cuts, model)
        else:
            found = self._existing(Artifact(self.tenant, Kind.MODEL, model))
        if cuts is None or found is None or self.plan.problem is not None:
            return None
        return cuts, *found

    def _pool(self, recipe: BuildPool | MakeMix) -> tuple[PoolSpec, Manifest] | None:
        """Plan the pool, and the model it is embedded with."""
        found = self._cuts_and_model(recipe.parts, recipe.model)
        if found is None:
            return None
        cuts, model, manifest = found
        weights = manifest.expect(ModelFacts).weights_sha256
        spec = PoolSpec(cuts=tuple(cut.key for cut in cuts), model=model.key, weights_sha256=weights)
        pool = self._need(spec)
        self._goal(pool, spec)
        return None if pool is None else (spec, pool)

    def _mix(self, recipe: MakeMix) -> None:
        found, analyses = self._pool(recipe), self._analyses_of_pool(recipe)
        if found is None or analyses is None or self.plan.problem is not None:
            self.plan.goals = []
            return
        pool = found[0]
        sequence = SequenceSpec(
            pool=pool.artifact(self.tenant).key,
            model=pool.model,
            weights_sha256=pool.weights_sha256,
            sequencing=recipe.sequencing,
            analyses=tuple(analysis.key for analysis in analyses),
        )
        if not self._render(sequence, recipe.output):
            self.plan.goals = []

    def _analyses_of_pool(self, recipe: MakeMix) -> list[Artifact] | None:
        """Return what chunks are chosen by beside their scores, once it is there.

        It is asked for after the cuts, for a model may have to be fitted on these meanwhile.
        """
        if not recipe.sequencing.needs_analyses:
            return []
        if self._cuts(recipe.parts) is None:
            return None
        return self._analysed(dict.fromkeys(part.song for part in recipe.parts))

    def _render(self, sequence: Spec, output: Output) -> bool:
        """Plan a mix of a sequence, and what it needs to keep time; tell whether all that is there."""
        chosen = self._need(sequence)
        if chosen is None or self.plan.problem is not None:
            return False
        songs = dict.fromkeys(step.song for step in chosen.expect(SequenceFacts).steps)
        specs = [self._analysis(song) for song in songs] if output.seams != "plain" else []
        known = sum(artifact.kind is Kind.ANALYSIS for artifact in self.plan.needed)
        new = sum(spec.artifact(self.tenant) not in self._looked_up for spec in specs)
        self.plan.settle(Kind.ANALYSIS, known + new)
        if None in [self._need(spec) for spec in specs] or self.plan.problem is not None:
            return False
        analyses = tuple(spec.artifact(self.tenant).key for spec in specs)
        spec = MixSpec(sequence=sequence.artifact(self.tenant).key, output=output, analyses=analyses)
        self._goal(self._need(spec), spec)
        return True

    def _change(self, recipe: ReviseMix | PreviewSeam | ViewPool) -> None:
        """Plan what changes or looks into a mix; what that was made of is there, or the job fails."""
        parent = self._try(lambda: parent_of(self.tenant, recipe.mix, self.find))
        if parent is None:
            return
        self.corrections = parent.corrections
        spec = parent.changed(recipe)
        if isinstance(recipe, ReviseMix):
            self._render(spec, parent.spec.output)
        else:
            self._goal(self._need(spec), spec)
        self.plan.needed += parent.needed  # Last: of a job's mixes, the first is what it made.

    def _report(self, recipe: EvaluateModel) -> None:
        """Plan a report, the songs that it judges, and the model."""
        parts = self.parts_of(recipe)
        found = self._cuts_and_model(parts, recipe.model)
        self.plan.goals = []
        if found is None:
            return
        cuts, model, manifest = found
        facts = manifest.expect(ModelFacts)
        judged = dict(zip(dict.fromkeys(parts), cuts, strict=True))
        if isinstance(recipe.model, Training):
            # The others were learned from; of a model that exists, the report itself names those.
            judged = {part: cut for part, cut in judged.items() if part.song in facts.held_out_songs}
            self.plan.stages[Kind.GAPPED].total = len(judged)
        self._try(lambda: need_songs({part.song for part in judged}, of="songs that it has not learned from"))
        gapped = [GappedSpec(cut=cut.key, gaps_s=recipe.protocol.gaps_s) for cut in judged.values()]
        spectra = [SpectraSpec(song=song) for song in dict.fromkeys(part.song for part in judged)]
        if None in [self._need(spec) for spec in (*gapped, *spectra)] or self.plan.problem is not None:
            return
        dataset = dataset_of(self.tenant, manifest)
        if dataset is not None and self.find(dataset) is None:
            dataset = None
        self.plan.needed += [dataset] if dataset else []
        spec = ReportSpec(
            model=model.key,
            weights_sha256=facts.weights_sha256,
            dataset=dataset.key if dataset else None,
            # In an order of their own, so that the same songs give the same report.
            gapped=tuple(sorted(spec.artifact(self.tenant).key for spec in gapped)),
            spectra=tuple(sorted(spec.artifact(self.tenant).key for spec in spectra)),
            protocol=recipe.protocol,
        )
        self._goal(self._need(spec), spec)

    def parts_of(self, recipe: Recipe) -> tuple[Part, ...]:
        """Return the parts of a recipe; of one that names none, what its model held out."""
        if not isinstance(recipe, CutSongs | FitModel | BuildPool | MakeMix | EvaluateModel):
            return ()
        if recipe.parts or not isinstance(recipe, EvaluateModel) or isinstance(recipe.model, Training):
            return recipe.parts
        found = self._existing(Artifact(self.tenant, Kind.MODEL, recipe.model))
        if found is None:
            return ()
        return self._try(lambda: parts_held_out(self.tenant, *found, self.find)) or ()
