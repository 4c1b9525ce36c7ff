"""Snippets of a finished mix: a few seconds around a seam, to be heard without the mix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import soundfile

from services.assembler.encoding import Encoder
from shared.parameters import Output

__all__ = ["AROUND_S", "cut_snippet"]

AROUND_S = 5.0
"""What is heard before a seam, and after it."""

_BITRATE_KBPS = 192


def cut_snippet(
    mix: Path, target: Path, middle_s: float, *, title: str, check: Callable[[], None] = lambda: None
) -> None:
    """Write what lies around an instant of a mix to an MP3 of its own; at the mix's ends there is less.

    Args:
        mix: the finished file.
        target: the snippet.
        middle_s: where in the mix.
        title: of the snippet.
        check: called while ffmpeg is waited for; it may raise to stop.

    Raises:
        EncoderFailed: the file cannot be written.
        ToolMissing: there is no ffmpeg.
    """
    with soundfile.SoundFile(mix) as file:
        rate_hz = file.samplerate
        start = max(0, round((middle_s - AROUND_S) * rate_hz))
        stop = min(file.frames, round((middle_s + AROUND_S) * rate_hz))
        file.seek(start)
        samples = file.read(stop - start, dtype="int16", always_2d=True)
    output = Output.model_validate(
        {
            "format": "mp3",
            "bitrate_kbps": _BITRATE_KBPS,
            "sample_rate_hz": rate_hz,
            "channels": samples.shape[1],
        }
    )
    with Encoder(target, output, tags={"title": title}, check=check) as encoder:
        encoder.write(samples)
