"""What is sent, read and waited for in a call of the API, without doing any of it.

A flow is a generator. It yields steps, is sent the outcome of each, and returns the result; `carrying.py`
does the steps, waiting or awaiting. So what to do about a lost answer, or about haste, is told once.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, TypeAlias, TypeVar, cast

import httpx

from segue_client.documents import Problem
from segue_client.errors import Away, NoGateway, problem_error

__all__ = [
    "Ask",
    "Flow",
    "Items",
    "LeftOut",
    "Open",
    "Pause",
    "Read",
    "Request",
    "Step",
    "Tell",
    "answered",
    "ask",
    "document_of",
    "pages",
    "persistently",
    "tell_left_out",
    "work",
]

log = logging.getLogger(__name__)
T = TypeVar("T")
LeftOut = Callable[[str], object]
"""Told the key in the store of each record that a list leaves out, since it cannot be read."""

PAGE = 200
TRIES = 3
"""What does no harm when it is done twice is tried so often, while no answer comes or the gateway is away."""
RETRY_S = 1.0
HASTY_TRIES, LONGEST_WAIT_S = 8, 60.0
"""Who has asked too often waits, each time so long at most, and asks again so often."""


@dataclass(frozen=True)
class Request:
    """What is asked of the gateway.

    Attributes:
        method: of HTTP.
        path: below `/v1/`, or from the root where it begins with a slash.
        params: of the query.
        headers: beside those that every request has.
        document: sent as JSON; None: nothing is.
        content: blocks of bytes, to be sent from the first each time it is iterated.
        quiet_s: an answer that says nothing for so long is given up; None: as usual.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    document: Any = None
    content: Any = None
    quiet_s: float | None = None


@dataclass(frozen=True)
class Ask:
    """Send a request; the outcome is the answer, read to its end."""

    request: Request


@dataclass(frozen=True)
class Open:
    """Send a request; the outcome is the answer, of which only an error is read."""

    request: Request


@dataclass(frozen=True)
class Read:
    """The outcome is the next bytes of the answer that was opened last, or None at its end."""


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Tell:
    """Hand an item out to whoever iterates."""

    item: Any


Step: TypeAlias = Ask | Open | Read | Pause | Tell
Flow: TypeAlias = Generator[Step, Any, T]


@dataclass(frozen=True)
class Items(Generic[T]):
    """A flow that tells items of one type."""

    flow: Flow[Any]


def ask(method: str, path: str, document: Any = None, **params: object) -> Flow[Any]:
    """Ask, and return the document of the answer; parameters that are None are left out.

    Raises:
        ApiProblem: the answer is a problem document.
        NoGateway: there is no answer, or none of Segue's.
    """
    answer = yield from answered(Ask(Request(method, path, _told(params), document=document)))
    return document_of(answer)


def work(path: str, document: Any = None) -> Flow[Any]:
    """Ask for work; return its job.

    An answer that was lost is asked for again; the Idempotency-Key keeps that from making a second job.
    """
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answer = yield from persistently(Ask(Request("POST", path, headers=headers, document=document)))
    return document_of(answer)


def tell_left_out(key: str) -> None:
    """Warn, in the log, of a record that a list leaves out."""
    log.warning("A list leaves out %s: it is damaged, or written by a later release of Segue.", key)


def pages(path: str, left_out: LeftOut, **params: object) -> Flow[None]:
    """Tell all items of a list, page by page, and call `left_out` for each that cannot be read."""
    cursor: str | None = None
    while True:
        found = yield from ask("GET", path, limit=PAGE, cursor=cursor, **params)
        for key in found.get("unreadable", ()):
            left_out(key)
        for item in found["items"]:
            yield Tell(item)
        cursor = found["next_cursor"]
        if cursor is None:
            return


def persistently(step: Ask) -> Flow[httpx.Response]:
    """Do what does no harm when it is done twice, until it is answered or was tried often enough."""
    for _ in range(TRIES - 1):
        try:
            return (yield from answered(step))
        except (NoGateway, Away):
            yield Pause(RETRY_S)
    return (yield from answered(step))


def answered(step: Ask | Open) -> Flow[httpx.Response]:
    """Send a request, again where that was too often: what was refused so has not begun.

    Raises:
        ApiProblem: the answer is a problem document.
    """
    answer: httpx.Response = yield step
    for _ in range(HASTY_TRIES - 1):
        if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS or not _is_haste(answer):
            break
        yield Pause(_asked_to_wait_s(answer))
        answer = yield step
    if answer.is_error or answer.is_redirect:
        raise problem_error(_problem_of(answer))
    return answer


def document_of(answer: httpx.Response) -> Any:
    """Return the document of an answer; None: it has none.

    Raises:
        NoGateway: it is not JSON.
    """
    try:
        return answer.json() if answer.content else None
    except ValueError as error:
        raise NoGateway(f"What answers at {answer.request.url} is not Segue ({error})") from error


def _told(params: Mapping[str, object]) -> dict[str, str]:
    given = {name: value for name, value in params.items() if value is not None}
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()
    }


def _is_haste(answer: httpx.Response) -> bool:
    """Tell whether too many requests were made, or be under way, rather than too many jobs be open."""
    return _problem_of(answer)["type"].endswith(
        (":too-many-at-once", ":too-many-requests", ":too-many-streams")
    )


def _asked_to_wait_s(answer: httpx.Response) -> float:
    told = answer.headers.get("retry-after", "")
    return min(float(told) if told.isdecimal() else RETRY_S, LONGEST_WAIT_S)


def _problem_of(answer: httpx.Response) -> Problem:
    """Return the problem document of an answer, or one like it for what something in between answers."""
    phrase = HTTPStatus(answer.status_code).phrase if answer.status_code in set(HTTPStatus) else "an error"
    told: dict[str, Any] = {}
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        told = answer.json()
    detail = (
        f"{answer.request.url} answers {answer.status_code} ({phrase}), but not as Segue does. "
        "Check the address."
    )
    return cast(
        Problem,
        {"type": "about:blank", "title": phrase, "status": answer.status_code, "detail": detail, "errors": []}
        | told,
    )
