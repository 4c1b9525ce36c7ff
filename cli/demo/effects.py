"""Effects over whole tracks: ducking, panning, echo, reverberation, and the master's limiter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cli.demo.filters import SAMPLE_RATE_HZ, Audio, high_pass, low_pass, shape

Envelope = npt.NDArray[np.float32]
"""Gain of each sample, shape (n,)."""

CONVOLUTION_BLOCK = 1 << 17


def duck(samples: int, starts_s: npt.NDArray[np.float64], *, depth: float, release_s: float) -> Envelope:
    """Make the gain that dips at each kick and recovers within `release_s`: sidechain compression.

    `depth` is the share of the level that is taken away at the start, 0 to 1.
    """
    curve = np.linspace(0, 1, round(release_s * SAMPLE_RATE_HZ), dtype=np.float32)
    dip = 1 - depth * (0.5 + 0.5 * np.cos(np.pi * curve))
    gain = np.ones(samples, np.float32)
    for start in np.round(starts_s * SAMPLE_RATE_HZ).astype(np.int64):
        overlapped = gain[start : start + len(dip)]
        np.minimum(overlapped, dip[: len(overlapped)], out=overlapped)
    # A dip that begins at once would click.
    return _smoothed(gain, 0.003)


def gate(
    samples: int, silences_s: tuple[tuple[float, float], ...], *, fade_s: float, floor: float
) -> Envelope:
    """Make the gain that falls to `floor` within the first `fade_s` of each silence and rises at its end."""
    gain = np.ones(samples, np.float32)
    fade = round(fade_s * SAMPLE_RATE_HZ)
    fall = floor + (1 - floor) * (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fade, dtype=np.float32)))
    for start_s, end_s in silences_s:
        start, end = (round(edge_s * SAMPLE_RATE_HZ) for edge_s in (start_s, end_s))
        gain[start:end] = floor
        gain[start : start + fade] = fall
    return _smoothed(gain, 0.002)


def place(audio: Audio, *, pan: float, width: float) -> Audio:
    """Make a track stereo: `pan` from -1 (left) to 1 (right), its sides scaled by `width`.

    A mono track, shape (n, 1), is panned at constant power; a stereo one keeps what is at its sides.
    """
    angle = (pan + 1) * np.pi / 4
    gains = np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(np.sqrt(2))
    if audio.shape[1] == 1:
        return audio * gains
    middle = _middle(audio)[:, None]
    stereo: Audio = (middle + (audio - middle) * np.float32(width)) * gains
    return stereo


def tremolo(audio: Audio, *, rate_hz: float, depth: float) -> Audio:
    """Swing a track from side to side, as the amplifier of an electric piano does."""
    t = np.arange(len(audio)) / SAMPLE_RATE_HZ
    swing = (depth * np.sin(2 * np.pi * rate_hz * t)).astype(np.float32)
    return np.stack([audio[:, 0] * (1 + swing), audio[:, -1] * (1 - swing)], axis=1)


def ping_pong(audio: Audio, *, delay_s: float, feedback: float, echoes: int) -> Audio:
    """Repeat a stereo track, each echo softer than the one before and on the other side."""
    hop = round(delay_s * SAMPLE_RATE_HZ)
    wet = np.zeros_like(audio)
    middle = _middle(audio)
    for echo in range(1, echoes + 1):
        side = np.array([0.95, 0.3] if echo % 2 else [0.3, 0.95], np.float32) * np.float32(feedback**echo)
        wet[echo * hop :] += middle[: -echo * hop, None] * side
    return shape(wet, high_pass(300, 1), low_pass(4500, 1))


def reverberate(
    audio: Audio, noise: np.random.Generator, *, decay_s: float, predelay_s: float = 0.018
) -> Audio:
    """Put a stereo track into a room: convolve it with decaying noise, different on either side.

    After J. A. Moorer, "About This Reverberation Business" (1979): exponentially decaying noise is what
    a good hall's late response looks like. `decay_s` is the time in which it falls by 60 dB.
    """
    t = np.arange(round(decay_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tail = noise.uniform(-1, 1, (len(t), 2)) * (10 ** (-3 * t / decay_s))[:, None]
    tail[: round(0.006 * SAMPLE_RATE_HZ)] *= 0.3
    room = shape(tail.astype(np.float32), high_pass(250), low_pass(5500, 1))
    room /= np.sqrt((room**2).sum(axis=0))
    late = np.concatenate([np.zeros((round(predelay_s * SAMPLE_RATE_HZ), 2), np.float32), room])
    return _convolved(audio, late)


def limit(audio: Audio, *, rms: float, ceiling: float) -> Audio:
    """Bring a track to an RMS through a soft limiter that never passes `ceiling`.

    The limiter, a tanh, takes a little of the level away again, so the gain before it is found by iteration.
    """
    drive = np.float32(rms / np.sqrt(np.mean(audio**2, dtype=np.float64)))
    for _ in range(3):
        limited = ceiling * np.tanh(audio * (drive / np.float32(ceiling)))
        drive *= np.float32(rms / np.sqrt(np.mean(limited**2, dtype=np.float64)))
    return np.asarray(ceiling * np.tanh(audio * (drive / np.float32(ceiling))), np.float32)


def _convolved(audio: Audio, response: Audio) -> Audio:
    """Convolve by overlap-add; the response, shape (m, 2), is at most a block long."""
    blocks = -(-len(audio) // CONVOLUTION_BLOCK)
    size = 2 * CONVOLUTION_BLOCK
    out = np.zeros((blocks + 1, CONVOLUTION_BLOCK, 2), np.float32)
    for channel in range(2):
        padded = np.zeros(blocks * CONVOLUTION_BLOCK, np.float32)
        padded[: len(audio)] = audio[:, channel]
        spectrum = np.fft.rfft(response[:, channel], size)
        for block, piece in enumerate(padded.reshape(blocks, CONVOLUTION_BLOCK)):
            wet = np.fft.irfft(np.fft.rfft(piece, size) * spectrum, size)
            out[block : block + 2, :, channel] += wet.reshape(2, CONVOLUTION_BLOCK)
    return out.reshape(-1, 2)[: len(audio)]


def _smoothed(gain: Envelope, width_s: float) -> Envelope:
    """Average over a window that ends at each sample's right, so that a dip is prepared in time."""
    width = round(width_s * SAMPLE_RATE_HZ)
    padded = np.concatenate([gain.astype(np.float64), np.full(width, gain[-1], np.float64)])
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    means: Envelope = ((sums[width:] - sums[:-width])[: len(gain)] / width).astype(np.float32)
    return means


def _middle(audio: Audio) -> Envelope:
    return (audio[:, 0] + audio[:, -1]) * np.float32(0.5)
