"""Where a song is cut into chunks. Pure functions: they know samples and parameters, nothing else.

Boundaries are positions in samples, int64, rising, 0 and the song's end left out: the chunks are what
lies between `[0, *boundaries, n]`, so that laid end to end they are the song, sample for sample.

Each function takes the samples of a song, or its `Levels`, measured block by block where a song
is too long to be held.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.chunker.levels import (
    Levels,
    amplitude_dbfs,
    measure_levels,
    silent_range_ends_ms,
    threshold_amplitude,
)
from shared.errors import BadSetting, SongTooShort, TooManyChunks
from shared.parameters import MOST_CHUNKS, Cut
from shared.sound.samples import Samples

Boundaries = NDArray[np.int64]

SPLIT_WINDOW_MS = 50
"""A long chunk is split in the middle of its quietest stretch of this length."""

THRESHOLDS_TRIED = 64
"""Thresholds that `auto` compares: quantiles of the song's own levels, evenly spaced."""


def find_boundaries(samples: Samples | Levels, *, sample_rate_hz: int, cut: Cut) -> Boundaries:
    """Find where a song is cut, as `cut` asks.

    Cuts at silences are merged and split to the lengths that `cut` allows; equal chunks are as long as
    they are asked for. A song that makes just one chunk is that chunk.

    Raises:
        SongTooShort: the song is shorter than one chunk may be, or than one window of silence.
    """
    levels = _levels_of(samples, sample_rate_hz)
    if cut.method == "equal":
        _require_length(levels, min(cut.min_chunk_ms / 1000, cut.chunk_s))
        return equal_boundaries(
            levels.n_samples, sample_rate_hz=sample_rate_hz, chunk_s=cut.chunk_s, keep_rest=cut.keep_rest
        )
    _require_length(levels, max(cut.min_chunk_ms, cut.min_silence_ms) / 1000)
    found = silence_boundaries(
        levels,
        sample_rate_hz=sample_rate_hz,
        threshold_dbfs=threshold_in_force(levels, sample_rate_hz=sample_rate_hz, cut=cut),
        min_silence_ms=cut.min_silence_ms,
    )
    merged = merge_short(
        found, levels.n_samples, sample_rate_hz=sample_rate_hz, min_chunk_ms=cut.min_chunk_ms
    )
    if cut.max_chunk_ms is None:
        return merged
    return split_long(
        merged,
        levels,
        sample_rate_hz=sample_rate_hz,
        max_chunk_ms=cut.max_chunk_ms,
        min_chunk_ms=cut.min_chunk_ms,
    )


def require_few(boundaries: Boundaries, n_samples: int, *, sample_rate_hz: int) -> None:
    """Refuse a cut of more chunks than a worker can hold the edges of.

    Raises:
        TooManyChunks: there are more than MOST_CHUNKS.
    """
    if len(boundaries) >= MOST_CHUNKS:
        raise TooManyChunks(found=len(boundaries) + 1, limit=MOST_CHUNKS, song_s=n_samples / sample_rate_hz)


def threshold_in_force(samples: Samples | Levels, *, sample_rate_hz: int, cut: Cut) -> float:
    """Return the threshold of silence, in dBFS, that `cut` gives or leaves to be chosen.

    Raises:
        SongTooShort: it is to be chosen, and the song is shorter than one window.
    """
    if cut.threshold_dbfs != "auto":
        return cut.threshold_dbfs
    return auto_threshold(
        samples,
        sample_rate_hz=sample_rate_hz,
        target_chunk_s=cut.target_chunk_s,
        min_silence_ms=cut.min_silence_ms,
        min_chunk_ms=cut.min_chunk_ms,
    )


def silence_boundaries(
    samples: Samples | Levels,
    *,
    sample_rate_hz: int,
    threshold_dbfs: float = -16.0,
    min_silence_ms: int = 300,
) -> Boundaries:
    """Find where a song may be cut: at the end of each stretch of silence.

    A window of `min_silence_ms` is silent where its RMS over all channels is at or below
    `threshold_dbfs`; windows start at every millisecond, and silent ones that overlap or touch make one
    stretch. These are the ends of the ranges of pydub's `detect_silence` (seek step 1 ms), sample for
    sample, as the study cut; what follows the last of them is not dropped, but is the last chunk.

    Args:
        samples: int16 or float32 in [-1, 1], shape (n, channels), or the song's levels.
        sample_rate_hz: rate of the samples.
        threshold_dbfs: absolute; a full-scale square wave has 0 dBFS.
        min_silence_ms: length of a window.

    Returns:
        int64, shape (cuts,), rising: positions in samples, 0 and n left out.

    Raises:
        SongTooShort: the song is shorter than one window.
    """
    levels = _levels_of(samples, sample_rate_hz)
    rms = _window_rms(levels, min_silence_ms)
    ends_ms = silent_range_ends_ms(rms, min_silence_ms, threshold_amplitude(threshold_dbfs))
    return _inside(levels.positions(ends_ms), levels.n_samples)


def equal_boundaries(
    n_samples: int, *, sample_rate_hz: int, chunk_s: float, keep_rest: bool = False
) -> Boundaries:
    """Cut every `chunk_s` seconds.

    The rest at the end is a chunk of its own where it is at least half as long as the others; a shorter
    one joins its neighbour, unless `keep_rest`.

    Returns:
        int64, shape (cuts,), rising: positions in samples, 0 and n left out.

    Raises:
        BadSetting: a chunk would be shorter than one sample.
    """
    chunk_samples = round(chunk_s * sample_rate_hz)
    if chunk_samples < 1:
        raise BadSetting(f"Chunks of {chunk_s} s are shorter than one sample; ask for longer ones.")
    boundaries = np.arange(chunk_samples, n_samples, chunk_samples, dtype=np.int64)
    if len(boundaries) and not keep_rest and 2 * (n_samples - boundaries[-1]) < chunk_samples:
        return boundaries[:-1]
    return boundaries


def auto_threshold(
    samples: Samples | Levels,
    *,
    sample_rate_hz: int,
    target_chunk_s: float = 4.0,
    min_silence_ms: int = 300,
    min_chunk_ms: int = 0,
) -> float:
    """Choose the threshold at which a song's chunks average `target_chunk_s`.

    Thresholds are taken from the song's own levels, so a quiet piece is not one long silence; the
    number of stretches does not rise steadily with the threshold (they grow together), so all are tried.
    Of thresholds that do equally well the lowest wins: it cuts where the song is quietest. Where no
    threshold finds a pause (digital silence, a drone), the answer cuts nowhere, and `split_long` does.

    Args:
        samples: int16 or float32 in [-1, 1], shape (n, channels), or the song's levels.
        sample_rate_hz: rate of the samples.
        target_chunk_s: mean length of a chunk that is aimed at.
        min_silence_ms: length of a window.
        min_chunk_ms: chunks are counted after shorter ones have been merged.

    Returns:
        A level in dBFS.

    Raises:
        SongTooShort: the song is shorter than one window.
    """
    levels = _levels_of(samples, sample_rate_hz)
    rms = _window_rms(levels, min_silence_ms)
    # Halfway between two integers, so that no rounding on the way through dBFS moves a window.
    candidates = np.unique(np.quantile(rms, np.linspace(0, 1, THRESHOLDS_TRIED), method="lower")) + 0.5
    wanted_chunks = max(levels.duration_ms / 1000 / target_chunk_s, 1.0)

    def miss(threshold_rms: float) -> float:
        ends = levels.positions(silent_range_ends_ms(rms, min_silence_ms, threshold_rms))
        kept = merge_short(
            _inside(ends, levels.n_samples),
            levels.n_samples,
            sample_rate_hz=sample_rate_hz,
            min_chunk_ms=min_chunk_ms,
        )
        return abs(float(np.log((len(kept) + 1) / wanted_chunks)))

    return amplitude_dbfs(min(candidates.tolist(), key=miss))


def merge_short(
    boundaries: Boundaries, n_samples: int, *, sample_rate_hz: int, min_chunk_ms: int
) -> Boundaries:
    """Leave out boundaries until no chunk is shorter than `min_chunk_ms`.

    A short chunk joins the one after it, and at the song's end the one before.

    Returns:
        int64, shape (cuts,): some of `boundaries`; none where the song itself is shorter.
    """
    min_samples = _samples_of_ms(min_chunk_ms, sample_rate_hz)
    kept: list[int] = []
    earliest = min_samples
    # Each boundary depends on the one kept before it: a walk over boundaries, which are few.
    while (i := int(np.searchsorted(boundaries, earliest))) < len(boundaries):
        kept.append(int(boundaries[i]))
        earliest = kept[-1] + max(min_samples, 1)
    if kept and n_samples - kept[-1] < min_samples:
        kept.pop()
    return np.array(kept, dtype=np.int64)


def split_long(
    boundaries: Boundaries,
    samples: Samples | Levels,
    *,
    sample_rate_hz: int,
    max_chunk_ms: int,
    min_chunk_ms: int = 0,
) -> Boundaries:
    """Split chunks at their quietest place until none is longer than `max_chunk_ms`.

    A split lies in the middle half of a chunk, so that no piece is a splinter; of places that are
    equally quiet, the one nearest the middle is taken. No piece is shorter than `min_chunk_ms`: where
    both cannot be had, the chunk stays long.

    Returns:
        int64, shape (cuts,), rising: `boundaries` and the new ones.
    """
    levels = _levels_of(samples, sample_rate_hz)
    max_samples = _samples_of_ms(max_chunk_ms, sample_rate_hz)
    open_chunks = list(zip([0, *boundaries.tolist()], [*boundaries.tolist(), levels.n_samples], strict=True))
    found: list[int] = []
    while open_chunks:
        start, end = open_chunks.pop()
        if end - start <= max_samples:
            continue
        place = _quietest_place(levels, start, end, min_chunk_ms)
        if place is not None:
            found.append(place)
            open_chunks += [(start, place), (place, end)]
    return np.union1d(boundaries, np.array(found, dtype=np.int64))


def _quietest_place(levels: Levels, start: int, end: int, min_chunk_ms: int) -> int | None:
    """Return the middle of the quietest window of a chunk's middle half, in samples."""
    start_ms, end_ms = (position * 1000 / levels.sample_rate_hz for position in (start, end))
    margin_ms = max((end_ms - start_ms) / 4, min_chunk_ms)
    first_ms, last_ms = int(np.ceil(start_ms + margin_ms)) + 1, int(end_ms - margin_ms)
    if first_ms > last_ms:
        return None
    centres = np.arange(first_ms, last_ms + 1)
    opens = np.maximum(centres - SPLIT_WINDOW_MS // 2, 0)
    closes = np.minimum(centres + SPLIT_WINDOW_MS // 2, levels.duration_ms)
    power = (levels.energy[closes] - levels.energy[opens]) / (closes - opens)
    quietest = centres[power == power.min()]
    middle_ms = quietest[np.argmin(np.abs(quietest - (start_ms + end_ms) / 2))]
    return int(levels.positions(middle_ms))


def _levels_of(samples: Samples | Levels, sample_rate_hz: int) -> Levels:
    return samples if isinstance(samples, Levels) else measure_levels(samples, sample_rate_hz)


def _window_rms(levels: Levels, window_ms: int) -> NDArray[np.int64]:
    if window_ms < 1:
        raise BadSetting(f"A window of {window_ms} ms is no window; ask for at least 1 ms.")
    if levels.duration_ms < window_ms:
        raise SongTooShort(found_s=levels.duration_ms / 1000, needed_s=window_ms / 1000)
    return levels.window_rms(window_ms)


def _require_length(levels: Levels, needed_s: float) -> None:
    found_s = levels.n_samples / levels.sample_rate_hz
    if levels.n_samples == 0 or found_s < needed_s:
        raise SongTooShort(found_s=found_s, needed_s=needed_s)


def _inside(boundaries: Boundaries, n_samples: int) -> Boundaries:
    return boundaries[(boundaries > 0) & (boundaries < n_samples)]


def _samples_of_ms(ms: int, sample_rate_hz: int) -> int:
    """Return the least number of samples that lasts `ms` or longer."""
    return -(-ms * sample_rate_hz // 1000)
