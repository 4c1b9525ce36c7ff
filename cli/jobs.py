"""`segue jobs`: list, show, watch, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from cli import output
from cli.documents import Shown
from cli.ids import full_id
from cli.mixing import await_job
from cli.options import Data, Id, Ids, Json, Limit, Url
from cli.output import moment, short_id
from cli.progress import Bars
from cli.reaching import reach
from cli.resources import LISTED, Resource, print_document, show_items

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]


def _remark(job: Shown) -> str:
    if job["problem"]:
        return str(job["problem"]["title"])
    return made_by(job) or ""


def made_by(job: Mapping[str, Any]) -> str | None:
    """Return what a job made, such as `mix 2ef7bde608ce`; None: nothing that has a name of its own."""
    kind = next((kind for kind in ("mix", "preview", "report") if job.get(kind)), None)
    return kind and f"{kind} {short_id(job[kind])}"


JOBS = Resource(
    "jobs",
    "Jobs: work in progress, and how it ended.",
    {
        "goal": lambda job: job["goal"],
        "state": lambda job: job["state"],
        "accepted": lambda job: moment(job["accepted_at"]),
        "ended": lambda job: moment(job["ended_at"]) if job["ended_at"] else "-",
        "": _remark,
    },
)
jobs = typer.Typer(name=JOBS.name, help=JOBS.summary, no_args_is_help=True)


@jobs.command("list")
def list_jobs(
    context: typer.Context,
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Limit = LISTED,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    filters = {"state": state} if state else {}
    with reach(url, data, transport=context.obj) as gateway:
        show_items(gateway, JOBS, limit=limit, as_json=as_json, **filters)


@jobs.command("show")
def show(
    context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
) -> None:
    """Show a job: how far it is, and what it made."""
    with reach(url, data, transport=context.obj) as gateway:
        job = gateway.jobs.get(full_id(gateway, "jobs", identifier))
    print_document(job, as_json=as_json)


@jobs.command("watch")
def watch(
    context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
) -> None:
    """Follow a job to its end; Ctrl-C leaves it running."""
    bars = Bars()
    with reach(url, data, transport=context.obj) as gateway, bars.shown():
        job = await_job(gateway, full_id(gateway, "jobs", identifier), bars)
    if as_json:
        output.print_json(job)
    else:
        made = f"; it made {made_by(job)}" if made_by(job) else ""
        output.say(f"Job {short_id(job['id'])} succeeded{made}.")


@jobs.command("cancel")
def cancel(
    context: typer.Context, identifiers: Ids, url: Url = None, data: Data = None, as_json: Json = False
) -> None:
    """Cancel jobs; work that another job wants goes on for that one."""
    with reach(url, data, transport=context.obj) as gateway:
        found = [full_id(gateway, "jobs", identifier) for identifier in identifiers]
        cancelled = [gateway.jobs.cancel(identifier) for identifier in found]
    if as_json:
        output.print_json(cancelled)
    else:
        output.say("\n".join(f"cancelled {short_id(job['id'])}" for job in cancelled))
