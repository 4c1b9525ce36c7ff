"""From requests to recipes: every default filled in, every id looked up, before anything is accepted.

What is known to fail is refused at once; what only the work can tell (a song that turns out to be too
short) fails the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from services.gateway.schemas.requests import (
    CutsRequest,
    JudgedRequest,
    MixRequest,
    ModelRequest,
    PartsRequest,
    PoolRequest,
    PreviewRequest,
    ReportRequest,
    RevisionRequest,
    TrainingRequest,
)
from shared.corrections import Corrections
from shared.errors import NotFound, PoolTooSmall, UnknownStart
from shared.jobs.held_out import need_songs, parts_held_out
from shared.jobs.lineage import parent_of
from shared.jobs.plans import Find
from shared.jobs.recipes import (
    AnalyseSongs,
    BuildPool,
    CutSongs,
    EvaluateModel,
    FitModel,
    MakeMix,
    Part,
    PreviewSeam,
    Recipe,
    ReviseMix,
    ViewPool,
)
from shared.learning.approaches import get_approach
from shared.parameters import ArtifactKey, Cut, Training
from shared.passages import Extents, in_seconds
from shared.revision_checks import check_edits, check_joined, check_seam
from shared.revisions import Swap
from shared.store.keys import Artifact, Kind
from shared.store.manifests import AnalysisFacts, CutFacts, Manifest, Problem, RejectedInput, SongFacts
from shared.store.specs import AnalysisSpec, CutSpec, SongSpec
from shared.wishes import check_counts, check_lengths, check_songs

MOST_NAMED = 10
Uploaded = Callable[[str], bool]
Shipped = Callable[[], ArtifactKey]


class Resolver:
    """Resolves the requests of one tenant.

    Args:
        tenant: whose songs, cuts and models are meant.
        find: looks manifests up.
        uploaded: tells whether a song's bytes are there.
        shipped: gives the model that judges where a request names none; asked only then.
        known: gives what users know of songs.
    """

    def __init__(
        self, tenant: str, find: Find, uploaded: Uploaded, shipped: Shipped, known: Callable[[], Corrections]
    ) -> None:
        self._tenant, self._find, self._uploaded, self._shipped = tenant, find, uploaded, shipped
        self._known = known

    def cuts(self, request: CutsRequest) -> CutSongs:
        """Resolve a request to cut songs."""
        return CutSongs(parts=self._parts(request.songs, request.cut))

    def model(self, request: ModelRequest) -> FitModel:
        """Resolve a request for a model."""
        return FitModel(parts=self._parts_of(request), training=resolve_training(request.training))

    def pool(self, request: PoolRequest) -> BuildPool:
        """Resolve a request for a pool."""
        return BuildPool(parts=self._parts_of(request), model=self._model_of(request))

    def mix(self, request: MixRequest) -> MakeMix:
        """Resolve a request for a mix."""
        return MakeMix(
            parts=self._parts_of(request),
            model=self._model_of(request),
            sequencing=request.sequencing,
            output=request.output,
        )

    def revision(self, mix: ArtifactKey, request: RevisionRequest) -> ReviseMix:
        """Resolve a request to revise a mix."""
        return ReviseMix(mix=mix, edits=request.edits)

    def preview(self, mix: ArtifactKey, position: int, request: PreviewRequest) -> PreviewSeam:
        """Resolve a request to hear a seam."""
        return PreviewSeam(
            mix=mix,
            position=position,
            change=request.change,
            around_s=request.around_s,
            format=request.format,
        )

    def view(self, mix: ArtifactKey, position: int | None) -> ViewPool:
        """Resolve a request to look into the pool of a mix."""
        return ViewPool(mix=mix, position=position)

    def report(self, model: ArtifactKey, request: ReportRequest) -> EvaluateModel:
        """Resolve a request for a report on a model."""
        protocol = request.protocol
        if request.songs is None:
            if "chunks_per_song" not in protocol.model_fields_set:
                protocol = protocol.model_copy(update={"chunks_per_song": None})
            return EvaluateModel(model=model, protocol=protocol)
        parts = self._parts(request.songs, request.cut or Cut())
        return EvaluateModel(parts=parts, model=model, protocol=protocol)

    def check(self, recipe: Recipe) -> None:
        """Refuse what is known to fail.

        Raises:
            NotFound: a song or the model is not there.
            RejectedInput: a song, a cut or the model could not be made.
            PoolTooSmall, UnknownStart: the cuts are all there, and do not hold the mix that is asked for.
            WishesContradict: no mix of these songs can be as it is asked for.
            TooFewSongs, HeldOutGone: there are not enough songs to judge a model on.
            PartsGone: what a mix was made of was deleted, and a change of it needs that.
            EditImpossible: the mix cannot be changed so.
        """
        if isinstance(recipe, AnalyseSongs):
            self._check_songs(recipe.songs)
        if isinstance(recipe, ReviseMix | PreviewSeam | ViewPool):
            self._check_change(recipe)
        if isinstance(recipe, CutSongs | FitModel | BuildPool | MakeMix | EvaluateModel):
            self._check_songs(dict.fromkeys(part.song for part in recipe.parts))
        if isinstance(recipe, BuildPool | MakeMix | EvaluateModel) and not isinstance(recipe.model, Training):
            model = self._existing(Kind.MODEL, recipe.model)
            if isinstance(recipe, EvaluateModel):
                self._check_judged(recipe, Artifact(self._tenant, Kind.MODEL, recipe.model), model)
        if isinstance(recipe, MakeMix):
            self._check_pool(recipe)

    def _check_change(self, recipe: ReviseMix | PreviewSeam | ViewPool) -> None:
        parent = parent_of(self._tenant, recipe.mix, self._find)
        steps = parent.sequence.steps
        pinned = [step.pinned for step in steps]
        if isinstance(recipe, ViewPool):
            if recipe.position is not None:
                swap, free = Swap(position=recipe.position), [False] * len(steps)
                check_edits([swap], free, songs=set(parent.pool.songs), blended=False)
            return
        playing_on = {
            place
            for place, (before, step) in enumerate(pairwise(steps), start=1)
            if (before.cut, before.chunk + 1) == (step.cut, step.chunk)
        }
        blended = parent.spec.output.seams != "plain"
        if isinstance(recipe, ReviseMix):
            songs = set(parent.pool.songs)
            check_edits(recipe.edits, pinned, songs=songs, blended=blended, playing_on=playing_on)
        else:
            position, change = recipe.position, recipe.change
            check_seam(0, change, position, len(pinned), blended=blended)
            check_joined(0, position, plays_on=position in playing_on and not change.is_empty)

    def _model_of(self, request: JudgedRequest) -> ArtifactKey | Training:
        if request.training is not None:
            return resolve_training(request.training)
        return request.model or self._shipped()

    def _parts_of(self, request: PartsRequest) -> tuple[Part, ...]:
        if request.songs is not None:
            return self._parts(request.songs, request.cut or Cut())
        known = self._known()
        specs = [self._existing(Kind.CUT, key).spec for key in request.cuts or ()]
        return tuple(dict.fromkeys(_part_of(spec, known) for spec in specs if isinstance(spec, CutSpec)))

    def _parts(self, songs: Iterable[str], cut: Cut) -> tuple[Part, ...]:
        known = self._known()
        return tuple(Part(song=song, cut=cut, correction=known.get(song)) for song in dict.fromkeys(songs))

    def _existing(self, kind: Kind, key: ArtifactKey) -> Manifest:
        manifest = self._find(Artifact(self._tenant, kind, key))
        if manifest is None:
            raise NotFound(kind.noun, key)
        if manifest.problem is not None:
            raise _rejected([(f"{kind.noun} {key}", manifest.problem)])
        return manifest

    def _check_songs(self, songs: Iterable[str]) -> None:
        found = {song: self._find(SongSpec(song=song).artifact(self._tenant)) for song in songs}
        unknown = [song for song, manifest in found.items() if manifest is None and not self._uploaded(song)]
        if unknown:
            raise NotFound(Kind.SONG.noun, ", ".join(unknown[:MOST_NAMED]))
        problems = [
            (f"song {song}", manifest.problem)
            for song, manifest in found.items()
            if manifest and manifest.problem
        ]
        if problems:
            raise _rejected(problems)

    def _check_judged(self, recipe: EvaluateModel, model: Artifact, manifest: Manifest) -> None:
        if recipe.parts:
            need_songs({part.song for part in recipe.parts}, of="songs that it has not learned from")
        else:
            parts_held_out(self._tenant, model, manifest, self._find)

    def _check_pool(self, recipe: MakeMix) -> None:
        wish = recipe.sequencing
        start, chunks = wish.start, wish.chunks
        if start is not None and start.song not in {part.song for part in recipe.parts}:
            raise UnknownStart(song=start.song, chunk=start.chunk, chunks=0)
        songs = dict.fromkeys(part.song for part in recipe.parts)
        wish = in_seconds(wish, self._sections_s(recipe)) if wish.names_sections else wish
        check_songs(wish, list(songs))
        check_lengths(wish, self._lengths_s(songs))
        cuts = self._cuts(recipe.parts)
        if cuts is None:
            return
        available = sum(cut.chunks for cut in cuts)
        if chunks is not None and wish.repeats_after is None and available < chunks:
            raise PoolTooSmall(wanted=chunks, available=available)
        if start is not None and start.chunk >= (
            most := max(cut.chunks for cut in cuts if cut.song == start.song)
        ):
            raise UnknownStart(song=start.song, chunk=start.chunk, chunks=most)
        if wish.names_sections:
            return
        edges_s = [np.array(cut.boundaries) / cut.sample_rate_hz for cut in cuts]
        check_counts(wish, Extents.of_cuts([cut.song for cut in cuts], edges_s))

    def _sections_s(self, recipe: MakeMix) -> dict[str, list[float]]:
        """Return where the sections of songs begin, as far as these are analysed."""
        specs = {part.song: AnalysisSpec(song=part.song, correction=part.correction) for part in recipe.parts}
        found = {song: self._find(spec.artifact(self._tenant)) for song, spec in specs.items()}
        facts = {song: manifest.facts for song, manifest in found.items() if manifest is not None}
        return {song: known.sections_s for song, known in facts.items() if isinstance(known, AnalysisFacts)}

    def _lengths_s(self, songs: Iterable[str]) -> dict[str, float]:
        """Return how long songs are, as far as they are decoded."""
        found = {song: self._find(SongSpec(song=song).artifact(self._tenant)) for song in songs}
        facts = {song: manifest.facts for song, manifest in found.items() if manifest is not None}
        return {song: known.duration_s for song, known in facts.items() if isinstance(known, SongFacts)}

    def _cuts(self, parts: Iterable[Part]) -> list[CutFacts] | None:
        """Return the facts of each part, or None unless all are cut."""
        cuts = []
        for part in parts:
            manifest = self._find(part.spec.artifact(self._tenant))
            if manifest is None or not isinstance(manifest.facts, CutFacts):
                return None
            cuts.append(manifest.facts)
        return cuts


def _part_of(spec: CutSpec, known: Corrections) -> Part:
    """Return a cut that exists as a part; what a cut on beats was told of its song stays with it."""
    part = Part(song=spec.song, cut=spec.cut, correction=known.get(spec.song))
    return part.model_copy(update={"correction": spec.correction}) if part.needs_analysis else part


def resolve_training(request: TrainingRequest) -> Training:
    """Fill in every setting of a training.

    Raises:
        BadSetting: there is no such approach, preset or setting, or a value cannot be.
    """
    given = dict(request.settings)
    if request.preset is not None:
        given["preset"] = request.preset
    settings = get_approach(request.approach).resolve(given)
    return Training(approach=request.approach, settings=settings.model_dump(mode="json"), seed=request.seed)


def _rejected(problems: list[tuple[str, Problem]]) -> RejectedInput:
    """Describe inputs that cannot be used, by the first one's problem, naming all."""
    (subject, first), *others = problems
    detail = f"{first.detail} ({subject})"
    if others:
        detail += f" Nor can be used: {', '.join(name for name, _ in others[:MOST_NAMED])}."
    return RejectedInput(first.model_copy(update={"detail": detail}))
