"""The instruments: each turns a pitch, a length and a source of noise into one note.

Every instrument is `(pitch_hz, length_s, noise) -> Audio`, shape (n, 1) or (n, 2), with its release after
`length_s`. Oscillators are sums of harmonics below the Nyquist frequency, so nothing aliases.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cli.demo.filters import (
    SAMPLE_RATE_HZ,
    Audio,
    high_pass,
    low_pass,
    shape,
    sweep_frames,
    sweep_low_pass,
)

Instrument = Callable[[float, float, np.random.Generator], Audio]
Seconds = npt.NDArray[np.float64]

TABLE_SIZE = 4096


def kick(pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play a sine that falls from four times its final pitch, with a click at the front."""
    t, fall_s = _times(0.38), 0.028
    phase = 2 * np.pi * pitch_hz * (t + 3.2 * fall_s * (1 - np.exp(-t / fall_s)))
    body = np.sin(phase) * np.exp(-t / 0.15)
    click = shape(_noise(noise, t, 1), high_pass(1500), low_pass(7000))[:, 0] * np.exp(-t / 0.0025)
    drum = np.tanh(1.9 * body + 0.25 * click).astype(np.float32)[:, None]
    # The sum over a sweep is not zero; what it leaves at 0 Hz would only take headroom away.
    return _shaped(shape(drum, high_pass(20)), t, attack_s=0.0005, release_s=0.06)


def clap(_pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play four bursts of noise 10 ms apart, the last with a tail, as hands never meet at once."""
    t = _times(0.32)
    bursts = sum(
        (t >= start_s) * level * np.exp(-np.maximum(t - start_s, 0) / decay_s)
        for start_s, level, decay_s in (
            (0.0, 0.7, 0.004),
            (0.010, 0.8, 0.004),
            (0.021, 0.7, 0.004),
            (0.031, 1.0, 0.07),
        )
    )
    hands = shape(_noise(noise, t, 2), high_pass(800), low_pass(4200))
    return _shaped(hands * np.asarray(bursts)[:, None], t, attack_s=0.0005, release_s=0.05)


def snare(_pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play a drum skin of two tones with rattling wires over it."""
    t = _times(0.26)
    skin = (np.sin(2 * np.pi * 186 * t) + 0.6 * np.sin(2 * np.pi * 331 * t)) * np.exp(-t / 0.05)
    wires = shape(_noise(noise, t, 1), high_pass(1400), low_pass(9000))[:, 0] * np.exp(-t / 0.075)
    return _shaped(0.5 * skin + 0.55 * wires, t, attack_s=0.0008, release_s=0.04)


def rim(_pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play a stick on the rim: three short inharmonic tones and a tick of noise."""
    t = _times(0.07)
    tones = sum(np.sin(2 * np.pi * hz * t) for hz in (815.0, 1735.0, 2460.0)) * np.exp(-t / 0.011)
    tick = _noise(noise, t, 1)[:, 0] * np.exp(-t / 0.002)
    return _shaped(0.35 * np.asarray(tones) + 0.3 * tick, t, attack_s=0.0005, release_s=0.02)


def closed_hat(_pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play a closed hi-hat."""
    return _cymbal(noise, decay_s=0.028, low_cut_hz=7000, length_s=0.12)


def open_hat(_pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play an open hi-hat."""
    return _cymbal(noise, decay_s=0.13, low_cut_hz=6000, length_s=0.36)


def crash(_pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play a crash cymbal."""
    return _cymbal(noise, decay_s=0.75, low_cut_hz=3000, length_s=2.6)


def shaker(_pitch_hz: float, _length_s: float, noise: np.random.Generator) -> Audio:
    """Play a shaker: noise that swells before it falls, as the beads reach the wall one by one."""
    t = _times(0.13)
    swell = (t / 0.022) * np.exp(1 - t / 0.022)
    beads = shape(_noise(noise, t, 1), high_pass(4200), low_pass(11000))
    return _shaped(beads * swell[:, None], t, attack_s=0.002, release_s=0.03)


def riser(_pitch_hz: float, length_s: float, noise: np.random.Generator) -> Audio:
    """Play noise that opens from 300 Hz to 9 kHz and swells until it stops dead."""
    t = _times(length_s)
    cutoff_hz = np.geomspace(300, 9000, sweep_frames(len(t))).astype(np.float32)
    opened = sweep_low_pass(shape(_noise(noise, t, 2), high_pass(250)), cutoff_hz)
    return _shaped(opened * ((t / length_s) ** 2)[:, None], t, attack_s=0.05, release_s=0.01)


def bass(pitch_hz: float, length_s: float, _noise_source: np.random.Generator) -> Audio:
    """Play a saw through a low-pass that closes after the attack, over a sine that keeps the weight."""
    t = _times(length_s + 0.05)
    cutoff_hz = 220 + 1100 * np.exp(-t / 0.09)
    harmonics = np.arange(1, min(24, int(6000 / pitch_hz)) + 1)
    gains = 1 / (harmonics * (1 + (harmonics * pitch_hz / cutoff_hz[:, None]) ** 2))
    saw = (np.sin(2 * np.pi * pitch_hz * t[:, None] * harmonics) * gains).sum(axis=1)
    weight = np.sin(2 * np.pi * pitch_hz * t)
    return _shaped(np.tanh(0.9 * saw + 0.6 * weight), t, attack_s=0.004, release_s=0.05)


def electric_piano(pitch_hz: float, length_s: float, _noise_source: np.random.Generator) -> Audio:
    """Play a tine piano by frequency modulation, the tine a partial at 14 times the pitch.

    After J. Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation" (1973).
    """
    t = _times(length_s + 0.14)
    ring_s = 1.5 * (220 / pitch_hz) ** 0.4
    angle = 2 * np.pi * pitch_hz * t
    warmth = (0.35 + 1.1 * np.exp(-t / 0.25)) * np.sin(angle)
    tine = 0.22 * np.exp(-t / 0.035) * np.sin(14 * angle) if 14 * pitch_hz < 16_000 else 0.0
    tone = np.sin(angle + warmth) + 0.25 * np.sin(2 * angle) * np.exp(-t / 0.6) + tine
    return _shaped(0.6 * tone * np.exp(-t / ring_s), t, attack_s=0.003, release_s=0.14)


def saw_stab(pitch_hz: float, length_s: float, noise: np.random.Generator) -> Audio:
    """Play a short chord stab of detuned saws."""
    t = _times(length_s + 0.18)
    return _shaped(
        _detuned_saws(pitch_hz, t, noise) * np.exp(-t / 0.3)[:, None], t, attack_s=0.004, release_s=0.18
    )


def pad(pitch_hz: float, length_s: float, noise: np.random.Generator) -> Audio:
    """Play a slow chord of detuned saws."""
    t = _times(length_s + 0.5)
    return _shaped(_detuned_saws(pitch_hz, t, noise), t, attack_s=0.25, release_s=0.5)


def pluck(pitch_hz: float, _length_s: float, _noise_source: np.random.Generator) -> Audio:
    """Play a plucked string: the higher a harmonic, the sooner it dies."""
    t = _times(0.55)
    harmonics = np.arange(1, min(14, int(12_000 / pitch_hz)) + 1)
    decays = np.exp(-t[:, None] * (4.5 + 0.9 * harmonics**1.5)) / harmonics
    tone = (np.sin(2 * np.pi * pitch_hz * t[:, None] * harmonics) * decays).sum(axis=1)
    return _shaped(0.8 * tone, t, attack_s=0.002, release_s=0.08)


def lead(pitch_hz: float, length_s: float, noise: np.random.Generator) -> Audio:
    """Play a flute-like tone whose vibrato grows, with a little breath."""
    t = _times(length_s + 0.2)
    vibrato = np.minimum(t / 0.5, 1) * np.sin(2 * np.pi * 5.2 * t)
    angle = pitch_hz * (2 * np.pi * t + 0.0009 * vibrato)
    levels = (1.0, 0.32, 0.16, 0.06)
    tone = sum(level * np.sin((k + 1) * angle) for k, level in enumerate(levels))
    breath = shape(_noise(noise, t, 1), high_pass(1200), low_pass(5000))[:, 0] * np.exp(-t / 0.15)
    return _shaped(0.5 * (np.asarray(tone) + 0.06 * breath), t, attack_s=0.035, release_s=0.2)


def _detuned_saws(pitch_hz: float, t: Seconds, noise: np.random.Generator) -> npt.NDArray[np.float64]:
    """Sum seven saws, up to 9 cents apart and spread from left to right, shape (n, 2)."""
    table = _saw_table(pitch_hz)
    cents = np.array([-9.0, -6.0, -2.5, 0.0, 3.0, 5.5, 9.0])
    sides = np.array([-0.8, 0.55, -0.3, 0.0, 0.3, -0.55, 0.8])
    positions = TABLE_SIZE * (pitch_hz * 2 ** (cents / 1200) * t[:, None] + noise.random(len(cents)))
    whole = positions.astype(np.int64)
    index, fraction = whole % TABLE_SIZE, positions - whole
    voices = table[index] * (1 - fraction) + table[index + 1] * fraction
    angles = (sides + 1) * np.pi / 4
    stereo: npt.NDArray[np.float64] = 0.22 * voices @ np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return stereo


def _saw_table(pitch_hz: float) -> npt.NDArray[np.float64]:
    """Tabulate one period of a saw with the harmonics below 14 kHz; the first value follows the last."""
    harmonics = np.arange(1, int(14_000 / pitch_hz) + 1)
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, np.complex128)
    spectrum[harmonics] = -0.5j * TABLE_SIZE * (2 / np.pi) / harmonics
    period = np.fft.irfft(spectrum)
    return np.append(period, period[0])


def _cymbal(noise: np.random.Generator, *, decay_s: float, low_cut_hz: float, length_s: float) -> Audio:
    """Play noise with a few inharmonic tones in it, shape (n, 2)."""
    t = _times(length_s)
    partials = np.array([3170.0, 4390.0, 5630.0, 6950.0, 8810.0])
    metal = np.sin(2 * np.pi * partials * t[:, None]).mean(axis=1)
    hiss = shape(
        (_noise(noise, t, 2) + metal[:, None]).astype(np.float32), high_pass(low_cut_hz, 3), low_pass(14_000)
    )
    return _shaped(0.7 * hiss * np.exp(-t / decay_s)[:, None], t, attack_s=0.001, release_s=0.25 * length_s)


def _times(length_s: float) -> Seconds:
    return np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _noise(noise: np.random.Generator, t: Seconds, channels: int) -> Audio:
    """Draw white noise of RMS 0.58, shape (n, channels)."""
    return noise.uniform(-1, 1, (len(t), channels)).astype(np.float32)


def _shaped(tone: npt.NDArray[np.floating], t: Seconds, *, attack_s: float, release_s: float) -> Audio:
    """Fade a note in and out, so that neither end clicks, and give it the shape (n, channels)."""
    fade_in = np.minimum(t / attack_s, 1.0)
    fade_out = np.clip((len(t) / SAMPLE_RATE_HZ - t) / release_s, 0.0, 1.0) ** 2
    columns = tone if tone.ndim == 2 else tone[:, None]
    return (columns * (fade_in * fade_out)[:, None]).astype(np.float32)
