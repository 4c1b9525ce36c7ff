"""Chord symbols, keys and where their tones sit; pitches are MIDI note numbers (69 is A4, 440 Hz).

Chords move between neighbours without leaps because every voice is folded into one fixed octave
window: what two chords share stays where it is, the rest moves by a step or two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

PITCH_CLASSES = {
    "C": 0, "Db": 1, "D": 2, "Eb": 3, "E": 4, "F": 5, "F#": 6, "Gb": 6, "G": 7, "Ab": 8,
    "A": 9, "Bb": 10, "B": 11,
}  # fmt: skip

# Semitones above the root: root, third, fifth, seventh (or sixth), then the colour tones.
QUALITIES: dict[str, tuple[int, ...]] = {
    "6": (0, 4, 7, 9),
    "maj7": (0, 4, 7, 11),
    "maj9": (0, 4, 7, 11, 14),
    "m7": (0, 3, 7, 10),
    "m9": (0, 3, 7, 10, 14),
    "9": (0, 4, 7, 10, 14),
    "13": (0, 4, 7, 10, 14, 21),
}
CHORD_TONES = 4

# Pentatonic: no tone of it clashes with a diatonic chord, so one motif fits a whole progression.
PENTATONIC = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}

LOWEST_KICK, LOWEST_BASS, LOWEST_VOICE, LOWEST_ARPEGGIO, LOWEST_LEAD = 28, 31, 53, 60, 65


@dataclass(frozen=True, slots=True)
class Key:
    """A key such as A minor."""

    tonic: str
    mode: Literal["major", "minor"]

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord by its root's pitch class and its tones in semitones above the root."""

    root: int
    intervals: tuple[int, ...]


def parse_chord(symbol: str) -> Chord:
    """Read a chord symbol such as `Am9`, `Bbmaj7` or `C13`.

    Raises:
        ValueError: the symbol is none of those that `QUALITIES` lists.
    """
    match = re.fullmatch(r"([A-G][b#]?)(.*)", symbol)
    if match is None or match[1] not in PITCH_CLASSES or match[2] not in QUALITIES:
        raise ValueError(f"{symbol!r} is no chord symbol known here; qualities are {', '.join(QUALITIES)}")
    return Chord(PITCH_CLASSES[match[1]], QUALITIES[match[2]])


def voicing(chord: Chord) -> tuple[int, ...]:
    """Voice a chord in the octave above `LOWEST_VOICE`, low to high.

    A chord with colour tones leaves its root to the bass, as a pianist's left hand does.
    """
    intervals = chord.intervals[1:] if len(chord.intervals) > CHORD_TONES else chord.intervals
    return tuple(sorted({_fold(chord.root + interval, LOWEST_VOICE) for interval in intervals}))


def bass_pitch(chord: Chord, index: int) -> int:
    """Return the bass note for a chord tone: 0 root, 1 third, 2 fifth, 3 seventh, 4 the octave."""
    return _fold(chord.root, LOWEST_BASS) + _chord_tone(chord, index)


def arpeggio_pitch(chord: Chord, index: int) -> int:
    """Return the note of an arpeggio for a chord tone, counted as in `bass_pitch`."""
    return _fold(chord.root, LOWEST_ARPEGGIO) + _chord_tone(chord, index)


def lead_pitch(key: Key, index: int) -> int:
    """Return the melody note for a step of the key's pentatonic scale; 0 is the tonic, 5 its octave."""
    octave, step = divmod(index, len(PENTATONIC[key.mode]))
    return _fold(PITCH_CLASSES[key.tonic], LOWEST_LEAD) + 12 * octave + PENTATONIC[key.mode][step]


def kick_pitch(key: Key) -> int:
    """Return the note that the kick drum's sweep ends on: the tonic, so that it never beats with the bass."""
    return _fold(PITCH_CLASSES[key.tonic], LOWEST_KICK)


def frequency_hz(pitch: float) -> float:
    """Convert a MIDI note number to Hz, in equal temperament with A4 at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def _fold(pitch: int, lowest: int) -> int:
    return lowest + (pitch - lowest) % 12


def _chord_tone(chord: Chord, index: int) -> int:
    octave, tone = divmod(index, CHORD_TONES)
    return 12 * octave + chord.intervals[tone]
