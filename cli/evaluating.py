"""From a model and songs to a report through the API: ask, follow, fetch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.documents import Document, Shown
from cli.ids import full_id
from cli.mixing import BEST_PRETRAINED, Library, pretrained_model, see_through
from cli.progress import Bars
from segue_client import Client
from shared.parameters import Cut

PRETRAINED = "pretrained"
"""What `--model` says for the best of the shipped models; `pretrained:linear` is the other one."""


@dataclass(frozen=True)
class Question:
    """How a model is to be judged."""

    protocol: Document
    """The request's `protocol`: what was chosen; the rest is the gateway's default."""
    cut: Cut | None = None
    """Of named songs; None: the gateway's default."""


@dataclass(frozen=True)
class Judged:
    """A report that was made."""

    id: str
    report: Shown


def resolve_model(gateway: Client, given: str) -> str:
    """Return the id of the model that `--model` means: an id, a unique beginning of one, or `pretrained`.

    Raises:
        BadSetting, NotFound, AmbiguousId: it means none, or several.
    """
    name, _, approach = given.partition(":")
    if name == PRETRAINED:
        return pretrained_model(gateway, approach or BEST_PRETRAINED)
    return full_id(gateway, "models", given)


def judge(gateway: Client, model: str, question: Question, library: Library | None, bars: Bars) -> Judged:
    """Ask for a report, wait for it, and fetch it; when interrupted, cancel the job.

    Args:
        gateway: where the model is.
        model: its id.
        question: how it is judged.
        library: the songs to judge it on; None: those that its fit held out.
        bars: show the stages.

    Raises:
        JobFailed, JobCancelled: there is no report.
    """
    request = request_of(question, library)
    job = see_through(gateway, lambda: gateway.models.judge(model, **request), bars)
    report = job["report"]
    assert report is not None
    return Judged(report, gateway.reports.get(report))


def request_of(question: Question, library: Library | None) -> Document:
    """Return the request for a report."""
    request: Document = {"protocol": question.protocol}
    if library is not None:
        request["songs"] = library.ids()
        if question.cut is not None:
            request["cut"] = question.cut.model_dump(mode="json")
    return request


def fetch_page(gateway: Client, report: str, target: Path) -> None:
    """Write a report's page to a file."""
    gateway.reports.save(target, report)
