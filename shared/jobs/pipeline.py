"""The planner: what is missing on the way to a job's goal, and what of it can be made now.

A pure function of a recipe and of the manifests there are. It knows neither queues nor leases: whether a
missing artifact is under way is not its business. The order of stages is the flow of the product:

    decode -> cut -> [spectra -> dataset -> fit] -> pool -> sequence -> render
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from shared.errors import SongGone
from shared.jobs.recipes import BuildPool, CutSongs, DecodeSong, FitModel, MakeMix, Part, Recipe
from shared.parameters import Training
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, ModelFacts, Problem
from shared.store.specs import (
    CutSpec,
    DatasetSpec,
    MixSpec,
    ModelSpec,
    PoolSpec,
    SequenceSpec,
    SongSpec,
    Spec,
    SpectraSpec,
)

Find = Callable[[Artifact], Manifest | None]
"""Look a manifest up; None where the artifact is not committed."""

STAGE_OF: dict[Kind, str] = {
    Kind.SONG: "decode",
    Kind.CUT: "cut",
    Kind.SPECTRA: "spectra",
    Kind.DATASET: "dataset",
    Kind.MODEL: "fit",
    Kind.POOL: "pool",
    Kind.SEQUENCE: "sequence",
    Kind.MIX: "render",
}


@dataclass
class Stage:
    """How far one kind of work is: artifacts committed, of those that the goal needs."""

    name: str
    total: int
    done: int = 0


@dataclass
class Plan:
    """What stands between a recipe and its goal."""

    ready: list[Spec] = field(default_factory=list)
    """Missing artifacts all of whose inputs are there."""
    needed: list[Artifact] = field(default_factory=list)
    """Every artifact that the goal rests on, as far as their names are known by now."""
    missing: list[Artifact] = field(default_factory=list)
    """Those of `ready`, by name."""
    stages: dict[Kind, Stage] = field(default_factory=dict)
    goals: list[Artifact] = field(default_factory=list)
    """The artifacts that were asked for, once their names are known."""
    problem: Problem | None = None
    """Why the goal can never be reached."""

    @property
    def complete(self) -> bool:
        """Tell whether everything that was asked for is there."""
        return bool(self.goals) and not self.ready and self.problem is None


def make_plan(tenant: str, recipe: Recipe, find: Find, uploaded: Callable[[str], bool]) -> Plan:
    """Plan a recipe.

    Args:
        tenant: whose artifacts they are.
        recipe: the goal and its parameters.
        find: looks manifests up.
        uploaded: tells whether a song's bytes are still there; asked only of songs not decoded yet.
    """
    planner = _Planner(tenant, find, uploaded)
    planner.expect_stages(recipe)
    planner.reach(recipe)
    return planner.plan


class _Planner:
    def __init__(self, tenant: str, find: Find, uploaded: Callable[[str], bool]) -> None:
        self.tenant, self.find, self.uploaded = tenant, find, uploaded
        self.plan = Plan()

    def expect_stages(self, recipe: Recipe) -> None:
        """Say beforehand how many artifacts of each kind the goal takes, for progress."""
        if isinstance(recipe, DecodeSong):
            self._expect({Kind.SONG: 1})
            return
        songs, parts = len({part.song for part in recipe.parts}), len(set(recipe.parts))
        self._expect({Kind.SONG: songs, Kind.CUT: parts})
        training = _training_of(recipe)
        if training is not None:
            self._expect({Kind.SPECTRA: songs, Kind.DATASET: 1, Kind.MODEL: 1})
        if isinstance(recipe, BuildPool | MakeMix):
            self._expect({Kind.POOL: 1})
        if isinstance(recipe, MakeMix):
            self._expect({Kind.SEQUENCE: 1, Kind.MIX: 1})

    def reach(self, recipe: Recipe) -> None:
        """Walk towards the goal as far as the manifests carry."""
        match recipe:
            case DecodeSong():
                self._goal(self._need(SongSpec(song=recipe.song)), SongSpec(song=recipe.song))
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

    def _need(self, spec: Spec) -> Manifest | None:
        """Return the manifest of a spec's artifact, or note that the artifact has to be made."""
        artifact = spec.artifact(self.tenant)
        self.plan.needed.append(artifact)
        manifest = self.find(artifact)
        if manifest is None:
            if isinstance(spec, SongSpec) and not self.uploaded(spec.song):
                self._fail(Problem.of(SongGone(spec.song)))
            self.plan.ready.append(spec)
            self.plan.missing.append(artifact)
        elif manifest.problem is not None:
            subject = f" (song {spec.song})" if isinstance(spec, SongSpec | CutSpec | SpectraSpec) else ""
            detail = manifest.problem.detail + subject
            self._fail(manifest.problem.model_copy(update={"detail": detail}))
        else:
            self.plan.stages[artifact.kind].done += 1
        return manifest

    def _cuts(self, parts: Iterable[Part]) -> list[Artifact] | None:
        """Return the cuts of all parts, in order, once every one of them is there."""
        parts = list(dict.fromkeys(parts))
        songs = {song: self._need(SongSpec(song=song)) for song in dict.fromkeys(p.song for p in parts)}
        specs = [CutSpec(song=part.song, cut=part.cut) for part in parts if songs[part.song] is not None]
        if self.plan.problem is not None:
            return None
        found = [self._need(spec) for spec in specs]
        if len(specs) < len(parts) or None in found:
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

    def _pool(self, recipe: BuildPool | MakeMix) -> tuple[PoolSpec, Manifest] | None:
        """Plan the pool, and the model it is embedded with."""
        cuts = self._cuts(recipe.parts)
        if isinstance(recipe.model, Training):
            model = None if cuts is None else self._model(recipe.parts, cuts, recipe.model)
        else:
            artifact = Artifact(self.tenant, Kind.MODEL, recipe.model)
            model = self._existing(artifact)
        if cuts is None or model is None or self.plan.problem is not None:
            return None
        artifact, manifest = model
        facts = manifest.expect(ModelFacts)
        spec = PoolSpec(
            cuts=tuple(cut.key for cut in cuts), model=artifact.key, weights_sha256=facts.weights_sha256
        )
        pool = self._need(spec)
        self._goal(pool, spec)
        return None if pool is None else (spec, pool)

    def _existing(self, artifact: Artifact) -> tuple[Artifact, Manifest] | None:
        self.plan.needed.append(artifact)
        manifest = self.find(artifact)
        if manifest is None or manifest.problem is not None:
            detail = (
                f"Model {artifact.key} was deleted while this job needed it. Choose another, or fit anew."
            )
            self._fail(Problem(slug="model-gone", title="A model is gone", detail=detail))
            return None
        return artifact, manifest

    def _mix(self, recipe: MakeMix) -> None:
        found = self._pool(recipe)
        if found is None or self.plan.problem is not None:
            self.plan.goals = []
            return
        pool = found[0]
        sequence = SequenceSpec(
            pool=pool.artifact(self.tenant).key,
            model=pool.model,
            weights_sha256=pool.weights_sha256,
            sequencing=recipe.sequencing,
        )
        if self._need(sequence) is None:
            self.plan.goals = []
            return
        spec = MixSpec(sequence=sequence.artifact(self.tenant).key, output=recipe.output)
        self._goal(self._need(spec), spec)

    def _goal(self, manifest: Manifest | None, spec: Spec) -> None:
        if manifest is not None and manifest.problem is None:
            self.plan.goals = [spec.artifact(self.tenant)]

    def _fail(self, problem: Problem) -> None:
        if self.plan.problem is None:
            self.plan.problem = problem

    def _expect(self, totals: dict[Kind, int]) -> None:
        for kind, total in totals.items():
            if total:
                self.plan.stages[kind] = Stage(STAGE_OF[kind], total)


def _training_of(recipe: Recipe) -> Training | None:
    match recipe:
        case FitModel():
            return recipe.training
        case BuildPool() | MakeMix():
            return recipe.model if isinstance(recipe.model, Training) else None
        case _:
            return None
