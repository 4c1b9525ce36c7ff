"""What can go wrong.

    ClientError
    ├── NoGateway           nothing answers, or not as Segue does
    ├── ApiProblem          the gateway answered with a problem document (RFC 9457)
    │   ├── Refused         a key is needed, or it is the wrong one
    │   ├── NotFound        there is no such thing, or it is another tenant's
    │   ├── Conflict        it is needed by a job, or has ended already
    │   └── Away            the gateway, or a server behind it, is away or full for now
    ├── OtherFile           a file has changed since its upload began
    ├── JobFailed           a job ended without what was asked for
    └── JobCancelled        someone cancelled it

Each says what was found, what was needed and what to do.
"""

from __future__ import annotations

from typing import Any, cast

from segue_client.documents import Job, Problem

__all__ = [
    "ApiProblem",
    "Away",
    "ClientError",
    "Conflict",
    "JobCancelled",
    "JobFailed",
    "NoGateway",
    "NotFound",
    "OtherFile",
    "Refused",
    "problem_error",
]

_USAGE_SLUGS = ("bad-setting", "bad-request")
SHOWN_ID = 12


class ClientError(Exception):
    """Any of the errors of this package."""

    slug = "client-error"
    """Names the kind of error for programs."""
    title = "The client failed"

    def as_problem(self) -> dict[str, Any]:
        """Return the error as a problem document: the gateway's own, or one like it."""
        return {"type": f"urn:segue:problem:{self.slug}", "title": self.title, "detail": str(self)}


class NoGateway(ClientError):
    """No gateway answers."""

    slug = "no-gateway"
    title = "No gateway answers"

    def __init__(self, found: str = "No gateway runs here") -> None:
        super().__init__(f"{found}. Start one with `segue up`, or name another address (--url of a command).")


class ApiProblem(ClientError):
    """The gateway answered with a problem document."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.slug, self.title = problem["type"].rsplit(":", 1)[-1], problem["title"]
        fields = [
            f"{one['field']}: {one['needed']}, not {one['found']!r}" for one in problem.get("errors") or []
        ]
        super().__init__("\n  ".join([problem["detail"], *fields]))

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.problem["status"]

    @property
    def is_usage(self) -> bool:
        """Whether a value was out of range or unknown."""
        return self.slug in _USAGE_SLUGS

    def as_problem(self) -> dict[str, Any]:
        """Return the problem document."""
        return cast(dict[str, Any], self.problem)


class Refused(ApiProblem):
    """A key is needed, or the one that was given opens nothing or not this."""


class NotFound(ApiProblem):
    """There is no such thing, or it is another tenant's."""


class Conflict(ApiProblem):
    """It cannot be done as things stand: a job needs the thing, or has ended."""


class Away(ApiProblem):
    """The gateway, or a server behind it, is away or has no place left for now."""


_BY_STATUS: dict[int, type[ApiProblem]] = {
    401: Refused,
    403: Refused,
    404: NotFound,
    409: Conflict,
    502: Away,
    503: Away,
    504: Away,
}


def problem_error(problem: Problem) -> ApiProblem:
    """Return the error that a problem document is."""
    return _BY_STATUS.get(problem["status"], ApiProblem)(problem)


class OtherFile(ClientError):
    """An upload was begun for a file of another size."""

    slug = "other-file"
    title = "Not the file that was begun with"

    def __init__(self, name: str, *, size_bytes: int, begun_bytes: int) -> None:
        super().__init__(
            f"{name} has {size_bytes} bytes, and its upload was begun for {begun_bytes}: it has changed, or "
            "is another file. Begin a new upload."
        )


class JobFailed(ClientError):
    """A job ended without what was asked for."""

    slug = "job-failed"
    title = "The job failed"

    def __init__(self, job: Job) -> None:
        self.job = job
        cause = job["problem"]["detail"] if job["problem"] else "It did not say why."
        super().__init__(f"Job {job['id'][:SHOWN_ID]} {job['state']}: {cause}")

    def as_problem(self) -> dict[str, Any]:
        """Return the job's own problem, if it tells one."""
        told = self.job["problem"]
        return cast(dict[str, Any], told) if told else super().as_problem()


class JobCancelled(ClientError):
    """Someone cancelled the job."""

    slug = "job-cancelled"
    title = "The job was cancelled"

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(f"Job {job['id'][:SHOWN_ID]} was cancelled. Ask again to go on from what is there.")
