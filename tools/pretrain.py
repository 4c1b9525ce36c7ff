"""Fit the models that Segue ships, on every song of some folders.

    python tools/pretrain.py FOLDER... [--into shared/learning/pretrained] [--set epochs=120] [--jobs 2]

Every song is decoded, cut to 4 s and learned from; none is held out, so judge the result on other music.
Songs are measured side by side, and learned from in the order of their paths.
The same functions as in the services are used, without queue and store.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from services.chunker.cutting import find_boundaries
from services.chunker.levels import LevelMeter
from services.trainer.datasets import Dataset, SongEdges, SplitSettings, build_dataset
from services.trainer.evaluation import learned
from services.trainer.fitting import Epoch, Fitted, Hooks, fit
from shared.errors import SegueError
from shared.learning.approaches import get_approach
from shared.learning.corpus import LongSpectra
from shared.learning.pretrained import PRETRAINED, write_pretrained
from shared.learning.weights import describe, pack
from shared.parameters import Cut
from shared.sound.audio import AudioReader, DecodeLimits, decode, open_audio
from shared.sound.features import edges_of, song_frames, song_long_spectra
from shared.store.arrays import pack_arrays

CUT = Cut(method="equal", chunk_s=4.0)
LEAST_CHUNKS = 2


@dataclass(frozen=True)
class Measured:
    """A file as training sees it: a song, or why it is none."""

    path: Path
    song: SongEdges | None
    reason: str = ""


def main() -> None:
    """Read the command line, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--into", type=Path, default=Path("shared/learning/pretrained"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of segue")
    parser.add_argument(
        "--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N", help="measure so many songs at a time"
    )
    options = parser.parse_args()
    given = {name: json.loads(value) for name, value in (each.split("=", 1) for each in options.set)}
    songs = _told(measure_all(files_in(options.folders), jobs=options.jobs))
    if not songs:
        sys.exit(
            "None of the files can be learned from; the reasons are above. Name folders that hold songs."
        )
    dataset = build_dataset(songs, SplitSettings(held_out_share=0))
    print(f"{len(songs)} songs, {len(dataset.corpus)} chunks")
    for name in PRETRAINED:
        _fit_and_write(name, dataset, given if name == "segue" else {}, options.into)


def files_in(folders: Sequence[Path]) -> list[Path]:
    """Return all files of some folders, in the order of their paths.

    Raises:
        SystemExit: one is no folder.
    """
    for folder in folders:
        if not folder.is_dir():
            sys.exit(f"{folder} is no folder. Name folders that hold songs.")
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def measure_all(files: Sequence[Path], *, jobs: int) -> Iterator[Measured]:
    """Yield files as training sees them, in the order given, measured in so many processes.

    Raises:
        SystemExit: a process was killed, as the kernel does where memory runs out.
    """
    # Children that are forked would inherit threads of the numeric libraries in the middle of something.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawned) as pool:
        try:
            yield from pool.map(measure, files)
        except BrokenProcessPool:
            sys.exit(
                f"A process that measured songs was killed; {jobs} ran at a time. Where memory ran out, "
                f"give a smaller --jobs."
            )


def measure(path: Path) -> Measured:
    """Measure one file."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            decoded = decode(path, Path(folder), DecodeLimits())
        except SegueError as error:
            return Measured(path, None, str(error))
        with open_audio(Path(folder) / "audio.flac") as song:
            boundaries = _boundaries(song)
            if len(boundaries) <= LEAST_CHUNKS:
                return Measured(path, None, f"it gives fewer than {LEAST_CHUNKS} chunks of {CUT.chunk_s:g} s")
            chunks = (song.read_range(*ends) for ends in pairwise(boundaries))
            edges = edges_of(chunks, song.sample_rate_hz)
            frames = song_frames(song.blocks(), song.sample_rate_hz)
            long = LongSpectra(*song_long_spectra(song.blocks(), song.sample_rate_hz))
    identity = hashlib.sha256(path.read_bytes()).hexdigest()
    return Measured(path, SongEdges(identity, decoded.title or path.stem, edges, frames, long))


def _told(files: Iterator[Measured]) -> list[SongEdges]:
    """Return the songs, telling of each file as it comes."""
    songs = []
    for each in files:
        if each.song is None:
            print(f"left out {each.path}: {each.reason}", flush=True)
        else:
            songs.append(each.song)
            print(f"{each.path.name}: {len(each.song.edges)} chunks", flush=True)
    return songs


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; give 1 or more")
    return int(text)


def _boundaries(song: AudioReader) -> list[int]:
    meter = LevelMeter(song.sample_rate_hz)
    for block in song.blocks():
        meter.feed(block)
    inner = find_boundaries(meter.levels(), sample_rate_hz=song.sample_rate_hz, cut=CUT)
    return [0, *inner.tolist(), song.n_samples]


def _fit_and_write(name: str, dataset: Dataset, given: dict[str, Any], folder: Path) -> None:
    approach = get_approach(name)
    settings = approach.resolve(given)
    fitted = fit(dataset.training(), approach, settings, hooks=Hooks(on_epoch=_tell))
    assert isinstance(fitted, Fitted)
    data = pack(fitted.weights)
    record = describe(approach, settings, fitted.weights, data)
    songs = pack_arrays(learned.to_arrays(learned.learned_songs(dataset)))
    write_pretrained(folder, name, record, data, songs)
    print(f"{name}: {len(data) / 1e6:.2f} MB of weights, fitted in {fitted.fit_s:.0f} s")


def _tell(epoch: Epoch, epochs: int, eta_s: float) -> None:
    print(f"epoch {epoch.epoch + 1} of {epochs}: loss {epoch.loss:.3f}, {eta_s:.0f} s left", flush=True)


if __name__ == "__main__":
    main()
