"""The decoding child: probes and decodes one song, once, and says on standard output what it found.

Run confined by `shared.sound.audio`, with the arguments SOURCE TARGET LIMITS.
"""

from __future__ import annotations

import sys
from pathlib import Path

from shared.sound.confining import confine
from shared.sound.decoding import (
    HIGHEST_RATE_HZ,
    DecodedSong,
    DecodeLimits,
    Refusal,
    Refused,
    Report,
)
from shared.sound.software import decoding_software


def load() -> None:
    """Load what decodes and measures, before there is anything to decode: every child would take a second."""
    import scipy.signal  # noqa: F401

    import shared.sound.transcoding  # noqa: F401

    decoding_software()


def main() -> None:
    """Confine this process, decode, and report."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    limits = DecodeLimits.model_validate_json(sys.argv[3])
    largest_song_bytes = round((limits.max_song_s + 10) * HIGHEST_RATE_HZ * 2 * 2)
    confine(
        max_memory_bytes=limits.max_memory_bytes,
        # Less than the clock gives: a song that is hard to decode is told from a machine that is slow.
        max_cpu_s=0.8 * limits.max_decoder_s,
        max_file_bytes=largest_song_bytes,
        source=source,
        folder=target.parent,
    )
    sys.stdout.write(Report(outcome=_outcome(source, target, limits)).model_dump_json())


def _outcome(source: Path, target: Path, limits: DecodeLimits) -> DecodedSong | Refusal:
    from shared.sound.transcoding import transcode

    try:
        return transcode(source, target, limits)
    except Refused as refused:
        return refused.refusal
    except MemoryError:
        return Refusal(kind="not-audio", found="decoding it needs more memory than is allowed")
