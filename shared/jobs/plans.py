"""What a plan is: the stages on the way to a job's goal, what of them is there, and what can be made now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, Problem
from shared.store.specs import Spec

Find = Callable[[Artifact], Manifest | None]
"""Look a manifest up; None where the artifact is not committed."""

STAGE_OF: dict[Kind, str] = {
    Kind.SONG: "decode",
    Kind.ANALYSIS: "analyse",
    Kind.CUT: "cut",
    Kind.GAPPED: "gaps",
    Kind.SPECTRA: "spectra",
    Kind.DATASET: "dataset",
    Kind.MODEL: "fit",
    Kind.POOL: "pool",
    Kind.SEQUENCE: "sequence",
    Kind.MIX: "render",
    Kind.PREVIEW: "preview",
    Kind.VIEW: "view",
    Kind.REPORT: "report",
    Kind.BLOCK: "air",
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

    def expect(self, totals: dict[Kind, int]) -> None:
        """Say how many artifacts of each kind the goal takes."""
        for kind, total in totals.items():
            if total:
                self.stages[kind] = Stage(STAGE_OF[kind], total)

    def settle(self, kind: Kind, total: int) -> None:
        """Say how many artifacts of a kind the goal takes after all, before it is made."""
        if not total:
            self.stages.pop(kind, None)
        elif kind in self.stages:
            self.stages[kind].total = total
        else:
            last = list(self.stages)[-1]
            goal = self.stages.pop(last)
            self.stages |= {kind: Stage(STAGE_OF[kind], total), last: goal}
