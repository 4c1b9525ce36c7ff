"""Filters by their magnitude response, applied in the frequency domain: zero phase, no loop over samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 44_100

Audio = npt.NDArray[np.float32]
"""Float samples around [-1, 1], shape (n, channels) with 1 or 2 channels."""

Response = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Gain at each frequency in Hz."""

SWEEP_WINDOW = 2048
SWEEP_HOP = SWEEP_WINDOW // 2


def low_pass(cutoff_hz: float, order: int = 2) -> Response:
    """Make the magnitude response of a Butterworth low-pass."""
    return lambda hz: 1.0 / np.sqrt(1.0 + (hz / np.float32(cutoff_hz)) ** (2 * order))


def high_pass(cutoff_hz: float, order: int = 2) -> Response:
    """Make the magnitude response of a Butterworth high-pass; its gain at 0 Hz is 0."""

    def response(hz: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        ratio = (hz / np.float32(cutoff_hz)) ** (2 * order)
        return np.sqrt(ratio / (1.0 + ratio))

    return response


def shape(audio: Audio, *responses: Response) -> Audio:
    """Filter audio, shape (n, channels), by the product of responses.

    Zeros are appended before the transform, for a response that rings must not wrap round to the start.
    """
    size = _transform_size(len(audio))
    spectrum = np.fft.rfft(audio, size, axis=0)
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ).astype(np.float32)
    for response in responses:
        spectrum *= response(hz)[:, None]
    return np.fft.irfft(spectrum, size, axis=0)[: len(audio)].astype(np.float32)


def sweep_low_pass(audio: Audio, cutoff_hz: npt.NDArray[np.float32]) -> Audio:
    """Filter audio by a second-order low-pass whose cutoff moves, by overlap-add of Hann windows.

    Args:
        audio: shape (n, channels).
        cutoff_hz: cutoff at the centre of each window, shape (sweep_frames(n),).
    """
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SWEEP_WINDOW) / SWEEP_WINDOW)).astype(np.float32)
    frames = len(cutoff_hz)
    padded = np.zeros(((frames + 1) * SWEEP_HOP, audio.shape[1]), np.float32)
    padded[SWEEP_HOP : SWEEP_HOP + len(audio)] = audio
    hz = np.fft.rfftfreq(SWEEP_WINDOW, 1 / SAMPLE_RATE_HZ).astype(np.float32)
    gain = 1.0 / np.sqrt(1.0 + np.square(np.square(hz / cutoff_hz[:, None])))
    filtered = np.empty_like(padded)
    for channel in range(audio.shape[1]):
        windows = np.lib.stride_tricks.sliding_window_view(padded[:, channel], SWEEP_WINDOW)[::SWEEP_HOP]
        shaped = np.fft.irfft(np.fft.rfft(windows * window) * gain, SWEEP_WINDOW)
        halves = np.zeros((frames + 1, SWEEP_HOP), np.float32)
        halves[:-1] += shaped[:, :SWEEP_HOP]
        halves[1:] += shaped[:, SWEEP_HOP:]
        filtered[:, channel] = halves.ravel()
    return filtered[SWEEP_HOP : SWEEP_HOP + len(audio)]


def sweep_frames(samples: int) -> int:
    """Count the windows that `sweep_low_pass` lays over a number of samples."""
    return -(-samples // SWEEP_HOP) + 1


def _transform_size(samples: int) -> int:
    """Round up to a size with small prime factors, with a tenth of a second for the ringing."""
    step = 1 << max(10, (samples.bit_length() - 5))
    return -(-(samples + SAMPLE_RATE_HZ // 10) // step) * step
