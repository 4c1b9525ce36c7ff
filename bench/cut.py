"""Cutting: where silence ends, from a file to its chunks, and what a network sees of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from pydub import AudioSegment
from pydub.silence import detect_silence

from bench.material import Bench
from bench.measuring import Row, at_most_times, by_turns, median_s, times_as_fast
from bench.models import shipped_scorer
from bench.workers import CORES, worker_processes
from services.chunker.cutting import equal_boundaries, find_boundaries, silence_boundaries
from services.chunker.levels import measure_levels
from shared.learning.corpus import Floats
from shared.parameters import Cut
from shared.sound.audio import DecodeLimits, decode, open_audio, write_chunk
from shared.sound.edges import Edges
from shared.sound.features import edges_of
from shared.sound.samples import Int16

THRESHOLD_DBFS, SILENCE_MS = -16.0, 300


def rows(bench: Bench) -> Iterator[Row]:
    """Compare with pydub, with the codecs alone, and with real time."""
    yield _silence(bench)
    yield _stored(bench)
    yield from _embedded(bench)


def _silence(bench: Bench) -> Row:
    samples, rate_hz = bench.sound_of(bench.size(240, 12))
    segment = AudioSegment(samples.tobytes(), frame_rate=rate_hz, sample_width=2, channels=2)

    def theirs() -> list[int]:
        ranges = detect_silence(segment, SILENCE_MS, THRESHOLD_DBFS, seek_step=1)
        ends = [int(end_ms * rate_hz / 1000) for _, end_ms in ranges]
        return [end for end in ends if 0 < end < len(samples)]

    def ours() -> list[int]:
        found = silence_boundaries(
            samples, sample_rate_hz=rate_hz, threshold_dbfs=THRESHOLD_DBFS, min_silence_ms=SILENCE_MS
        )
        return list(map(int, found))

    took = by_turns(theirs, ours, bench.rounds)
    return Row(
        f"cut: silence in {len(samples) / rate_hz:.0f} s of stereo, decoded",
        took.segue_s,
        peer="pydub detect_silence",
        peer_s=took.peer_s,
        goal=times_as_fast(100),
        agrees=took.theirs == took.ours,
        note=f"{len(took.ours)} boundaries",
    )


def _stored(bench: Bench) -> Row:
    song = bench.songs[0]
    pieces = bench.folder / "pieces"

    def theirs() -> list[Int16]:
        samples, rate_hz = soundfile.read(song, dtype="int16", always_2d=True)
        return _write(samples, [0, *_boundaries(samples, rate_hz), len(samples)], rate_hz, pieces)

    def ours() -> list[Int16]:
        shutil.rmtree(bench.folder / "decoded", ignore_errors=True)
        (bench.folder / "decoded").mkdir()
        decode(song, bench.folder / "decoded", DecodeLimits())
        with open_audio(bench.folder / "decoded" / "audio.flac") as audio:
            samples = np.concatenate(list(audio.blocks()))
        boundaries = _boundaries(samples, audio.sample_rate_hz)
        return _write(samples, [0, *boundaries, len(samples)], audio.sample_rate_hz, pieces, threads=4)

    took = by_turns(theirs, ours, bench.rounds)
    return Row(
        "cut: a song from file to chunks on disk",
        took.segue_s,
        peer="libsndfile: decode, encode the chunks",
        peer_s=took.peer_s,
        goal=at_most_times(1.5),
        agrees=len(took.theirs) == len(took.ours)
        and all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(took.theirs, took.ours, strict=True)),
        note=f"{song.suffix[1:]}, {len(took.ours)} chunks; Segue decodes in a confined child to FLAC first",
    )


def _embedded(bench: Bench) -> Iterator[Row]:
    """Songs side by side, one on each core, as a pool of workers takes them."""
    songs = bench.songs[: bench.size(16, 2)]
    decoded = [_saved(bench, song) for song in songs]
    sound_s = sum(soundfile.info(song).duration for song in songs)
    with worker_processes() as pool:
        list(pool.map(_embed, decoded))  # Interpreters and libraries are loaded before time is taken.

        def from_samples() -> list[Floats]:
            return list(pool.map(_embed, decoded))

        def from_files() -> list[Floats]:
            return list(pool.map(_embed_file, songs, [bench.folder] * len(songs)))

        expected = _embed(decoded[0])
        for name, act, times in (("decoded samples", from_samples, 600), ("files", from_files, 250)):
            yield Row(
                f"cut: {name} to embeddings, {len(songs)} songs on {CORES} cores",
                median_s(act, bench.rounds),
                peer="real time",
                peer_s=sound_s,
                goal=times_as_fast(times),
                agrees=bool(np.allclose(act()[0], expected, atol=0.05)),
                note="`linear`, equal chunks of 4 s",
            )


def _saved(bench: Bench, song: Path) -> Path:
    """Save a song's samples, so that the one who measures them need not be sent them."""
    samples, rate_hz = bench.decoded(song)
    path = bench.folder / f"{song.stem}-{rate_hz}.npy"
    np.save(path, samples)
    return path


def _embed(saved: Path) -> Floats:
    """Measure the chunks of a song and place them."""
    samples, rate_hz = np.load(saved, mmap_mode="r"), int(saved.stem.rpartition("-")[2])
    return _placed(edges_of((samples[start:stop] for start, stop in _equal(len(samples), rate_hz)), rate_hz))


def _embed_file(song: Path, folder: Path) -> Floats:
    own = folder / f"embed-{os.getpid()}-{song.stem}"
    own.mkdir()
    decode(song, own, DecodeLimits())
    with open_audio(own / "audio.flac") as audio:
        chunks = (audio.read_range(*ends) for ends in _equal(audio.n_samples, audio.sample_rate_hz))
        placed = _placed(edges_of(chunks, audio.sample_rate_hz))
    shutil.rmtree(own)
    return placed


def _equal(n_samples: int, rate_hz: int) -> Iterator[tuple[int, int]]:
    inner = equal_boundaries(n_samples, sample_rate_hz=rate_hz, chunk_s=4.0)
    return pairwise([0, *inner.tolist(), n_samples])


def _placed(edges: Edges) -> Floats:
    return shipped_scorer("linear").prepare(edges)["tails"]


def _boundaries(samples: Int16, rate_hz: int) -> list[int]:
    levels = measure_levels(samples, rate_hz)
    return list(map(int, find_boundaries(levels, sample_rate_hz=rate_hz, cut=Cut())))


def _write(
    samples: Int16, boundaries: list[int], rate_hz: int, folder: Path, threads: int = 1
) -> list[Int16]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    chunks = [samples[start:stop] for start, stop in pairwise(boundaries)]
    paths = [folder / f"{number:04d}.flac" for number in range(len(chunks))]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda path, chunk: write_chunk(path, chunk, rate_hz), paths, chunks))
    return chunks
