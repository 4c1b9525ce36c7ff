"""Write a song's notes: from rows, chords and form to instants in seconds. Knows no sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np

from cli.demo import harmony
from cli.demo.songs import BEATS_PER_BAR, STEPS_PER_BAR, Section, Song

STEP_BEATS = BEATS_PER_BAR / STEPS_PER_BAR
TAIL_BEATS = 5
"""What is left for the last notes to ring."""

DRUMS = ("kick", "backbeat", "closed_hat", "open_hat", "shaker")
STROKES = {"X": 1.0, "x": 0.7, "o": 0.42}
MELODIC_LEVEL = 0.85
JITTER_LEVEL = 0.08
JITTER_S = 0.004
"""How far hands are off the grid; the kick and the bass are on it."""

BUILD_ROLL = (
    "X... X... X... X...",
    "X... X... X... X...",
    "X.x. X.x. X.x. X.x.",
    "Xoxo Xoxo XxXx XXXX",
)
FILL = "x.x. Xo.x x.XX X.X."
"""The backbeat's last bar before a section that it does not lead into by a stop."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note of one part."""

    start_s: float
    length_s: float
    pitch: float
    level: float


@dataclass(frozen=True, slots=True)
class Score:
    """What the mixer plays: the notes of each part, the silences, and where sections begin."""

    length_s: float
    parts: dict[str, list[Note]]
    stops_s: tuple[tuple[float, float], ...]
    edges_s: tuple[float, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One struck cell of a row, in steps from the row's start."""

    start: int
    length: int
    symbol: str


def fit_form(song: Song, seconds: float) -> Song:
    """Stretch or shrink a song's form to whole bars of about this length, keeping its proportions.

    Sections that shrink to nothing are left out; one bar at least remains.
    """
    bars = max(1, round((seconds / song.beat_s - TAIL_BEATS) / BEATS_PER_BAR))
    ends = [round(end * bars / song.bars) for end in accumulate(section.bars for section in song.form)]
    lengths = [end - start for start, end in pairwise([0, *ends])]
    form = tuple(replace(s, bars=n) for s, n in zip(song.form, lengths, strict=True) if n)
    return replace(song, form=form)


def arrange(song: Song, chance: np.random.Generator) -> Score:
    """Write every note of a song.

    Args:
        song: what to play.
        chance: decides how far the players are off the beat, and how hard they strike.
    """
    first_beats = [BEATS_PER_BAR * bar for bar in accumulate((s.bars for s in song.form), initial=0)]
    parts: dict[str, list[Note]] = {}
    stops_s = []
    for section, start, end in zip(song.form, first_beats[:-1], first_beats[1:], strict=True):
        silent_from = end - section.stop_beats
        for part in sorted(section.parts):
            for beat, length, pitch, level in _play(part, song, section):
                if start + beat < silent_from:
                    sounding = min(length, silent_from - start - beat)
                    note = _timed(song, part, (start + beat, sounding, pitch, level), chance)
                    parts.setdefault(part, []).append(note)
        if section.stop_beats:
            stops_s.append((silent_from * song.beat_s, end * song.beat_s))
    return Score(
        length_s=(first_beats[-1] + TAIL_BEATS) * song.beat_s,
        parts=parts,
        stops_s=tuple(stops_s),
        edges_s=tuple(beat * song.beat_s for beat in first_beats[:-1]),
        sections=song.form,
    )


def swung(beat: float, *, swing: float, step_beats: float) -> float:
    """Delay every second step: the first of a pair takes the share `swing` of it, the second the rest."""
    pair, phase = divmod(beat / step_beats, 2)
    late = phase * 2 * swing if phase < 1 else 2 * swing + (phase - 1) * (2 - 2 * swing)
    return step_beats * (2 * pair + late)


def steps(row: str, bars: int) -> Iterator[Step]:
    """Read a row, repeated until it fills a number of bars."""
    cells = row.replace(" ", "")
    wanted = bars * STEPS_PER_BAR
    cells = (cells * -(-wanted // len(cells)))[:wanted]
    for start, symbol in enumerate(cells):
        if symbol not in ".-":
            held = len(cells[start + 1 :]) - len(cells[start + 1 :].lstrip("-"))
            yield Step(start, 1 + held, symbol)


Played = tuple[float, float, float, float]
"""Beat in the section, length in beats, pitch, level."""


def _play(part: str, song: Song, section: Section) -> Iterator[Played]:
    """Yield the notes of one part in one section, without swing and jitter."""
    chords = [harmony.parse_chord(symbol) for symbol in section.chords or song.chords]
    tonic = float(harmony.kick_pitch(song.key))
    beats = section.bars * BEATS_PER_BAR
    if part in ("crash", "riser"):
        yield 0.0, beats - section.stop_beats, tonic, 1.0
    elif part == "pad":
        for bar in range(section.bars):
            for tone in harmony.voicing(chords[bar % len(chords)]):
                yield float(bar * BEATS_PER_BAR), BEATS_PER_BAR, tone, 1.0
    elif part == "roll":
        for step in steps(_roll(section.bars), section.bars):
            swell = 0.35 + 0.65 * step.start / (section.bars * STEPS_PER_BAR)
            yield step.start * STEP_BEATS, STEP_BEATS, tonic, STROKES[step.symbol] * swell
    else:
        pitches = _pitches(part, song, tonic)
        for step in steps(_row(part, song, section), section.bars):
            chord = chords[step.start // STEPS_PER_BAR % len(chords)]
            level = STROKES.get(step.symbol, MELODIC_LEVEL)
            for pitch in pitches(chord, step.symbol):
                yield step.start * STEP_BEATS, step.length * STEP_BEATS, pitch, level


def _pitches(part: str, song: Song, tonic: float) -> Callable[[harmony.Chord, str], tuple[float, ...]]:
    """Choose how a part turns a chord and a row's symbol into pitches."""
    if part == "bass":
        return lambda chord, symbol: (harmony.bass_pitch(chord, int(symbol)),)
    if part == "arpeggio":
        return lambda chord, symbol: (harmony.arpeggio_pitch(chord, int(symbol)),)
    if part == "lead":
        return lambda _chord, symbol: (harmony.lead_pitch(song.key, int(symbol)),)
    if part == "keys":
        return lambda chord, _symbol: harmony.voicing(chord)
    return lambda _chord, _symbol: (tonic,)


def _row(part: str, song: Song, section: Section) -> str:
    """Return a part's row, with a fill at the end of a long section that runs on without a stop."""
    row = song.patterns[part]
    if part != "backbeat" or section.stop_beats or section.bars < 4:
        return row
    cells = row.replace(" ", "")
    plain = (cells * section.bars)[: (section.bars - 1) * STEPS_PER_BAR]
    return plain + FILL.replace(" ", "")


def _roll(bars: int) -> str:
    """Spread the four bars of the roll over a build of any length."""
    return "".join(BUILD_ROLL[bar * len(BUILD_ROLL) // bars] for bar in range(bars))


def _timed(song: Song, part: str, played: Played, chance: np.random.Generator) -> Note:
    """Put a note on the clock: swing first, then the player's hand."""
    beat, length, pitch, level = played
    off_s, off_level = chance.uniform(-1, 1, 2)
    late_s = 0.0 if part in ("kick", "bass", "roll", "riser") else JITTER_S * (1 + off_s) / 2
    start = swung(beat, swing=song.swing, step_beats=song.swing_step_beats)
    return Note(
        start_s=start * song.beat_s + late_s,
        length_s=length * song.beat_s,
        pitch=float(pitch),
        level=float(level * (1 + JITTER_LEVEL * off_level)),
    )
