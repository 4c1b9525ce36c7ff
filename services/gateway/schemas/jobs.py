"""Jobs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.gateway.schemas.common import (
    CUT_EXAMPLE,
    JOB_EXAMPLE,
    MIX_EXAMPLE,
    MODEL_EXAMPLE,
    POOL_EXAMPLE,
    PREVIEW_EXAMPLE,
    REPORT_EXAMPLE,
    SONG_EXAMPLE,
    TIME_EXAMPLE,
    Links,
    Problem,
    Schema,
)
from shared.jobs.records import State


class StageState(StrEnum):
    """How far a stage is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


class StageProgress(Schema):
    """How far the running tasks of a stage are, in the task's own unit."""

    done: float = Field(description="So much is done.", examples=[12])
    total: float = Field(description="Of so much.", examples=[60])
    unit: str = Field(description="What is counted.", examples=["epochs"])
    eta_s: float | None = Field(description="Seconds until it is done, if it can tell.", examples=[41.5])
    note: str | None = Field(description="What it is at.", examples=["loss 0.51"])


class Stage(Schema):
    """One kind of work on the way to the goal."""

    name: str = Field(
        description="`decode`, `cut`, `gaps`, `spectra`, `dataset`, `fit`, `pool`, `sequence`, `render`, "
        "`preview`, `view` or `report`.",
        examples=["fit"],
    )
    done: int = Field(description="Artifacts that are there.", examples=[0])
    total: int = Field(description="Artifacts that the goal needs.", examples=[1])
    state: StageState = Field(description="Whether a task is at it right now.")
    progress: StageProgress | None = Field(description="Of the task that is furthest behind.")


class Results(Schema):
    """Ids of all that the goal rests on, by kind; empty until the job has succeeded."""

    songs: list[str] = Field(default_factory=list, description="Songs.", examples=[[SONG_EXAMPLE]])
    cuts: list[str] = Field(default_factory=list, description="Cuts.", examples=[[CUT_EXAMPLE]])
    models: list[str] = Field(default_factory=list, description="Models.", examples=[[MODEL_EXAMPLE]])
    pools: list[str] = Field(default_factory=list, description="Pools.", examples=[[POOL_EXAMPLE]])
    analyses: list[str] = Field(default_factory=list, description="Analyses.", examples=[[]])
    mixes: list[str] = Field(default_factory=list, description="Mixes.", examples=[[MIX_EXAMPLE]])
    previews: list[str] = Field(default_factory=list, description="Previews.", examples=[[PREVIEW_EXAMPLE]])
    reports: list[str] = Field(default_factory=list, description="Reports.", examples=[[REPORT_EXAMPLE]])


class JobSummary(Schema):
    """A job, as lists show it."""

    id: str = Field(description="The job's id.", examples=[JOB_EXAMPLE])
    state: State = Field(
        description="`queued`: waits for a worker; `running`: a worker is at it; the others are final."
    )
    goal: str = Field(
        description="What was asked for: `song`, `cuts`, `model`, `pool`, `mix`, `revision`, "
        "`preview`, `view` or `report`.",
        examples=["mix"],
    )
    accepted_at: datetime = Field(description="When it was accepted.", examples=[TIME_EXAMPLE])
    ended_at: datetime | None = Field(description="When it ended.", examples=[None])
    mix: str | None = Field(description="The mix that it made.", examples=[MIX_EXAMPLE])
    preview: str | None = Field(description="The preview that it made.", examples=[None])
    report: str | None = Field(description="The report that it made.", examples=[None])
    problem: Problem | None = Field(description="Why it failed.", examples=[None])
    links: Links


class Job(JobSummary):
    """One request's work, from accepted to a final state."""

    progress: float = Field(
        description="How much of the work is done, from 0 to 1, roughly.", examples=[0.42]
    )
    eta_s: float | None = Field(
        description="Seconds until it ends, roughly; null while no task can tell.", examples=[58.0]
    )
    stages: list[Stage] = Field(description="The work in its order.")
    result: Results = Field(description="What it made or found.")
    warning: str | None = Field(
        description="Why it does not move, if that is known.",
        examples=["No chunker worker takes work; the job waits until one does."],
    )
