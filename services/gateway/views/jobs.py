"""Jobs as clients see them: a pure function of a job, its plan, and what Valkey knows of it.

The weights of stages are rough seconds of one artifact on two cores. They shape the progress bar and the
ETA, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.gateway.problems import job_problem
from services.gateway.schemas.jobs import (
    Job,
    JobSummary,
    Results,
    Stage,
    StageProgress,
    StageState,
)
from shared.jobs import records
from shared.jobs.plans import Plan
from shared.jobs.progress import Progress
from shared.jobs.recipes import BuildPool, EvaluateModel, FitModel, MakeMix, Recipe
from shared.jobs.records import State
from shared.learning.approaches import APPROACHES, Network
from shared.parameters import Training
from shared.queue import TASK_OF, Queue
from shared.store.keys import Artifact, Kind

TYPICAL_S: Mapping[Kind, float] = {
    Kind.SONG: 3.0,
    Kind.ANALYSIS: 4.0,
    Kind.CUT: 4.0,
    Kind.GAPPED: 4.0,
    Kind.SPECTRA: 3.0,
    Kind.DATASET: 3.0,
    Kind.MODEL: 8.0,
    Kind.POOL: 3.0,
    Kind.SEQUENCE: 3.0,
    Kind.MIX: 6.0,
    Kind.PREVIEW: 1.0,
    Kind.VIEW: 1.0,
    Kind.REPORT: 30.0,
}
TYPICAL_NETWORK_FIT_S = 90.0


@dataclass(frozen=True)
class Pulse:
    """What Valkey knows of a job's missing artifacts."""

    running: frozenset[Artifact] = frozenset()
    progress: Mapping[Artifact, Progress] = field(default_factory=dict)
    workers: Mapping[Queue, int] | None = None
    """Workers per queue that live and hear it; None: Valkey does not answer."""

    def fraction(self, artifact: Artifact) -> float:
        """Return how much of a running artifact is done, from 0 to 1."""
        told = self.progress.get(artifact)
        if artifact not in self.running or told is None or told.total <= 0:
            return 0.0
        return min(1.0, max(0.0, told.done / told.total))


def job_view(job: records.Job, plan: Plan, pulse: Pulse) -> Job:
    """Show a job.

    Args:
        job: its records.
        plan: what is missing on the way to its goal now.
        pulse: what is known of work on `plan.missing`.
    """
    is_open = job.outcome is None
    succeeded = job.outcome is not None and job.outcome.state is State.SUCCEEDED
    summary = summary_of(job, is_running=is_open and bool(pulse.running & set(plan.missing)))
    return Job(
        **summary.model_dump(),
        progress=1.0 if succeeded else overall_progress(job.accepted.recipe, plan, pulse),
        eta_s=remaining_s(job.accepted.recipe, plan, pulse) if is_open else None,
        stages=stages_of(plan, pulse, all_done=succeeded),
        result=Results.model_validate(job.outcome.result if job.outcome else {}),
        warning=warning_of(plan, pulse) if is_open else None,
    )


def summary_of(job: records.Job, *, is_running: bool) -> JobSummary:
    """Show a job as lists do."""
    outcome, path = job.outcome, f"/v1/jobs/{job.id}"
    mix, preview, report = (_first_of(outcome, kind) for kind in (Kind.MIX, Kind.PREVIEW, Kind.REPORT))
    # A preview and a look into the pool rest on a mix, and make none.
    mix = None if preview or job.accepted.recipe.goal == "view" else mix
    cause = outcome.problem if outcome else None
    links = {"self": path, "events": f"{path}/events"}
    links |= {"mix": f"/v1/mixes/{mix}"} if mix else {}
    links |= {"preview": f"/v1/previews/{preview}"} if preview else {}
    links |= {"report": f"/v1/reports/{report}"} if report else {}
    return JobSummary(
        id=job.id,
        state=outcome.state if outcome else State.RUNNING if is_running else State.QUEUED,
        goal=job.accepted.recipe.goal,
        accepted_at=job.accepted.accepted_at,
        ended_at=outcome.ended_at if outcome else None,
        mix=mix,
        preview=preview,
        report=report,
        problem=job_problem(cause, path) if cause else None,
        links=links,
    )


def stages_of(plan: Plan, pulse: Pulse, *, all_done: bool = False) -> list[Stage]:
    """Show the stages of a plan in their order.

    Args:
        plan: what is missing now.
        pulse: what is known of work on it.
        all_done: the job has succeeded, whatever was deleted since.
    """
    return [
        Stage(
            name=stage.name,
            done=stage.total if all_done else stage.done,
            total=stage.total,
            state=StageState.DONE if all_done or stage.done >= stage.total else _state_of(plan, pulse, kind),
            progress=None if all_done else _progress_of(plan, pulse, kind),
        )
        for kind, stage in plan.stages.items()
    ]


def overall_progress(recipe: Recipe, plan: Plan, pulse: Pulse) -> float:
    """Return how much of the work is done, from 0 to 1, stages weighted by what they typically take."""
    weights = {kind: typical_s(kind, recipe) for kind in plan.stages}
    total_s = sum(weights[kind] * stage.total for kind, stage in plan.stages.items())
    done_s = sum(weights[kind] * stage.done for kind, stage in plan.stages.items())
    begun_s = sum(weights.get(one.kind, 0.0) * pulse.fraction(one) for one in plan.missing)
    return min(1.0, (done_s + begun_s) / total_s) if total_s else 0.0


def remaining_s(recipe: Recipe, plan: Plan, pulse: Pulse) -> float | None:
    """Return about how many seconds are left: what running tasks say, and what the rest typically takes.

    Returns:
        None while no running task can tell.
    """
    told = {one: report for one, report in pulse.progress.items() if one in pulse.running}
    etas = [report.eta_s for report in told.values() if report.eta_s is not None]
    if not etas:
        return None
    rest_s = sum(
        typical_s(kind, recipe) * (stage.total - stage.done - sum(one.kind is kind for one in told))
        for kind, stage in plan.stages.items()
    )
    return max(etas) + max(0.0, rest_s)


def typical_s(kind: Kind, recipe: Recipe) -> float:
    """Return about how long one artifact of a kind takes, in seconds."""
    if kind is Kind.MODEL and isinstance(APPROACHES.get(_approach_of(recipe) or ""), Network):
        return TYPICAL_NETWORK_FIT_S
    return TYPICAL_S[kind]


def warning_of(plan: Plan, pulse: Pulse) -> str | None:
    """Return why an open job does not move, if that is known."""
    if pulse.workers is None:
        return "The queue (Valkey) does not answer; progress is not known, and the job goes on when it does."
    waiting = {TASK_OF[one.kind].queue for one in plan.missing if one not in pulse.running}
    idle = [queue for queue in Queue if queue in waiting and not pulse.workers.get(queue)]
    if not idle:
        return None
    return f"No {' and no '.join(idle)} worker takes work; the job waits until one does."


def _first_of(outcome: records.Outcome | None, kind: Kind) -> str | None:
    made = outcome.result.get(kind, []) if outcome else []
    return made[0] if made else None


def _approach_of(recipe: Recipe) -> str | None:
    match recipe:
        case FitModel():
            return recipe.training.approach
        case BuildPool() | MakeMix() | EvaluateModel() if isinstance(recipe.model, Training):
            return recipe.model.approach
        case _:
            return None


def _running_of(plan: Plan, pulse: Pulse, kind: Kind) -> list[Artifact]:
    return [one for one in plan.missing if one.kind is kind and one in pulse.running]


def _state_of(plan: Plan, pulse: Pulse, kind: Kind) -> StageState:
    return StageState.RUNNING if _running_of(plan, pulse, kind) else StageState.WAITING


def _progress_of(plan: Plan, pulse: Pulse, kind: Kind) -> StageProgress | None:
    """Return the progress of the running task that is furthest behind."""
    telling = [one for one in _running_of(plan, pulse, kind) if one in pulse.progress]
    if not telling:
        return None
    told = pulse.progress[min(telling, key=pulse.fraction)]
    return StageProgress(done=told.done, total=told.total, unit=told.unit, eta_s=told.eta_s, note=told.note)
