"""Songs to mix, stage by stage, beside the study's steps: pydub cuts, one predict per pair, pydub joins."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile
from pydub import AudioSegment
from pydub.silence import detect_silence

from bench import pipeline
from bench.material import Bench
from bench.measuring import Row, timed, times_as_fast
from bench.pipeline import CutSong
from bench.render import joined_by_pydub, loaded_by_pydub, segment_of
from bench.score import Seed
from bench.workers import worker_processes
from services.assembler.pieces import Piece
from services.assembler.scoring import Pool
from shared.learning.corpus import Indices
from shared.parameters import Cut, Output
from shared.sound.edges import Edges

APPROACH = "segue"
SONGS, CHUNKS, LENGTH = 25, 1800, 30
PAIRS_TIMED = 40
Result = TypeVar("Result")


@dataclass(frozen=True)
class Made:
    """A mix, and how many seconds each stage of it took."""

    songs: list[CutSong]
    pool: Pool
    order: Indices
    pieces: list[Piece]
    path: Path
    stages_s: dict[str, float]


def rows(bench: Bench) -> Iterator[Row]:
    """Make a mix, warm as a worker is; then time parts of the study's steps and extrapolate."""
    songs = bench.songs[: bench.size(SONGS, 2)]
    sound_s = sum(soundfile.info(song).duration for song in songs)
    cut = Cut(target_chunk_s=max(1.0, sound_s / bench.size(CHUNKS, 8)))
    length = bench.size(LENGTH, 4)
    with worker_processes() as workers:
        _made(bench, workers, songs[:2], cut, 2)  # Interpreters, libraries and models are loaded.
        made = _made(bench, workers, songs, cut, length)
    loaded = loaded_by_pydub(made.pieces)
    theirs = {
        "cut": _cut_by_pydub(made, songs, bench.size(2, 1)),
        "sequence": _sequenced_by_network(made),
        "render": timed(partial(joined_by_pydub, made.pieces, loaded, bench.folder / "pydub.mp3"))[0],
    }
    yield from _stages(made, theirs, sound_s)


def _stages(made: Made, theirs: dict[str, float], sound_s: float) -> Iterator[Row]:
    ours = made.stages_s
    told = {
        "cut": f"{len(made.songs)} songs, {sound_s:.0f} s, decoded, cut, measured; the peer cuts only",
        "pool": "made once for all mixes of a pool",
        "sequence": f"{len(made.order)} of {len(made.pool)} chunks; the peer is the study's network",
        "render": "to MP3, plain joins",
    }
    for stage, note in told.items():
        yield Row(
            f"mix: {stage}",
            ours[stage],
            peer="the study's steps" if stage in theirs else "",
            peer_s=theirs.get(stage),
            note=note,
        )
    played = soundfile.info(made.path)
    yield Row(
        f"mix: {len(made.songs)} songs to {len(made.order)} of {len(made.pool)} chunks, `{APPROACH}`",
        sum(ours.values()),
        peer="the study's steps, extrapolated",
        peer_s=sum(theirs.values()),
        goal=times_as_fast(300),
        agrees=abs(played.duration - _length_s(made.pieces)) < 0.05,
        note=f"extrapolated from {PAIRS_TIMED} pairs",
    )


def _made(bench: Bench, workers: ProcessPoolExecutor, songs: list[Path], cut: Cut, length: int) -> Made:
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    folders = [folder / str(number) for number in range(len(songs))]
    stages_s: dict[str, float] = {}

    def stage(name: str, act: Callable[[], Result]) -> Result:
        stages_s[name], result = timed(act)
        return result

    cuts = stage("cut", lambda: list(workers.map(partial(pipeline.cut_song, cut=cut), songs, folders)))
    pool = stage("pool", lambda: pipeline.pool_of(cuts, APPROACH))
    order = stage("sequence", lambda: pipeline.sequence(pool, APPROACH, length))
    pieces = pipeline.pieces_of(cuts, pool, order)
    path = bench.folder / "mix.mp3"
    stage("render", lambda: pipeline.rendered(pieces, Output(seams="plain"), path))
    return Made(cuts, pool, order, pieces, path, stages_s)


def _cut_by_pydub(made: Made, songs: list[Path], timed_songs: int) -> float:
    """Return the seconds that decoding and `detect_silence` take for all songs, going by a few."""
    took_s = sounds_s = 0.0
    for song in songs[:timed_songs]:
        seconds, segment = timed(lambda song=song: _silence_by_pydub(song))  # type: ignore[misc]
        took_s, sounds_s = took_s + seconds, sounds_s + len(segment) / 1000
    return took_s * sum(_song_s(song) for song in made.songs) / sounds_s


def _silence_by_pydub(song: Path) -> AudioSegment:
    segment = segment_of(song)
    detect_silence(segment, 300, -16, seek_step=1)
    return segment


def _sequenced_by_network(made: Made) -> float:
    """Return the seconds that all pairs of a greedy walk take one after another, going by a few."""
    edges = Edges.concatenate([song.edges for song in made.songs])
    network = Seed.of(edges, np.zeros(len(edges), np.int64))
    asked = network.pairs(0, np.arange(1, 1 + min(PAIRS_TIMED, len(edges) - 1)))
    predict: Any = partial(network.network.predict, verbose=0)
    predict(asked[:1])
    seconds, _ = timed(lambda: [predict(asked[at : at + 1]) for at in range(len(asked))])
    pairs = sum(len(made.pool) - 1 - step for step in range(len(made.order) - 1))
    return seconds * pairs / len(asked)


def _song_s(song: CutSong) -> float:
    return song.boundaries[-1] / song.sample_rate_hz


def _length_s(pieces: list[Piece]) -> float:
    return sum((piece.stop - piece.start) / piece.sample_rate_hz for piece in pieces)
