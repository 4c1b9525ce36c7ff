"""All that is found of a song as a whole: its beats, bars, key and sections. Pure, like `cutting`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.chunker.bars import counted_from, find_bars
from services.chunker.beats import SURE, find_beats
from services.chunker.listening import listen
from services.chunker.sections import find_sections
from services.chunker.tonality import FoundKey, find_key
from shared.corrections import Correction
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Samples

__all__ = ["Analysis", "analyse"]

NOTHING_KNOWN = Correction()


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


def analyse(blocks: Iterable[Samples], sample_rate_hz: int, known: Correction = NOTHING_KNOWN) -> Analysis:
    """Find a song's beats, bars, key and sections.

    Args:
        blocks: int16 or float32, shape (any, channels), one after another.
        sample_rate_hz: of the song.
        known: what need not be found.
    """
    heard = listen(blocks, sample_rate_hz)
    beats = find_beats(heard, tempo_bpm=known.tempo_bpm)
    bars = find_bars(heard, beats.times_s, beats_per_bar=known.beats_per_bar)
    if known.downbeat_s is not None:
        bars = counted_from(bars, beats.times_s, known.downbeat_s)
    sure = beats.confidence if known.tempo_bpm is None else max(beats.confidence, SURE)
    rhythm = Rhythm(beats.times_s, bars.downbeats, sure, bars.confidence)
    lines_s = rhythm.beats_s[rhythm.downbeats]
    sections_s = find_sections(heard, lines_s)
    key = find_key(heard) if known.key is None else FoundKey(known.key, 1.0)
    return Analysis(rhythm, bars.beats_per_bar, key, sections_s, beats.why_none)
