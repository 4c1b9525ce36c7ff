"""Render a few seconds of a mix around one seam, the same samples that the mix has there, or would have.

A mix's report tells for each piece where it was entered and what its level was changed by; from that a blend
goes on in the midst of the mix as if it had been made from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.assembler.encoding import Encoder
from services.assembler.joining import Begun
from services.assembler.leveling import EntryGain
from services.assembler.pieces import Piece, position_at
from services.assembler.rendering import Joint
from services.assembler.reports import Entry
from services.assembler.seams import SeamMade
from services.assembler.warping import Warp
from shared.parameters import Output
from shared.sound.samples import Float32, to_int16

__all__ = ["LEAD_S", "Previewed", "begun_at", "preview"]

SETTLED_S = 0.2
"""Rendered after what is heard, and before it, so that the limiter does what it does in the mix."""

LEAD_S = 5.0
"""Begun so much before what would be heard of the seam as it is: changed, it may lie that much earlier."""

EDGE_S = 0.02
"""The preview fades in and out for so long."""


@dataclass(frozen=True)
class Previewed:
    """What was rendered.

    Attributes:
        duration_s: how long it is.
        seam_s: where in it the piece begins, in the middle of a fade.
        seam: what was done there.
    """

    duration_s: float
    seam_s: float
    seam: SeamMade


def begun_at(entries: Sequence[Entry], pieces: Sequence[Piece], time_s: float, rate_hz: int) -> Begun:
    """Return where in its pieces a mix is at a time, or a little before that, behind a fade.

    Args:
        entries: what the report tells of each piece.
        pieces: those of the mix.
        time_s: in the mix.
        rate_hz: of the mix.
    """
    found, time_s = entries[0], max(0.0, time_s)
    for entry, following in zip(reversed(entries), [None, *reversed(entries)], strict=False):
        if following is not None:
            time_s = min(time_s, following.mix_start_s - _fade_s(following))
        if time_s >= entry.mix_start_s + _fade_s(entry):
            found = entry
            break
    else:
        time_s = 0.0
    # Where the song played on, level and tempo are still those of its entry.
    heard_since = found
    while heard_since.seam is not None and heard_since.seam.manner == "continues":
        heard_since = entries[heard_since.position - 1]
    warp = _warp(heard_since, pieces, rate_hz)
    entry_gain = EntryGain()
    if heard_since.seam is not None:
        where = _alone if heard_since.seam.is_fade else _entered
        entry_gain = EntryGain(heard_since.seam.gain_db, where(heard_since, pieces, rate_hz, warp))
    into = max(0, round(time_s * rate_hz) - round(found.mix_start_s * rate_hz))
    return Begun(
        found.position,
        _entered(found, pieces, rate_hz, warp) + into,
        _alone(found, pieces, rate_hz, warp),
        round(found.mix_start_s * rate_hz) + into,
        entry_gain,
        warp=warp,
    )


def preview(
    joint: Joint,
    begun: Begun,
    position: int,
    output: Output,
    path: Path,
    *,
    around_s: float,
    check: Callable[[], None] = lambda: None,
) -> Previewed:
    """Render a mix from where it has begun to some seconds after a seam, and keep as much before it.

    Args:
        joint: joins the pieces of the mix.
        begun: where the mix is at least `around_s` before the seam, if it is as long.
        position: the number of the piece that begins with the seam.
        output: format, rate and channels.
        path: a temporary file, written here and removed on failure.
        around_s: seconds on each side.
        check: called between blocks; it may raise to stop.
    """
    rate_hz = output.sample_rate_hz
    around = round(around_s * rate_hz)
    heard: list[Float32] = []
    frames, seam_at = 0, -1
    with closing(joint.joined(begun)) as joined:
        for number, blocks in enumerate(joined, start=begun.piece):
            if number == position:
                seam_at = frames
            for block in blocks:
                check()
                frames += len(block)
                heard.append(joint.limited(block))
                if _enough(seam_at, frames, around, rate_hz):
                    break
            if _enough(seam_at, frames, around, rate_hz):
                break
        # More was rendered than is kept: what the limiter looked ahead to is what comes in the mix.
        heard.append(joint.rest())
    sound = np.concatenate(heard)
    first, last = max(0, seam_at - around), min(len(sound), seam_at + around)
    sound = sound[first:last]
    _fade_ends(sound, round(EDGE_S * rate_hz), at_start=first > 0, at_end=last < frames)
    with Encoder(path, output, tags={}, check=check) as encoder:
        encoder.write(to_int16(sound))
    seam = joint.seams[position - begun.piece - 1]
    return Previewed(len(sound) / rate_hz, (seam_at - first) / rate_hz, seam)


def _enough(seam_at: int, frames: int, around: int, rate_hz: int) -> bool:
    return seam_at >= 0 and frames >= seam_at + around + round(SETTLED_S * rate_hz)


def _fade_s(entry: Entry) -> float:
    """Return how far on either side of its beginning a piece may be faded."""
    return 0.0 if entry.seam is None else entry.seam.fade_s


def _warp(entry: Entry, pieces: Sequence[Piece], rate_hz: int) -> Warp | None:
    """Return how a piece's song is played from where it is entered on."""
    piece, seam = pieces[entry.position], entry.seam
    if seam is None or not seam.stretch:
        return None
    entered = position_at(piece.start, piece.sample_rate_hz, rate_hz)
    return Warp.at_entry(entered, seam.stretch, seam.stretched_s, rate_hz)


def _entered(entry: Entry, pieces: Sequence[Piece], rate_hz: int, warp: Warp | None) -> int:
    """Return where a piece was entered, in samples of its song at the mix's rate, as it is heard."""
    piece = pieces[entry.position]
    start = position_at(piece.start, piece.sample_rate_hz, rate_hz)
    after = 0.0 if entry.seam is None else entry.seam.enters_s * rate_hz
    return start + round(after) if warp is None else round(float(warp.heard(np.array(start + after))))


def _alone(entry: Entry, pieces: Sequence[Piece], rate_hz: int, warp: Warp | None) -> int:
    """Return from where on a piece sounds alone, in the same samples."""
    seam = entry.seam
    after_s = 0.0 if seam is None else seam.fade_s / 2 if seam.is_fade else seam.fade_s
    return _entered(entry, pieces, rate_hz, warp) + round(after_s * rate_hz)


def _fade_ends(sound: Float32, edge: int, *, at_start: bool, at_end: bool) -> None:
    """Fade a sound in and out where it begins and ends in the midst of a mix."""
    edge = min(edge, len(sound) // 2)
    rising = (np.sin(np.pi / 2 * (np.arange(edge) + 0.5) / max(1, edge)) ** 2).astype(np.float32)[:, None]
    if at_start:
        sound[:edge] *= rising
    if at_end:
        sound[len(sound) - edge :] *= rising[::-1]
