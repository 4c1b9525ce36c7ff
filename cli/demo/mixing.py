"""Play a score and mix it: instruments to tracks, tracks through effects to one stereo master."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cli.demo import effects, instruments
from cli.demo.arrangement import Note, Score
from cli.demo.filters import SAMPLE_RATE_HZ, SWEEP_HOP, Audio, sweep_frames, sweep_low_pass
from cli.demo.harmony import frequency_hz
from cli.demo.instruments import Instrument
from cli.demo.songs import Song

MASTER_RMS = 10 ** (-16 / 20)
MASTER_CEILING = 10 ** (-1.2 / 20)
STOP_FADE_S = 0.11
STOP_FLOOR = 10 ** (-46 / 20)
END_FADE_BEATS = 3


@dataclass(frozen=True, slots=True)
class Channel:
    """The settings of one part's channel in the mixing desk."""

    level_db: float
    pan: float = 0.0
    width: float = 1.0
    reverb_db: float = -60.0
    echo_db: float = -60.0
    duck_depth: float = 0.0
    swept: bool = False


DESK = {
    "kick": Channel(-4.0),
    "backbeat": Channel(-6.0, reverb_db=-12),
    "roll": Channel(-9.0, reverb_db=-12),
    "closed_hat": Channel(-15.0, pan=0.25),
    "open_hat": Channel(-13.0, pan=-0.2, reverb_db=-18),
    "shaker": Channel(-14.0, pan=-0.4),
    "crash": Channel(-16.0, reverb_db=-12),
    "riser": Channel(-12.0, reverb_db=-12),
    "bass": Channel(-10.5, duck_depth=0.7),
    "pad": Channel(-10.5, width=1.3, reverb_db=-7, duck_depth=0.6, swept=True),
    "keys": Channel(-10.0, reverb_db=-8, echo_db=-16, duck_depth=0.4, swept=True),
    "arpeggio": Channel(-9.0, pan=0.3, reverb_db=-8, echo_db=-7, duck_depth=0.3, swept=True),
    "lead": Channel(-10.0, pan=-0.15, reverb_db=-7, echo_db=-9, duck_depth=0.2),
}


def mix(song: Song, score: Score, noise: np.random.Generator) -> Audio:
    """Render a score to its master, float32 within [-1, 1], shape (n, 2), at `SAMPLE_RATE_HZ`."""
    samples = round(score.length_s * SAMPLE_RATE_HZ)
    dry, reverb_send, echo_send = (np.zeros((samples, 2), np.float32) for _ in range(3))
    kicks_s = np.array([note.start_s for note in score.parts.get("kick", [])])
    cutoff_hz = _brightness(score, samples)
    for part, notes in score.parts.items():
        channel = DESK[part]
        track = _play(_instrument(part, song), notes, samples, noise)
        if channel.swept:
            track = sweep_low_pass(track, cutoff_hz)
        if part == "keys" and song.keys is instruments.electric_piano:
            track = effects.tremolo(track, rate_hz=4.6, depth=0.4)
        track = effects.place(track, pan=channel.pan, width=channel.width) * _gain(channel.level_db)
        if channel.duck_depth:
            dips = effects.duck(samples, kicks_s, depth=channel.duck_depth, release_s=0.6 * song.beat_s)
            track *= dips[:, None]
        dry += track
        reverb_send += track * _gain(channel.reverb_db)
        echo_send += track * _gain(channel.echo_db)
    echoes = effects.ping_pong(echo_send, delay_s=0.75 * song.beat_s, feedback=0.55, echoes=5)
    wet = effects.reverberate(reverb_send + 0.3 * echoes, noise, decay_s=1.9)
    return _master(song, score, dry + echoes + wet)


def _master(song: Song, score: Score, bus: Audio) -> Audio:
    """Cut the stops into the bus, bring it to its loudness and fade its end."""
    # The limiter comes before the gate: what it lifts, the stops must not be lifted by.
    loud = effects.limit(bus, rms=MASTER_RMS, ceiling=MASTER_CEILING)
    stops = effects.gate(len(bus), score.stops_s, fade_s=STOP_FADE_S, floor=STOP_FLOOR)
    fade = round(END_FADE_BEATS * song.beat_s * SAMPLE_RATE_HZ)
    loud[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None]
    return loud * stops[:, None]


def _play(instrument: Instrument, notes: list[Note], samples: int, noise: np.random.Generator) -> Audio:
    """Lay every note onto a track; a sound of one pitch and length is made once."""
    sounds: dict[tuple[float, float], Audio] = {}
    track: Audio | None = None
    for note in notes:
        kind = (note.pitch, round(note.length_s, 4))
        if kind not in sounds:
            sounds[kind] = instrument(frequency_hz(note.pitch), note.length_s, noise)
        sound = sounds[kind]
        if track is None:
            track = np.zeros((samples, sound.shape[1]), np.float32)
        start = round(note.start_s * SAMPLE_RATE_HZ)
        heard = track[start : start + len(sound)]
        heard += sound[: len(heard)] * np.float32(note.level)
    return track if track is not None else np.zeros((samples, 1), np.float32)


def _instrument(part: str, song: Song) -> Instrument:
    """Return who plays a part in a song."""
    players: dict[str, Instrument] = {
        "kick": instruments.kick,
        "backbeat": song.backbeat,
        "roll": instruments.snare,
        "closed_hat": instruments.closed_hat,
        "open_hat": instruments.open_hat,
        "shaker": instruments.shaker,
        "crash": instruments.crash,
        "riser": instruments.riser,
        "bass": instruments.bass,
        "pad": instruments.pad,
        "keys": song.keys,
        "arpeggio": instruments.pluck,
        "lead": instruments.lead,
    }
    return players[part]


def _brightness(score: Score, samples: int) -> npt.NDArray[np.float32]:
    """Follow the sections' cutoffs, even in octaves, for each window of `sweep_low_pass`, in Hz."""
    frame_s = np.arange(sweep_frames(samples)) * SWEEP_HOP / SAMPLE_RATE_HZ
    ends_s = (*score.edges_s[1:], score.length_s)
    # Two points an edge, a millisecond apart: the next section starts with its own cutoff.
    times_s = [
        edge for pair in zip(score.edges_s, ends_s, strict=True) for edge in (pair[0], pair[1] - 0.001)
    ]
    octaves = np.log2([hz for section in score.sections for hz in section.brightness_hz])
    return (2 ** np.interp(frame_s, times_s, octaves)).astype(np.float32)


def _gain(level_db: float) -> np.float32:
    return np.float32(10 ** (level_db / 20))
