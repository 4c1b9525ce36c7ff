"""Fit the models that Segue ships, on every song of some folders.

    python tools/pretrain.py FOLDER... [--into shared/learning/pretrained] [--set epochs=120]

Every song is decoded, cut to 4 s and learned from; none is held out, so judge the result on other music.
The same functions as in the services are used, without queue and store.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
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


def main() -> None:
    """Read the command line, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--into", type=Path, default=Path("shared/learning/pretrained"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of segue")
    options = parser.parse_args()
    given = {name: json.loads(value) for name, value in (each.split("=", 1) for each in options.set)}
    songs = [song for path in _files(options.folders) if (song := _measured(path)) is not None]
    dataset = build_dataset(songs, SplitSettings(held_out_share=0))
    print(f"{len(songs)} songs, {len(dataset.corpus)} chunks")
    for name in PRETRAINED:
        _fit_and_write(name, dataset, given if name == "segue" else {}, options.into)


def _files(folders: list[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _measured(path: Path) -> SongEdges | None:
    """Return a song as training sees it; None for what is no song or too short."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            decoded = decode(path, Path(folder), DecodeLimits())
        except SegueError as error:
            print(f"left out {path.name}: {error}")
            return None
        with open_audio(Path(folder) / "audio.flac") as song:
            boundaries = _boundaries(song)
            if len(boundaries) <= LEAST_CHUNKS:
                print(f"left out {path.name}: too short")
                return None
            chunks = (song.read_range(*ends) for ends in pairwise(boundaries))
            edges = edges_of(chunks, song.sample_rate_hz)
            frames = song_frames(song.blocks(), song.sample_rate_hz)
            long = LongSpectra(*song_long_spectra(song.blocks(), song.sample_rate_hz))
    identity = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path.name}: {len(edges)} chunks")
    return SongEdges(identity, decoded.title or path.stem, edges, frames, long)


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
