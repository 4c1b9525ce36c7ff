"""All that is found of a song as a whole: its beats, bars, key and sections. Pure, like `cutting`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.chunker.bars import find_bars
from services.chunker.beats import find_beats
from services.chunker.listening import listen
from services.chunker.sections import find_sections
from services.chunker.tonality import FoundKey, find_key
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Samples

__all__ = ["Analysis", "analyse"]


@dataclass(frozen=True)
class Analysis:
    """What was found of a song.

    Attributes:
        rhythm: its beats, and which of them begin a bar.
        beats_per_bar: 3 or 4; None: it has no beat.
        key: its key.
        sections_s: where its sections begin, rising from 0.
        note: why it has no beat; None where it has one.
    """

    rhythm: Rhythm
    beats_per_bar: int | None
    key: FoundKey
    sections_s: NDArray[np.float64]
    note: str | None


def analyse(blocks: Iterable[Samples], sample_rate_hz: int) -> Analysis:
    """Find a song's beats, bars, key and sections.

    Args:
        blocks: int16 or float32, shape (any, channels), one after another.
        sample_rate_hz: of the song.
    """
    heard = listen(blocks, sample_rate_hz)
    beats = find_beats(heard)
    bars = find_bars(heard, beats.times_s)
    rhythm = Rhythm(beats.times_s, bars.downbeats, beats.confidence, bars.confidence)
    lines_s = rhythm.beats_s[rhythm.downbeats]
    sections_s = find_sections(heard, lines_s)
    return Analysis(rhythm, bars.beats_per_bar, find_key(heard), sections_s, beats.why_none)
