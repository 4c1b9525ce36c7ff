"""Planning changes of mixes: only what is new is made, and it is told what was changed of what."""

from __future__ import annotations

import pytest

from shared.errors import NotFound, PartsGone
from shared.jobs.lineage import ancestors_of, parent_of, revision_of
from shared.jobs.pipeline import make_plan
from shared.jobs.plans import Plan
from shared.jobs.recipes import PreviewSeam, Recipe, ReviseMix, ViewPool
from shared.revisions import Remove, SeamChange, SeamEdit, Swap
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Problem
from shared.store.specs import MixSpec, RevisedSpec
from tests.support.library import TENANT, Library

CUT_SEAM = SeamEdit(position=1, manner="cut")


class World(Library):
    """A library that makes what a plan calls for."""

    def __init__(self) -> None:
        super().__init__()
        self.song()
        self.first = self.mix().key

    def plan(self, recipe: Recipe) -> Plan:
        return make_plan(TENANT, recipe, self.get, lambda song: False)

    def run(self, recipe: Recipe) -> list[str]:
        """Make what is ready, round by round; return the kinds that were made."""
        made = []
        while (plan := self.plan(recipe)).ready and plan.problem is None:
            for spec in plan.ready:
                made.append(str(spec.artifact_kind))
                self.make(spec)
        return made

    def revise(self, mix: str, *edits: Swap | SeamEdit | Remove) -> str:
        """Revise a mix; return the new one's key."""
        recipe = ReviseMix(mix=mix, edits=edits)
        self.run(recipe)
        (goal,) = self.plan(recipe).goals
        return goal.key


def test_a_revision_makes_a_sequence_and_a_mix_and_nothing_else() -> None:
    world = World()
    recipe = ReviseMix(mix=world.first, edits=(Swap(position=1),))
    assert world.run(recipe) == ["sequences", "mixes"]
    plan = world.plan(recipe)
    assert plan.complete
    assert [(stage.done, stage.total) for stage in plan.stages.values()] == [(1, 1), (1, 1)]


def test_a_mix_that_a_job_made_comes_before_the_one_it_was_made_of() -> None:
    world = World()
    recipe = ReviseMix(mix=world.first, edits=(CUT_SEAM,))
    world.run(recipe)
    plan = world.plan(recipe)
    mixes = [one.key for one in plan.needed if one.kind is Kind.MIX]
    assert mixes == [plan.goals[0].key, world.first]


def test_the_same_edits_of_the_same_mix_give_the_same_revision() -> None:
    world = World()
    first = world.revise(world.first, CUT_SEAM)
    assert world.revise(world.first, CUT_SEAM) == first
    assert world.revise(world.first, CUT_SEAM, Swap(position=2)) != first
    assert world.revise(first, CUT_SEAM) != first


def test_a_revision_is_rendered_as_the_mix_was_and_chosen_by_the_same_wishes() -> None:
    world = World()
    key = world.revise(world.first, CUT_SEAM)
    mix, parent = (
        world[Artifact(TENANT, Kind.MIX, key)].spec,
        world[Artifact(TENANT, Kind.MIX, world.first)].spec,
    )
    assert isinstance(mix, MixSpec)
    assert isinstance(parent, MixSpec)
    assert mix.output == parent.output
    sequence = world[Artifact(TENANT, Kind.SEQUENCE, mix.sequence)].spec
    base = world[Artifact(TENANT, Kind.SEQUENCE, parent.sequence)].spec
    assert isinstance(sequence, RevisedSpec)
    assert base.model_dump(exclude={"of"}).items() <= sequence.model_dump().items()
    assert (sequence.mix, sequence.base) == (world.first, parent.sequence)


def test_revisions_of_revisions_are_a_line_back_to_the_first() -> None:
    world = World()
    second = world.revise(world.first, CUT_SEAM)
    third = world.revise(second, Swap(position=2))
    line = list(ancestors_of(TENANT, world[Artifact(TENANT, Kind.MIX, third)], world.get))
    assert [(made.mix, made.edits[0].edit) for made, _ in line] == [(second, "swap"), (world.first, "seam")]
    del world[Artifact(TENANT, Kind.MIX, second)]
    line = list(ancestors_of(TENANT, world[Artifact(TENANT, Kind.MIX, third)], world.get))
    assert [(made.mix, before) for made, before in line] == [(second, None)]
    assert revision_of(None) is None


def test_a_preview_is_one_piece_of_work_and_its_change_is_part_of_its_name() -> None:
    world = World()
    as_it_is = PreviewSeam(mix=world.first, position=1)
    assert world.run(as_it_is) == ["previews"]
    assert world.run(as_it_is) == []
    cut = as_it_is.model_copy(update={"change": SeamChange(manner="cut")})
    assert world.run(cut) == ["previews"]
    assert world.plan(cut).goals != world.plan(as_it_is).goals


def test_a_look_into_the_pool_is_one_piece_of_work_for_the_map_and_for_each_place() -> None:
    world = World()
    whole, second = ViewPool(mix=world.first), ViewPool(mix=world.first, position=1)
    assert world.run(whole) == world.run(second) == ["views"]
    assert world.run(whole) == []
    assert world.plan(whole).goals != world.plan(second).goals
    assert {Kind.POOL, Kind.MODEL, Kind.MIX} <= {one.kind for one in world.plan(second).needed}


@pytest.mark.parametrize("kind", [Kind.SONG, Kind.CUT, Kind.POOL, Kind.MODEL, Kind.SEQUENCE])
def test_what_a_mix_was_made_of_is_needed_and_where_it_is_gone_the_job_fails(kind: Kind) -> None:
    world = World()
    recipe = ReviseMix(mix=world.first, edits=(CUT_SEAM,))
    (gone,) = [one for one in world if one.kind is kind]
    assert gone in world.plan(recipe).needed
    del world[gone]
    plan = world.plan(recipe)
    assert plan.ready == []
    assert plan.problem is not None
    assert plan.problem.slug == "parts-gone"
    assert f"{kind.noun} {gone.key}" in plan.problem.detail
    with pytest.raises(PartsGone):
        parent_of(TENANT, world.first, world.get)


def test_a_mix_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="no mix"):
        parent_of(TENANT, "0" * 64, World().get)


def test_an_edit_that_failed_once_fails_the_job_and_renders_nothing() -> None:
    world = World()
    recipe = ReviseMix(mix=world.first, edits=(CUT_SEAM,))
    (spec,) = world.plan(recipe).ready
    world.reject(spec, Problem(slug="edit-impossible", title="No", detail="It plays on there."))
    plan = world.plan(recipe)
    assert plan.ready == []
    assert plan.problem is not None
    assert plan.problem.detail == "It plays on there."
