"""What is asked for by itself: after every fit, a report on the songs that the model held out."""

from __future__ import annotations

from shared.jobs.plans import Find, Plan
from shared.jobs.recipes import EvaluateModel
from shared.jobs.records import Job, job_id
from shared.judging import LEAST_JUDGED_SONGS, Protocol
from shared.store.keys import Kind
from shared.store.manifests import ModelFacts

HELD_OUT_PROTOCOL = Protocol(chunks_per_song=None)
"""Held-out songs are those there are, and may be short: so many chunks are judged as most of them have."""


def report_job_id(tenant: str, model: str, weights_sha256: str) -> str:
    """Return the id of the job that reports on a model after its fit, whoever asks for it."""
    # No Idempotency-Key of a request holds a line feed, so none gives this id.
    return job_id(tenant, f"report\n{model}\n{weights_sha256}")


def report_after_fit(job: Job, plan: Plan, find: Find) -> tuple[str, EvaluateModel] | None:
    """Return id and recipe of the report on the model that a job had fitted, once its plan is complete.

    Returns:
        None where the job fitted no model or is for a report itself, or too few songs were held out.
    """
    if Kind.MODEL not in plan.stages or isinstance(job.accepted.recipe, EvaluateModel):
        return None
    model = next(artifact for artifact in plan.needed if artifact.kind is Kind.MODEL)
    manifest = find(model)
    if manifest is None:
        return None  # Deleted a moment ago.
    facts = manifest.expect(ModelFacts)
    if len(facts.held_out_songs) < LEAST_JUDGED_SONGS:
        return None
    recipe = EvaluateModel(model=model.key, protocol=HELD_OUT_PROTOCOL)
    return report_job_id(job.tenant, model.key, facts.weights_sha256), recipe
