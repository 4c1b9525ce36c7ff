"""Turn a file that nobody trusts into 16-bit FLAC. Only the decoding child may use this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import soundfile
from tinytag import TinyTag

from shared.sound.decoding import DecodedSong, DecodeLimits, Refused
from shared.sound.loudness import LoudnessMeter
from shared.sound.readers import (
    SNIFFED_BYTES,
    Reader,
    Unreadable,
    known_to_libsndfile,
    open_with_ffmpeg,
    open_with_libsndfile,
)
from shared.sound.samples import FULL_SCALE, Int16, to_int16

OpenReader = Callable[[Path, float], AbstractContextManager[Reader]]


def transcode(source: Path, target: Path, limits: DecodeLimits) -> DecodedSong:
    """Decode `source` to `target`, at its own rate, in one or two channels.

    16-bit sources come through bit for bit; others are rounded and clipped.

    Raises:
        Refused: it is not sound, empty, too long, out of bounds, or `target` cannot be written.
    """
    reason = ""
    for open_reader in _readers_for(source):
        try:
            # One second more than is allowed tells what is too long.
            with open_reader(source, limits.max_song_s + 1) as reader:
                loudness = LoudnessMeter(reader.sample_rate_hz)
                frames, peak = _write_flac(reader, target, limits.max_song_s, loudness)
                return DecodedSong(
                    sample_rate_hz=reader.sample_rate_hz,
                    channels=reader.channels,
                    frames=frames,
                    peak=peak,
                    loudness_lufs=loudness.integrated_lufs(),
                    codec=reader.codec(),
                    **_read_tags(source),
                )
        except Unreadable as unreadable:
            reason = str(unreadable)
    raise Refused("not-audio", reason)


def _readers_for(source: Path) -> list[OpenReader]:
    with source.open("rb") as file:
        start = file.read(SNIFFED_BYTES)
    return [open_with_libsndfile, open_with_ffmpeg] if known_to_libsndfile(start) else [open_with_ffmpeg]


def _write_flac(
    reader: Reader, target: Path, max_song_s: float, loudness: LoudnessMeter
) -> tuple[int, float]:
    """Write the song as it comes, and measure it; return its frames and its peak."""
    frames, peak = 0, 0
    try:
        with soundfile.SoundFile(
            target, "w", reader.sample_rate_hz, reader.channels, subtype="PCM_16", format="FLAC"
        ) as flac:
            for samples in _ahead(map(to_int16, reader.blocks)):
                frames += len(samples)
                if frames > max_song_s * reader.sample_rate_hz:
                    raise Refused("too-long", "")
                peak = max(peak, int(samples.max(initial=0)), -int(samples.min(initial=0)))
                loudness.feed(samples)
                flac.write(samples)
    except soundfile.LibsndfileError as error:
        # Reading raises Unreadable: this is the target, and a full disk.
        raise Refused("failed", f"writing failed ({error.error_string})") from None
    if not frames:
        raise Refused("empty", "no samples")
    return frames, peak / FULL_SCALE


def _ahead(blocks: Iterator[Int16]) -> Iterator[Int16]:
    """Decode the next block while one is encoded: both codecs leave the interpreter to others."""
    with ThreadPoolExecutor(1) as decoder:
        coming = decoder.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = decoder.submit(next, blocks, None)
            yield block


def _read_tags(source: Path) -> dict[str, str | None]:
    """Return what the tags say; nothing, where they cannot be read, for a song is not its tags."""
    try:
        tags = TinyTag.get(source, duration=False)
    except Exception:  # Tags are hostile too: whatever a parser stumbles over, the song stays.
        return {}
    return {"title": tags.title, "artist": tags.artist, "album": tags.album}
