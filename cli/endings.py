"""How commands end: the exit code of each error, and what programs are told of it."""

from __future__ import annotations

from typing import Any

from segue_client import ApiProblem, Away, ClientError, JobCancelled, NoGateway
from shared.errors import AlreadyRunning, BadSetting, MachineError, SegueError, Unavailable

DONE, FAILED, USAGE, NO_GATEWAY, CANCELLED = 0, 1, 2, 3, 130
EXIT_CODES = (
    "Exit codes: 0 done; 1 what was asked for failed; 2 wrong usage; 3 no gateway, or its servers do not "
    "start; 130 cancelled."
)


def exit_code(error: SegueError | ClientError) -> int:
    """Return the exit code that an error ends a command with."""
    match error:
        case JobCancelled():
            return CANCELLED
        case Unavailable() | MachineError() | AlreadyRunning() | NoGateway() | Away():
            return NO_GATEWAY
        case ApiProblem():
            return USAGE if error.is_usage else FAILED
        case _:
            return USAGE if isinstance(error, BadSetting) else FAILED


def as_document(error: SegueError | ClientError) -> dict[str, Any]:
    """Return what `--json` prints of an error: the problem document, as the gateway gave it or like it."""
    if isinstance(error, ClientError):
        return error.as_problem()
    return {"type": f"urn:segue:problem:{error.slug}", "title": error.title, "detail": str(error)}
