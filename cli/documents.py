"""The documents of the API, as far as the command line reads them; the rest goes through as it is."""

from __future__ import annotations

from typing import Any, TypedDict

Document = dict[str, Any]
"""A document that is only shown."""


class FieldError(TypedDict):
    """What is wrong with one field of a request."""

    field: str
    found: Any
    needed: str


class Problem(TypedDict):
    """Why a request or a job failed (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError]


class Song(TypedDict):
    """An uploaded song."""

    id: str
    state: str
    name: str
    title: str
    duration_s: float | None
    problem: Problem | None
    job: str | None


class StageProgress(TypedDict):
    """How far the running task of a stage is."""

    done: float
    total: float
    unit: str
    eta_s: float | None
    note: str | None


class Stage(TypedDict):
    """One kind of work of a job."""

    name: str
    done: int
    total: int
    state: str
    progress: StageProgress | None


class Job(TypedDict):
    """One request's work."""

    id: str
    state: str
    goal: str
    progress: float
    eta_s: float | None
    stages: list[Stage]
    result: dict[str, list[str]]
    mix: str | None
    preview: str | None
    report: str | None
    problem: Problem | None
    warning: str | None


ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""The final states of a job."""
