"""Listen to a mix with instruments: is it the chunks that its report names, in that order, without gaps?"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

Mono = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """One chunk of a mix, as it was found in the sound.

    Attributes:
        correlation: of the mix with the source at the place that the report names, 1 if they are the same.
        lag: samples by which they match best, within +-50 ms.
        level_db: level of the mix over that of the source.
    """

    correlation: float
    lag: int
    level_db: float


def decode_mono(data: bytes) -> tuple[Mono, int]:
    """Decode sound to one channel."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return samples.mean(axis=1), rate


def hear(mix: Mono, rate: int, report: Mapping[str, Any], sources: Mapping[str, Mono]) -> list[Heard]:
    """Compare every chunk of a mix, without its fades, with its source; all are of one rate."""
    entries = report["sequence"]
    fades_s = [entry["seam"]["fade_s"] / 2 if entry["seam"] else 0.0 for entry in entries] + [0.0]
    return [
        _hear_chunk(mix, rate, entry, sources[entry["song"]], tuple(fades_s[number : number + 2]))
        for number, entry in enumerate(entries)
    ]


def _hear_chunk(
    mix: Mono, rate: int, entry: Mapping[str, Any], source: Mono, fades_s: tuple[float, ...]
) -> Heard:
    start, end = round(entry["mix_start_s"] * rate), round(entry["mix_end_s"] * rate)
    begun, left = (round(fade_s * rate) for fade_s in fades_s)
    reach = rate // 20
    heard = mix[start + begun : end - left]
    first = math.floor(entry["source_start_s"] * rate + 0.5 + 1e-6)  # Half up, as rendering rounds.
    first += begun + round((entry["seam"] or {}).get("enters_s", 0.0) * rate)
    padded = np.pad(source, reach)[first : first + len(heard) + 2 * reach]
    size = 1 << (len(padded) + len(heard)).bit_length()
    spectrum = np.fft.rfft(padded, size) * np.conj(np.fft.rfft(heard, size))
    products = np.fft.irfft(spectrum, size)[: 2 * reach + 1]
    # Over the energy of what is compared, or a louder neighbourhood would win over the right place.
    running = np.concatenate([[0.0], np.cumsum(padded.astype(np.float64) ** 2)])
    energies = running[len(heard) : len(heard) + 2 * reach + 1] - running[: 2 * reach + 1]
    lag = int(np.argmax(products / np.sqrt(np.maximum(energies, 1e-12))))
    told = padded[lag : lag + len(heard)]
    energy = float(np.sqrt(np.sum(heard**2) * np.sum(told**2)))
    level = float(np.sqrt(np.mean(heard**2)) / max(1e-9, float(np.sqrt(np.mean(told**2)))))
    return Heard(
        correlation=float(np.sum(heard * told)) / max(energy, 1e-12),
        lag=lag - reach,
        level_db=20 * float(np.log10(max(level, 1e-9))),
    )


def longest_hole_ms(mix: Mono, rate: int, *, floor: float = 1e-4) -> float:
    """Return the longest stretch below a floor, in milliseconds."""
    quiet = np.concatenate([[0], (np.abs(mix) < floor).astype(np.int8), [0]])
    turns = np.flatnonzero(np.diff(quiet))
    return float((turns[1::2] - turns[::2]).max(initial=0)) * 1000 / rate
