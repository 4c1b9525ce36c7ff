"""What only the command line can fail with, and the exit code of each error."""

from __future__ import annotations

from typing import Any

from cli.documents import Job, Problem
from shared.errors import AlreadyRunning, BadSetting, InputError, MachineError, SegueError, Unavailable

DONE, FAILED, USAGE, NO_GATEWAY, CANCELLED = 0, 1, 2, 3, 130
EXIT_CODES = (
    "Exit codes: 0 done; 1 what was asked for failed; 2 wrong usage; 3 no gateway, or its servers do not "
    "start; 130 cancelled."
)
_USAGE_SLUGS = ("bad-setting", "bad-request")
_AWAY_STATUSES = (502, 503, 504)


class NoGateway(Unavailable):
    """No gateway answers."""

    slug = "no-gateway"
    title = "No gateway answers"

    def __init__(self, found: str = "No gateway runs here") -> None:
        super().__init__(f"{found}. Start one with `segue up`, or name one with --url.")


class ApiProblem(SegueError):
    """The gateway answered with a problem document."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        fields = [f"{one['field']}: {one['needed']}, not {one['found']!r}" for one in problem["errors"]]
        super().__init__("\n  ".join([problem["detail"], *fields]))

    @property
    def is_unavailability(self) -> bool:
        """Whether the gateway, or a server behind it, is away for now."""
        return self.problem["status"] in _AWAY_STATUSES

    @property
    def is_usage(self) -> bool:
        """Whether a value was out of range or unknown."""
        return self.problem["type"].rsplit(":", 1)[-1] in _USAGE_SLUGS


class JobFailed(SegueError):
    """A job ended without what was asked for."""

    slug = "job-failed"
    title = "The job failed"

    def __init__(self, job: Job) -> None:
        self.job = job
        cause = job["problem"]["detail"] if job["problem"] else "It did not say why."
        super().__init__(f"Job {job['id'][:12]} {job['state']}: {cause}")


class JobCancelled(SegueError):
    """Someone cancelled the job."""

    slug = "job-cancelled"
    title = "The job was cancelled"

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(f"Job {job['id'][:12]} was cancelled. Ask again to go on from what is there.")


class NoSongs(InputError):
    """None of what was given can be used."""

    slug = "no-songs"
    title = "No song to work on"


class NotABackup(InputError):
    """A folder holds no backup that can be used."""

    slug = "not-a-backup"
    title = "Not a backup"

    def __init__(self, folder: str, *, found: str, remedy: str) -> None:
        super().__init__(f"{folder} holds {found}, not a whole backup. {remedy}")


class NothingStored(InputError):
    """There is no bucket to copy."""

    slug = "nothing-stored"
    title = "Nothing is stored"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"Under {folder} no Segue has stored anything. Name its data folder with --data, or another "
            "object store with SEGUE_S3_ENDPOINT and its keys."
        )


class BackupDamaged(SegueError):
    """Objects are not what their records say."""

    slug = "backup-damaged"
    title = "Some of it is damaged"

    def __init__(self, damaged: list[str]) -> None:
        shown = "\n  ".join(damaged[:20])
        super().__init__(
            f"{len(damaged)} records were left out, since what they name is not what they say; all others "
            f"were copied. Delete and make these anew, or take them from an older backup:\n  {shown}"
        )


class AmbiguousId(InputError):
    """The beginning of an id fits several."""

    slug = "ambiguous-id"
    title = "An id is ambiguous"

    def __init__(self, kind: str, prefix: str, fitting: list[str]) -> None:
        named = ", ".join(one[:16] for one in fitting[:5])
        super().__init__(f"{len(fitting)} {kind} begin with {prefix!r} ({named}). Give more of the id.")


def exit_code(error: SegueError) -> int:
    """Return the exit code that an error ends a command with."""
    if isinstance(error, JobCancelled):
        return CANCELLED
    if isinstance(error, Unavailable | MachineError | AlreadyRunning):
        return NO_GATEWAY
    if isinstance(error, ApiProblem):
        return NO_GATEWAY if error.is_unavailability else USAGE if error.is_usage else FAILED
    return USAGE if isinstance(error, BadSetting) else FAILED


def as_document(error: SegueError) -> dict[str, Any]:
    """Return what `--json` prints of an error: the problem document, as the gateway gave it or like it."""
    if isinstance(error, ApiProblem):
        return dict(error.problem)
    if isinstance(error, JobFailed) and error.job["problem"]:
        return dict(error.job["problem"])
    return {"type": f"urn:segue:problem:{error.slug}", "title": error.title, "detail": str(error)}
