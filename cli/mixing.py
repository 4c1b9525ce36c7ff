"""From files to a mix through the API: upload, wait until the songs are decoded, ask, follow, fetch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.documents import Document, Shown
from cli.errors import NoSongs
from cli.output import note, short_id, size
from cli.progress import Bars
from cli.stack.signals import interrupt_held
from cli.wishes import WishChoices
from segue_client import ApiProblem, Client, OtherFile
from segue_client.documents import Job, Song
from shared.parameters import Cut, Output

_LEAST_SERVER_ERROR = 500

PRETRAINED_APPROACHES = ("segue", "linear")
"""Of these a fitted model is shipped; the first is the best."""
BEST_PRETRAINED = PRETRAINED_APPROACHES[0]


@dataclass(frozen=True)
class Judge:
    """What judges transitions: a model to be fitted on the songs, or one that is shipped."""

    training: Document = field(default_factory=dict)
    """The request's `training`: approach, preset, seed."""
    pretrained: str | None = None
    """The approach of a shipped model."""
    model: str | None = None
    """The id of a model that is there."""


@dataclass(frozen=True)
class Order:
    """What kind of mix is wanted."""

    judge: Judge = Judge()
    cut: Cut = field(default_factory=Cut)
    wishes: WishChoices = field(default_factory=WishChoices)
    output: Output = field(default_factory=Output)


@dataclass
class Library:
    """The files of a mix: songs that can be used, by file, and why the others cannot."""

    songs: dict[Path, Song] = field(default_factory=dict)
    rejected: dict[Path, str] = field(default_factory=dict)

    def ids(self) -> list[str]:
        """Return the ids of the songs, in order, each once."""
        return list(dict.fromkeys(song["id"] for song in self.songs.values()))


@dataclass(frozen=True)
class Made:
    """A mix that was made, and where it lies."""

    mix: Shown
    report: Shown
    job: Job
    file: Path


def judged_by(approach: str | None, *, train: bool, preset: str | None, seed: int) -> Judge:
    """Choose between a shipped model and one to be fitted on the songs.

    Args:
        approach: None: the best of those that are shipped.
        train: fit it, shipped or not.
        preset: of the approach's settings; a shipped model has its own, so one that is given is fitted.
        seed: of the fit.

    Returns:
        The order's `training` and `pretrained`, one of them empty.
    """
    name = approach or BEST_PRETRAINED
    if name in PRETRAINED_APPROACHES and preset is None and not train:
        return Judge(pretrained=name)
    training: Document = {"approach": name, "seed": seed}
    return Judge(training=training | ({"preset": preset} if preset else {}))


def gather_songs(gateway: Client, files: Sequence[Path], bars: Bars) -> Library:
    """Upload files and wait until all are decoded; files that cannot be used are told and left out.

    Raises:
        NoSongs: none can be used.
    """
    library = Library()
    _upload_all(gateway, files, library, bars)
    _await_decoded(gateway, library, bars)
    for path, reason in library.rejected.items():
        note(f"left out {path}: {reason}", style="yellow")
    if not library.songs:
        raise NoSongs("None of the files can be used; the reasons are above. Give at least one song.")
    return library


def make_mix(gateway: Client, library: Library, order: Order, target: Path, bars: Bars) -> Made:
    """Ask for a mix of songs, wait for it, and write it to a file; when interrupted, cancel the job.

    Raises:
        UnknownStart, WishesContradict: a song that is asked for was rejected.
        JobFailed, JobCancelled: there is no mix.
    """
    request = request_of(library, order)
    if order.judge.pretrained is not None:
        request["model"] = pretrained_model(gateway, order.judge.pretrained)
    elif order.judge.model is not None:
        request["model"] = order.judge.model
    job = see_through(gateway, lambda: gateway.mixes.make(**request), bars)
    mix_id = job["mix"]
    assert mix_id is not None
    mix = gateway.mixes.get(mix_id)
    fetch_mix(gateway, mix_id, target, bars)
    return Made(mix, gateway.mixes.report(mix_id), job, target)


def pretrained_model(gateway: Client, approach: str) -> str:
    """Return the id of a shipped model.

    Raises:
        BadSetting: none of this approach is shipped.
    """
    return gateway.models.pretrained(approach=approach)["id"]


def request_of(library: Library, order: Order) -> Document:
    """Return the request for a mix.

    Raises:
        UnknownStart, WishesContradict: a song that is asked for was rejected.
    """
    request: Document = {
        "songs": library.ids(),
        "cut": order.cut.model_dump(mode="json"),
        "output": order.output.model_dump(mode="json"),
    }
    if order.judge.training:
        request["training"] = order.judge.training
    return request | order.wishes.to_request(library.songs)


def see_through(gateway: Client, ask: Callable[[], Job], bars: Bars) -> Job:
    """Ask for work and await its job; when interrupted, cancel it.

    Args:
        gateway: what does the work.
        ask: asks for it; returns the job.
        bars: show the stages.

    Raises:
        JobFailed, JobCancelled: it did not succeed.
    """
    job: Job | None = None
    try:
        with interrupt_held():
            job = ask()
        return await_job(gateway, job["id"], bars)
    except KeyboardInterrupt:
        if job is not None:
            cancel_quietly(gateway, job["id"])
        raise


def await_job(gateway: Client, job_id: str, bars: Bars) -> Job:
    """Follow a job, showing its stages, and return it as it has succeeded.

    Raises:
        JobFailed, JobCancelled: it ended otherwise.
    """
    return gateway.jobs.wait(job_id, hear=bars.show_job)


def fetch_mix(gateway: Client, mix_id: str, target: Path, bars: Bars) -> None:
    """Write a mix's audio to a file."""
    got = 0

    def count(received: int) -> None:
        nonlocal got
        got += received
        # Of the artifact's size, only the most part is the audio: the bar counts, and is full at the end.
        bars.set("download", 0, 1, count=size(got), detail=target.name)

    gateway.mixes.save(target, mix_id, count=count)
    bars.set("download", 1, 1, count=size(got))


def cancel_quietly(gateway: Client, job_id: str) -> None:
    """Cancel a job on the way out; where that fails, say so."""
    try:
        gateway.jobs.cancel(job_id)
    except Exception as error:
        note(f"Job {short_id(job_id)} could not be cancelled: {error}", style="yellow")
    else:
        note(f"Cancelled job {short_id(job_id)}.")


def _upload_all(gateway: Client, files: Sequence[Path], library: Library, bars: Bars) -> None:
    total_bytes = sum(_size_of(path) for path in files)
    sent_bytes = 0
    for position, path in enumerate(files, start=1):

        def count(sent: int, path: Path = path, position: int = position) -> None:
            nonlocal sent_bytes
            sent_bytes += sent
            bars.set("upload", sent_bytes, total_bytes, count=f"{position}/{len(files)}", detail=path.name)

        try:
            library.songs[path] = gateway.songs.upload(path, count=count)
        except ApiProblem as error:
            if error.status >= _LEAST_SERVER_ERROR:
                raise
            library.rejected[path] = str(error)
        except OtherFile as error:
            library.rejected[path] = str(error)
        except OSError as error:
            library.rejected[path] = f"it cannot be read ({error.strerror or error})."
    bars.set("upload", 1, 1, count=f"{len(files)}/{len(files)}")


def _await_decoded(gateway: Client, library: Library, bars: Bars) -> None:
    """Wait for the decoding of each song; the jobs run side by side, so waiting in order loses nothing."""
    total = len(library.songs)
    for done, (path, song) in enumerate(list(library.songs.items())):
        bars.set("decode", done, total, count=f"{done}/{total}", detail=path.name)
        if song["state"] == "received" and song["job"] is not None:
            for job in gateway.jobs.follow(song["job"]):
                bars.warn_of(job)
            song = gateway.songs.get(song["id"])
        if song["state"] == "ready":
            library.songs[path] = song
            continue
        del library.songs[path]
        problem = song["problem"]
        library.rejected[path] = problem["detail"] if problem else "It could not be decoded. Upload it again."
    bars.set("decode", total, total, count=f"{total}/{total}")


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
