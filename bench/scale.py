"""The services: what they add to the pure functions, what a second worker brings, how soon all is ready."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import soundfile

from bench import pipeline
from bench.material import Bench
from bench.measuring import Row, at_most_times, by_turns, timed, times_as_fast
from bench.services import await_chunkers, services, uploaded
from bench.workers import CORES, worker_processes
from cli.demo import write_demo_songs
from segue_client import Client, documents
from shared.parameters import Cut, Output

APPROACH = "linear"
CUT: documents.Cut = {"method": "equal", "chunk_s": 4.0}
LENGTH = 30


def rows(bench: Bench) -> Iterator[Row]:
    """Start the product a few times, each time with nothing stored, and give it the same work."""
    songs = bench.songs[: bench.size(8, 2)]
    yield from _overhead(bench, songs, bench.size(LENGTH, 3))
    yield from _workers(bench, songs)
    yield from _starting(bench)


def _overhead(bench: Bench, songs: list[Path], length: int) -> Iterator[Row]:
    with worker_processes(1) as alone:
        alone.submit(_mixed, _short(bench), bench.folder / "warm", 2).result()
        peer_s, pure_s = timed(lambda: alone.submit(_mixed, songs, bench.folder / "alone", length).result())
    kinds = ((CORES, at_most_times(1.1, spare_s=2)), (1, None))
    for children, goal in kinds[: bench.size(2, 1)]:
        with services(bench, children=children) as (_, gateway):
            _mixed_by_services(gateway, _short(bench), 2)
            took = timed(partial(_mixed_by_services, gateway, songs, length))
        yield Row(
            f"scale: {len(songs)} songs to a mix through queue and store, {children} songs at once",
            took[0],
            peer="the pure functions in one process",
            peer_s=peer_s,
            goal=goal,
            agrees=abs(took[1] - pure_s) < 1e-6,
            note=f"from the first upload on, {took[0] - peer_s:.2f} s more",
        )


def _mixed(songs: list[Path], folder: Path, length: int) -> float:
    cut = Cut.model_validate(CUT)
    cuts = [pipeline.cut_song(song, folder / str(number), cut) for number, song in enumerate(songs)]
    pool = pipeline.pool_of(cuts, APPROACH)
    pieces = pipeline.pieces_of(cuts, pool, pipeline.sequence(pool, APPROACH, length))
    output = Output(seams="plain")
    return pipeline.rendered(pieces, output, folder / "mix.mp3").frames / output.sample_rate_hz


def _mixed_by_services(gateway: Client, songs: list[Path], length: int) -> float:
    asked = gateway.mixes.make(
        songs=uploaded(gateway, songs),
        cut=CUT,
        chunks=length,
        output={"seams": "plain"},
        model=gateway.models.pretrained(approach=APPROACH)["id"],
    )
    return gateway.mixes.get(str(gateway.jobs.wait(asked["id"])["mix"]))["duration_s"]


def _workers(bench: Bench, songs: list[Path]) -> Iterator[Row]:
    sound_s = sum(soundfile.info(song).duration for song in songs)
    one_s = _cut_by(bench, songs, chunkers=1, threads=1)
    kinds = ((2, 1, times_as_fast(1.6)), (1, CORES, None))
    for chunkers, threads, goal in kinds[: bench.size(2, 1)]:
        workers = "1 worker" if chunkers == 1 else f"{chunkers} workers"
        yield Row(
            f"scale: {len(songs)} songs uploaded, cut and embedded, {workers}, {threads} threads each",
            _cut_by(bench, songs, chunkers=chunkers, threads=threads),
            peer="1 worker, 1 thread",
            peer_s=one_s,
            goal=goal,
            note=f"{sound_s:.0f} s of sound; gateway, queue and store share the {CORES} cores",
        )


def _cut_by(bench: Bench, songs: list[Path], *, chunkers: int, threads: int) -> float:
    with services(bench, chunkers=chunkers, threads=threads) as (_, gateway):
        _cut_all(gateway, _short(bench))  # Every worker has begun its children.
        return timed(lambda: _cut_all(gateway, songs))[0]


def _cut_all(gateway: Client, songs: list[Path]) -> None:
    gateway.jobs.wait(gateway.cuts.make(songs=uploaded(gateway, songs), cut=CUT)["id"])


def _short(bench: Bench) -> list[Path]:
    folder = bench.folder / "short"
    return sorted(folder.iterdir()) if folder.exists() else write_demo_songs(folder, seconds=10)


def _starting(bench: Bench) -> Iterator[Row]:
    beside = (
        ("the gateway's modules", "import services.gateway.app", "import fastapi, uvicorn, celery, minio"),
        ("segue --help", "import sys; sys.argv[1:] = ['--help']; from cli.main import main; main()", "pass"),
    )
    for what, ours, theirs in beside:
        took = by_turns(partial(_run, theirs), partial(_run, ours), bench.rounds)
        yield Row(f"scale: start of {what}", took.segue_s, peer=f"python: {theirs}", peer_s=took.peer_s)
    with services(bench) as (stack, gateway):
        command = [sys.executable, "-P", "-m", "services.chunker"]
        here = {**os.environ, **stack.environment()}
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, cwd=bench.folder, env=here, stdout=quiet, stderr=quiet) as worker:
            seconds, _ = timed(lambda: await_chunkers(gateway, 2))
            worker.terminate()
    yield Row("scale: start of a worker, until it is ready", seconds)


def _run(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
