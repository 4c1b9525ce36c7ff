"""A page for each kind of problem: what it means, when it comes, what to do, and one as it is sent.

Meaning, title, status and headers are those of the code. When it comes and what to do stand in problems.yml,
with facts to make an example of; a test holds that there is an entry for each kind, and none besides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

import cli.errors
import services.gateway.app  # noqa: F401  With all that it raises.
from cli.endings import as_document
from segue_client.errors import ClientError, JobCancelled, JobFailed, NoGateway, OtherFile
from services.gateway import problems
from services.gateway.schemas.common import Problem
from shared import errors
from shared.store.manifests import Problem as Cause
from tools.site.tables import table

__all__ = ["Kind", "kinds", "notes", "pages"]

NOTES = Path(__file__).with_name("problems.yml")
_NEVER_SENT = (errors.Interrupted,)
"""What stops a task without being a failure."""
_CLIENTS: tuple[type[ClientError], ...] = (NoGateway, OtherFile, JobFailed, JobCancelled)
"""What the client finds by itself; `ApiProblem` is what another problem comes in."""
_HEAD = """# Problems

Every error is a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457),
`application/problem+json`). Its `detail` says what was found, what was needed and what to do; programs go by
`type`, whose last part names a page here.

| field | means |
| --- | --- |
| `type` | `urn:segue:problem:` and the name of its kind. It stays; titles and details may be worded anew |
| `title` | the kind, for people |
| `status` | the HTTP status |
| `detail` | what was found, what was needed, what to do |
| `instance` | the path of the request, or of the job that failed |
| `request_id` | of the request, as in `X-Request-ID` and in the logs |
| `errors` | where fields do not fit: each with `field`, `found`, `needed` |

A job that failed has such a document as its `problem`: with status 422, since the same request would fail
again, or with 500 where a step was tried again and again. `segue --json` prints it on standard output.

"""
_OF_REQUESTS, _OF_COMMANDS = "Of requests and jobs", "Of the command line alone"


@dataclass(frozen=True)
class Kind:
    """A kind of problem.

    Attributes:
        slug: its name, with which its `type` ends.
        title: its title.
        meaning: what it means, a sentence.
        status: what a request is answered with; None: the command line alone tells of it.
        error: what raises it; None: it is made otherwise.
    """

    slug: str
    title: str
    meaning: str
    status: HTTPStatus | None
    error: type[errors.SegueError] | type[ClientError] | None


@cache
def notes() -> dict[str, dict[str, Any]]:
    """Return what is written of each kind, by name: `when`, `do`, and an `example`."""
    return dict(yaml.safe_load(NOTES.read_text()))


@cache
def kinds() -> list[Kind]:
    """Return all kinds of problem, in the order of their names."""
    found: dict[str, Kind] = {}
    noted = notes()
    for error in (errors.SegueError, *_below(errors.SegueError), *_CLIENTS):
        if issubclass(error, _NEVER_SENT) or error.slug in found:
            continue
        status = _status(error, noted.get(error.slug, {}))
        meaning = noted.get(error.slug, {}).get("meaning") or _sentence(error)
        found[error.slug] = Kind(error.slug, error.title, meaning, status, error)
    for slug, note in noted.items():
        if "made" in note:
            made = note["made"]
            found[slug] = Kind(slug, made["title"], made["meaning"], HTTPStatus(made["status"]), None)
    return [found[slug] for slug in sorted(found)]


def _status(error: type[errors.SegueError] | type[ClientError], note: dict[str, Any]) -> HTTPStatus | None:
    """Return what a request is answered with where an error is raised; None: no request meets it."""
    if issubclass(error, ClientError) or error.__module__ == cli.errors.__name__ or note.get("command"):
        return None
    return problems.status_of(error.__new__(error))


def example(kind: Kind) -> dict[str, Any]:
    """Return a document of a kind, made of the facts of its note."""
    facts = notes()[kind.slug]["example"]
    if kind.error is None:
        return _made(kind, facts).model_dump(mode="json", exclude_none=True)
    error = raised(kind)
    if kind.status is None or isinstance(error, ClientError):
        return as_document(error)
    return problems.describe(error).model_dump(mode="json", exclude_none=True)


def _made(kind: Kind, facts: dict[str, Any]) -> Problem:
    assert kind.status is not None
    if "errors" in facts:
        return problems.describe_fields(facts["errors"])
    by_status = problems.describe_status(kind.status, facts["detail"])
    if by_status.type == problems.problem_type(kind.slug):
        return by_status
    cause = Cause(slug=kind.slug, title=kind.title, detail=facts["detail"])
    return problems.job_problem(cause, "/v1/jobs/0b5d1c4e8f6a4b7c9d2e3f4a5b6c7d8e")


def raised(kind: Kind) -> errors.SegueError | ClientError:
    """Return an error of a kind, made of the facts of its note."""
    facts = notes()[kind.slug]["example"]
    assert kind.error is not None
    if isinstance(facts, str):
        return kind.error(facts)
    return kind.error(*facts.get("of", ()), **facts.get("with", {}))


@cache
def pages() -> dict[str, str]:
    """Return a page for each kind, and one that names them all."""
    every = kinds()
    made = {f"reference/problems/{kind.slug}.md": _page(kind) for kind in every}
    lists = []
    for heading, chosen in (
        (_OF_REQUESTS, [kind for kind in every if kind.status]),
        (_OF_COMMANDS, [kind for kind in every if not kind.status]),
    ):
        rows = [
            (f"[`{kind.slug}`]({kind.slug}.md)", str(int(kind.status)) if kind.status else "", kind.meaning)
            for kind in chosen
        ]
        lists.append(f"## {heading}\n\n" + table(("kind", "status", "means"), rows))
    return made | {"reference/problems/index.md": _HEAD + "\n".join(lists)}


def _page(kind: Kind) -> str:
    note = notes()[kind.slug]
    status = (
        f"{int(kind.status)} {kind.status.phrase}" if kind.status else "none: the command line tells of it"
    )
    rows = [("type", f"`{problems.problem_type(kind.slug)}`"), ("title", kind.title), ("status", status)]
    document = example(kind)
    error = raised(kind) if kind.error and kind.status else None
    headers = problems.headers_of(error) if isinstance(error, errors.SegueError) else {}
    rows += [("header", f"`{name}: {value}`") for name, value in headers.items()]
    shown = json.dumps(document, indent=2, ensure_ascii=False)
    return (
        f"# {kind.title}\n\n{kind.meaning}\n\n{table(('', ''), rows)}\n"
        f"**When.** {note['when']}\n\n**What to do.** {note['do']}\n\n```json\n{shown}\n```\n\n"
        "[All kinds of problem](index.md)\n"
    )


def _below(error: type[errors.SegueError]) -> Iterator[type[errors.SegueError]]:
    for one in error.__subclasses__():
        yield one
        yield from _below(one)


def _sentence(error: type[Exception]) -> str:
    return (error.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")
