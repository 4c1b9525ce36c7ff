"""The planner, as the pure function that it is: manifests in, missing artifacts out."""

from __future__ import annotations

from shared.jobs.pipeline import Plan, make_plan
from shared.jobs.recipes import CutSongs, DecodeSong, MakeMix, Part, Recipe
from shared.parameters import Cut, Sequencing, Training
from shared.store.keys import Artifact, Kind
from shared.store.manifests import (
    CutFacts,
    DatasetFacts,
    Document,
    Manifest,
    MixFacts,
    ModelFacts,
    PoolFacts,
    Problem,
    SequenceFacts,
    SongFacts,
    SpectraFacts,
)
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

A, B = "a" * 64, "b" * 64
TENANT = "someone"


def facts_for(spec: Spec) -> Document:
    match spec:
        case SongSpec():
            return SongFacts(sample_rate_hz=8000, channels=1, frames=80, duration_s=0.01, peak=1, codec="x")
        case CutSpec(song=song):
            return CutFacts(
                song=song,
                sample_rate_hz=8000,
                channels=1,
                boundaries=[0, 80],
                threshold_dbfs=None,
                format="flac",
            )
        case SpectraSpec(song=song):
            return SpectraFacts(song=song, frames=3)
        case DatasetSpec():
            return DatasetFacts(chunks=1, train_songs=[], held_out_songs=[])
        case ModelSpec():
            return ModelFacts(
                approach="linear",
                settings={},
                seed=0,
                weights_sha256="w",
                epochs=0,
                fit_s=0,
                train_songs=[],
                held_out_songs=[],
                summary={},
            )
        case PoolSpec(cuts=cuts):
            return PoolFacts(approach="linear", cuts=list(cuts), songs=[], counts=[])
        case SequenceSpec():
            return SequenceFacts(steps=[])
        case MixSpec():
            return MixFacts(
                title="t",
                format="mp3",
                duration_s=1,
                sample_rate_hz=8000,
                channels=1,
                chunks=1,
                songs=1,
                approach="x",
            )
    raise AssertionError(spec)


class World:
    """The manifests there are, and the songs whose bytes are there."""

    def __init__(self, *songs: str) -> None:
        self.songs = set(songs)
        self.manifests: dict[Artifact, Manifest] = {}

    def plan(self, recipe: Recipe) -> Plan:
        return make_plan(TENANT, recipe, self.manifests.get, self.songs.__contains__)

    def commit(self, spec: Spec) -> None:
        document = {"producer": 1, "spec": spec, "attempt": "x", "facts": facts_for(spec)}
        self.manifests[spec.artifact(TENANT)] = Manifest.model_validate(document)

    def reject(self, spec: Spec) -> None:
        problem = Problem(slug="not-audio", title="Not audio", detail="It is a text.")
        document = {"producer": 1, "spec": spec, "attempt": "x", "problem": problem}
        self.manifests[spec.artifact(TENANT)] = Manifest.model_validate(document)

    def run(self, recipe: Recipe) -> list[list[str]]:
        """Make what is ready, round by round; return what each round made."""
        rounds = []
        while (plan := self.plan(recipe)).ready:
            rounds.append(sorted(str(spec.artifact_kind) for spec in plan.ready))
            for spec in plan.ready:
                self.commit(spec)
        return rounds


def mix(**changes: object) -> MakeMix:
    values = {"parts": (Part(song=A), Part(song=B)), "model": Training(), **changes}
    return MakeMix.model_validate(values)


def test_a_mix_is_made_stage_by_stage() -> None:
    world = World(A, B)
    assert world.run(mix()) == [
        ["songs", "songs"],
        ["cuts", "cuts"],
        ["spectra", "spectra"],
        ["datasets"],
        ["models"],
        ["pools"],
        ["sequences"],
        ["mixes"],
    ]
    plan = world.plan(mix())
    assert plan.complete
    assert [goal.kind for goal in plan.goals] == [Kind.MIX]
    assert all(stage.done == stage.total for stage in plan.stages.values())


def test_a_song_goes_on_while_another_is_behind() -> None:
    world = World(A, B)
    world.commit(SongSpec(song=A))
    ready = world.plan(mix()).ready
    assert {(spec.artifact_kind, spec.song) for spec in ready} == {(Kind.SONG, B), (Kind.CUT, A)}  # type: ignore[attr-defined]


def test_what_exists_is_not_made_again() -> None:
    world = World(A, B)
    world.run(mix())
    assert world.plan(mix()).ready == []
    longer = world.plan(mix(sequencing=Sequencing(chunks=31)))
    assert [spec.artifact_kind for spec in longer.ready] == [Kind.SEQUENCE]


def test_a_mix_with_a_model_trains_nothing() -> None:
    world = World(A, B)
    world.run(mix())
    model = next(artifact for artifact in world.manifests if artifact.kind is Kind.MODEL)
    assert not {Kind.DATASET, Kind.MODEL, Kind.SPECTRA} & set(world.plan(mix(model=model.key)).stages)
    assert world.plan(mix(model=model.key)).complete


def test_a_model_that_is_gone_fails_the_job() -> None:
    problem = World(A, B).plan(mix(model="c" * 64)).problem
    assert problem is not None
    assert problem.slug == "model-gone"


def test_a_rejected_song_fails_every_job_that_needs_it_and_names_it() -> None:
    world = World(A, B)
    world.reject(SongSpec(song=B))
    plan = world.plan(mix())
    assert plan.problem is not None
    assert "It is a text." in plan.problem.detail
    assert B in plan.problem.detail
    assert not plan.complete


def test_a_deleted_song_fails_the_job_instead_of_waiting_for_ever() -> None:
    problem = World(A).plan(mix()).problem
    assert problem is not None
    assert problem.slug == "song-gone"


def test_the_same_part_twice_is_one_cut() -> None:
    world = World(A)
    recipe = CutSongs(parts=(Part(song=A), Part(song=A)))
    assert world.run(recipe) == [["songs"], ["cuts"]]
    assert len(world.plan(recipe).goals) == 1


def test_two_cuts_of_one_song_decode_it_once() -> None:
    parts = (Part(song=A), Part(song=A, cut=Cut(method="equal")))
    assert World(A).run(CutSongs(parts=parts)) == [["songs"], ["cuts", "cuts"]]


def test_decoding_has_the_song_as_its_goal() -> None:
    world = World(A)
    recipe = DecodeSong(song=A)
    assert not world.plan(recipe).complete
    world.run(recipe)
    assert world.plan(recipe).goals == [Artifact(TENANT, Kind.SONG, A)]


def test_keys_depend_on_parameters_and_not_on_the_tenant() -> None:
    fine, coarse = CutSpec(song=A, cut=Cut(chunk_s=1.0)), CutSpec(song=A, cut=Cut(chunk_s=2.0))
    assert fine.artifact("x").key != coarse.artifact("x").key
    assert fine.artifact("x").key == fine.artifact("y").key
    assert fine.artifact("x") != fine.artifact("y")
