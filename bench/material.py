"""What the benchmarks work on: real songs of a folder, or songs synthesised here, as they are uploaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile

from cli.demo import write_demo_songs
from shared.sound.samples import Int16, to_int16

SUFFIXES = {".mp3", ".wav", ".flac", ".ogg", ".opus", ".m4a", ".aiff"}


@dataclass
class Bench:
    """One run of the benchmarks.

    Attributes:
        folder: a temporary one.
        songs_folder: songs to work on; None: the demo's are synthesised.
        smoke: whether sizes are so small that only agreement means something.
        rounds: how often each side is timed.
    """

    folder: Path
    songs_folder: Path | None = None
    smoke: bool = False
    rounds: int = 5
    _opened: dict[Path, tuple[Int16, int]] = field(default_factory=dict)

    @cached_property
    def songs(self) -> list[Path]:
        """The songs, in the order of their names."""
        if self.songs_folder is None:
            seconds = 12.0 if self.smoke else None
            return write_demo_songs(self.folder / "songs", seconds=seconds)[: 2 if self.smoke else None]
        found = sorted(path for path in self.songs_folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        if not found:
            raise SystemExit(f"{self.songs_folder} has no songs.")
        return found[:2] if self.smoke else found

    def size(self, whole: int, smoke: int) -> int:
        """Return a size: `whole`, or `smoke` in a run that is to be short."""
        return smoke if self.smoke else whole

    def decoded(self, song: Path) -> tuple[Int16, int]:
        """Return a song's samples, int16 (n, channels), and its rate; kept for the next who asks."""
        if song not in self._opened:
            samples, rate_hz = soundfile.read(song, dtype="float32", always_2d=True)
            self._opened[song] = to_int16(samples[:, :2]), rate_hz
        return self._opened[song]

    def sound_of(self, seconds: float) -> tuple[Int16, int]:
        """Return real stereo music of a length, int16 (n, 2) and its rate: songs laid end to end."""
        rate_hz = self.decoded(self.songs[0])[1]
        wanted, parts, total = round(seconds * rate_hz), [], 0
        while total < wanted:
            for song in self.songs:
                samples, own_rate_hz = self.decoded(song)
                if own_rate_hz == rate_hz and total < wanted:
                    parts.append(np.broadcast_to(samples, (len(samples), 2)))
                    total += len(samples)
        return np.ascontiguousarray(np.concatenate(parts)[:wanted]), rate_hz
