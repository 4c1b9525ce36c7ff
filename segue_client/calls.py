"""One description of each call of the API: what is sent, and what comes back.

Each is a function that returns a flow; `groups.py` makes them methods of both clients. Ids are whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

from segue_client.documents import (
    Analysis,
    Approach,
    Collected,
    Correction,
    CutDetails,
    CutsRequest,
    CutSummary,
    Health,
    Job,
    JobSummary,
    Key,
    KeyRequest,
    Leaderboard,
    Model,
    ModelRequest,
    NewKey,
    Pool,
    PoolRequest,
    PretrainedRequest,
    Readiness,
    ReportRequest,
    ReportSummary,
    Song,
    State,
    System,
)
from segue_client.downloads import Count, Target, ignored, save
from segue_client.flows import (
    Ask,
    Flow,
    Items,
    LeftOut,
    Request,
    ask,
    document_of,
    pages,
    tell_left_out,
    work,
)


def songs(*, left_out: LeftOut = tell_left_out) -> Items[Song]:
    """List songs, in the order of their ids."""
    return Items(pages("songs", left_out))


def song(song_id: str) -> Flow[Song]:
    """Show a song."""
    return ask("GET", f"songs/{song_id}")


def delete_song(song_id: str) -> Flow[None]:
    """Delete a song, unless an open job needs it."""
    return ask("DELETE", f"songs/{song_id}")


def song_sound(target: Target, song_id: str, *, count: Count = ignored) -> Flow[Path]:
    """Write a song, as it was decoded, to a FLAC file."""
    return save(f"songs/{song_id}/audio", target, count=count)


def song_peaks(song_id: str) -> Flow[dict[str, Any]]:
    """Show the outline of a song: the highest and lowest samples of each stretch."""
    return ask("GET", f"songs/{song_id}/peaks")


def analyse_song(song_id: str) -> Flow[Job]:
    """Find a song's tempo, bars, key and sections."""
    return work(f"songs/{song_id}/analysis")


def analysis(song_id: str) -> Flow[Analysis]:
    """Show what was found in a song."""
    return ask("GET", f"songs/{song_id}/analysis")


def correction(song_id: str) -> Flow[Correction]:
    """Show what users know better of a song."""
    return ask("GET", f"songs/{song_id}/correction")


def correct_song(song_id: str, **known: Unpack[Correction]) -> Flow[Correction]:
    """Say all that is known better of a song; what is left out is found by listening."""
    return ask("PUT", f"songs/{song_id}/correction", known)


def forget_correction(song_id: str) -> Flow[None]:
    """Forget what was said of a song."""
    return ask("DELETE", f"songs/{song_id}/correction")


def cut_songs(**wish: Unpack[CutsRequest]) -> Flow[Job]:
    """Cut songs into chunks."""
    return work("cuts", wish)


def cuts(*, song: str | None = None, left_out: LeftOut = tell_left_out) -> Items[CutSummary]:
    """List cuts, all or those of a song, in the order of their ids."""
    return Items(pages("cuts", left_out, song=song))


def cut(cut_id: str) -> Flow[CutDetails]:
    """Show a cut, with its chunks."""
    return ask("GET", f"cuts/{cut_id}")


def delete_cut(cut_id: str) -> Flow[None]:
    """Delete a cut, unless an open job needs it."""
    return ask("DELETE", f"cuts/{cut_id}")


def chunk_sound(target: Target, cut_id: str, n: int, *, count: Count = ignored) -> Flow[Path]:
    """Write a chunk of a cut, counted from 0, to a file of the cut's format."""
    return save(f"cuts/{cut_id}/chunks/{n}/audio", target, count=count)


def fit_model(**wish: Unpack[ModelRequest]) -> Flow[Job]:
    """Fit an approach on songs or cuts."""
    return work("models", wish)


def models(*, left_out: LeftOut = tell_left_out) -> Items[Model]:
    """List models, in the order of their ids."""
    return Items(pages("models", left_out))


def pretrained_model(**wish: Unpack[PretrainedRequest]) -> Flow[Model]:
    """Take over a model that comes with Segue."""
    return ask("POST", "models/pretrained", wish)


def model(model_id: str) -> Flow[Model]:
    """Show a model."""
    return ask("GET", f"models/{model_id}")


def delete_model(model_id: str) -> Flow[None]:
    """Delete a model, unless an open job needs it."""
    return ask("DELETE", f"models/{model_id}")


def judge_model(model_id: str, **wish: Unpack[ReportRequest]) -> Flow[Job]:
    """Make a report on a model: how well it judges songs that it never saw."""
    return work(f"models/{model_id}/report", wish)


def model_report(model_id: str) -> Flow[dict[str, Any]]:
    """Show the newest report on a model."""
    return ask("GET", f"models/{model_id}/report")


def model_report_page(target: Target, model_id: str, *, count: Count = ignored) -> Flow[Path]:
    """Write the newest report on a model as a page (HTML)."""
    return save(f"models/{model_id}/report.html", target, count=count)


def model_figures(model_id: str) -> Flow[dict[str, Any]]:
    """Show the quick figures of a fit on songs that it held out."""
    return ask("GET", f"models/{model_id}/figures")


def model_history(model_id: str) -> Flow[list[dict[str, Any]]]:
    """Show the losses of each epoch of a fit."""
    return ask("GET", f"models/{model_id}/history")


def reports(*, left_out: LeftOut = tell_left_out) -> Items[ReportSummary]:
    """List reports, in the order of their ids."""
    return Items(pages("reports", left_out))


def report(report_id: str) -> Flow[dict[str, Any]]:
    """Show a report on a model."""
    return ask("GET", f"reports/{report_id}")


def delete_report(report_id: str) -> Flow[None]:
    """Delete a report."""
    return ask("DELETE", f"reports/{report_id}")


def report_page(target: Target, report_id: str, *, count: Count = ignored) -> Flow[Path]:
    """Write a report as a page (HTML)."""
    return save(f"reports/{report_id}/page", target, count=count)


def build_pool(**wish: Unpack[PoolRequest]) -> Flow[Job]:
    """Build a pool: the chunks of several cuts, as a model sees them."""
    return work("pools", wish)


def pools(*, left_out: LeftOut = tell_left_out) -> Items[Pool]:
    """List pools, in the order of their ids."""
    return Items(pages("pools", left_out))


def pool(pool_id: str) -> Flow[Pool]:
    """Show a pool."""
    return ask("GET", f"pools/{pool_id}")


def delete_pool(pool_id: str) -> Flow[None]:
    """Delete a pool, unless an open job needs it."""
    return ask("DELETE", f"pools/{pool_id}")


def jobs(state: State | None = None, *, left_out: LeftOut = tell_left_out) -> Items[JobSummary]:
    """List jobs, the newest first."""
    return Items(pages("jobs", left_out, state=state))


def job(job_id: str) -> Flow[Job]:
    """Show a job: how far it is, and what it made."""
    return ask("GET", f"jobs/{job_id}")


def cancel_job(job_id: str) -> Flow[Job]:
    """Cancel a job; work that another job wants goes on for that one."""
    return ask("DELETE", f"jobs/{job_id}")


def make_key(**wish: Unpack[KeyRequest]) -> Flow[NewKey]:
    """Make a key; it is told once. Needs the operator's key, as all of keys does."""
    return ask("POST", "keys", wish)


def keys(*, left_out: LeftOut = tell_left_out) -> Items[Key]:
    """List keys, those that were revoked as well."""
    return Items(pages("keys", left_out))


def rotate_key(key_id: str) -> Flow[NewKey]:
    """Make a key that opens what another does, and revoke that one."""
    return ask("POST", f"keys/{key_id}/rotation")


def revoke_key(key_id: str) -> Flow[None]:
    """Let a key open nothing any more."""
    return ask("DELETE", f"keys/{key_id}")


def approaches() -> Flow[list[Approach]]:
    """List the approaches, with their settings and presets."""
    return ask("GET", "approaches")


def leaderboard(pool: str | None = None) -> Flow[Leaderboard]:
    """Rank the models that were judged on a pool, by its digest or a beginning of it; None: the newest's."""
    return ask("GET", "leaderboard", pool=pool)


def system() -> Flow[System]:
    """Show the state of the installation."""
    return ask("GET", "system")


def collect_garbage(*, dry_run: bool = False) -> Flow[Collected]:
    """Remove what no record reaches and is older than a day, or only tell what that is."""
    return ask("POST", "gc", dry_run=dry_run)


def health() -> Flow[Health]:
    """Show whether the gateway lives."""
    return ask("GET", "/healthz")


def readiness() -> Flow[Readiness]:
    """Show whether requests can be served and work gets done, and what is amiss."""
    answer = yield Ask(Request("GET", "/readyz"))
    found: Readiness = document_of(answer)  # Of the same form, whatever the status is.
    return found
