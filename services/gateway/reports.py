"""Reports: which there are, that of a model, what is told where there is none, and how one is served."""

from __future__ import annotations

from fastapi import Request, Response

from services.gateway import library
from services.gateway.backend import Backend
from services.gateway.paging import readable
from services.gateway.ranges import serve_payload
from shared.errors import NotFound, SegueError
from shared.jobs.follow_ups import report_job_id
from shared.jobs.recipes import EvaluateModel
from shared.jobs.records import Job, State
from shared.judging import LEAST_JUDGED_SONGS
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, ModelFacts
from shared.store.specs import ReportSpec

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""A page is text, styles and drawings of its own; titles of songs in it must never become a script."""

MAY_CHANGE = "private, no-cache"


class NoReport(NotFound):
    """A model has no report yet."""

    slug = "no-report"
    title = "There is no report yet"

    def __init__(self, model: str, state: str) -> None:
        self.kind, self.name = "report", model
        SegueError.__init__(self, f"There is no report on model {model} yet. {state}")


def all_reports(backend: Backend, tenant: str) -> dict[str, Manifest]:
    """Return the manifests of all reports that were made and can be read, by id."""
    artifacts = backend.artifacts
    keys = artifacts.keys(tenant, Kind.REPORT)
    found = readable(keys, lambda key: artifacts.find(Artifact(tenant, Kind.REPORT, key)))
    return {key: manifest for key, manifest in found if manifest.problem is None}


def newest_report(backend: Backend, tenant: str, model_id: str) -> Artifact:
    """Return the newest report on a model as it is fitted now.

    Raises:
        NotFound: there is no such model.
        NoReport: none was made.
    """
    model = library.made(backend, tenant, Kind.MODEL, model_id).expect(ModelFacts)
    fitting = {
        key: manifest
        for key, manifest in all_reports(backend, tenant).items()
        if isinstance(manifest.spec, ReportSpec)
        and (manifest.spec.model, manifest.spec.weights_sha256) == (model_id, model.weights_sha256)
    }
    if not fitting:
        raise NoReport(model_id, _state_of(backend, tenant, model_id, model))
    newest = max(fitting, key=lambda key: fitting[key].created_at)
    return Artifact(tenant, Kind.REPORT, newest)


def delete_reports_on(backend: Backend, model: Artifact) -> None:
    """Delete all reports on a model that is gone; a job that needed one of them needed the model as well."""
    for key, manifest in all_reports(backend, model.tenant).items():
        if isinstance(manifest.spec, ReportSpec) and manifest.spec.model == model.key:
            library.delete(backend, Artifact(model.tenant, Kind.REPORT, key))


def serve_report(request: Request, backend: Backend, report: Artifact, *, page: bool) -> Response:
    """Return a report as a page, or as JSON."""
    if not page:
        return serve_payload(request, backend, report, "report.json", filename="report.json")
    answer = serve_payload(request, backend, report, "report.html", filename="report.html")
    answer.headers["Content-Security-Policy"] = PAGE_POLICY
    return answer


def serve_newest(request: Request, backend: Backend, report: Artifact, *, page: bool) -> Response:
    """Return the newest report on a model: at the same address another may lie tomorrow."""
    answer = serve_report(request, backend, report, page=page)
    own = f"/v1/reports/{report.key}"
    answer.headers["Cache-Control"] = MAY_CHANGE
    answer.headers["Content-Location"] = f"{own}/page" if page else own
    answer.headers["Vary"] = "Accept"
    return answer


def prefers_page(request: Request) -> bool:
    """Tell whether a client asks for HTML, as browsers do, and not for JSON as well."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and "application/json" not in accepted


def _state_of(backend: Backend, tenant: str, model_id: str, model: ModelFacts) -> str:
    """Tell whether a report is under way, what became of the one after the fit, and how to ask for one."""
    ask = f"Ask for one with POST /v1/models/{model_id}/report"
    for job in backend.open_jobs(tenant):
        if isinstance(job.accepted.recipe, EvaluateModel) and job.accepted.recipe.model == model_id:
            return f"Job {job.id} is at one; follow it at /v1/jobs/{job.id}."
    after_fit = backend.records.find(tenant, report_job_id(tenant, model_id, model.weights_sha256))
    if after_fit is not None:
        return f"{_end_of(after_fit)} {ask}, naming other songs if you like."
    if len(model.held_out_songs) < LEAST_JUDGED_SONGS:
        return f"Its fit held out too few songs to be judged on. {ask}, naming at least two songs."
    return f"{ask}."


def _end_of(job: Job) -> str:
    outcome = job.outcome
    if outcome is None or outcome.state is State.SUCCEEDED:
        return "The one made after its fit was deleted."
    cause = outcome.problem.detail if outcome.problem else "It was cancelled."
    return f"Job {job.id}, which was to make one after the fit, {outcome.state}: {cause}"
