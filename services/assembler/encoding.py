"""Encode a stream of samples to a file with ffmpeg.

ffmpeg writes to a real file, not to a pipe: only so can it go back and complete the header that tells
a player how long the mix is and where LAME's padding ends.
"""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from services.assembler.tagging import metadata_arguments
from shared.errors import BadSetting, EncoderFailed
from shared.parameters import Output
from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.samples import Int16

__all__ = ["Encoder"]

STALL_S = 120.0
"""An encoder that takes no samples for so long, or does not end, has failed."""

POLL_MS = 500
"""How often a wish to stop is looked for while the encoder takes nothing."""

VORBIS_KBPS = {
    (22050, 1): (32, 90), (22050, 2): (32, 172),
    (32000, 1): (32, 190), (32000, 2): (36, 320),
    (44100, 1): (32, 240), (44100, 2): (45, 320),
    (48000, 1): (32, 240), (48000, 2): (45, 320),
}  # fmt: skip
"""Bit rates that libvorbis offers, by sample rate and channels, within what `Output` allows."""


class Encoder:
    """Write 16-bit samples to an audio file, to be used in a `with` statement.

    Leaving it normally completes the file. Leaving it by an exception ends ffmpeg and removes the file.
    The same samples, output and tags give the same bytes.

    Args:
        path: the file to be written; its name decides nothing.
        output: format, bit rate, sample rate and channels.
        tags: title, artist, album, comment; cleaned and capped here.
        check: called again and again while ffmpeg is waited for; it may raise to stop.
        bare: of MP3: frames that stand for themselves, and nothing else; then `bitrate_kbps` is needed.

    Raises:
        BadSetting: the format has no such bit rate.
        EncoderFailed: ffmpeg cannot be run, fails or stalls.
        ToolMissing: there is no ffmpeg.
    """

    def __init__(
        self,
        path: Path,
        output: Output,
        *,
        tags: Mapping[str, str],
        check: Callable[[], None] = lambda: None,
        bare: bool = False,
    ) -> None:
        self._path = path
        self._command = _command(path, output, tags, bare=bare)
        self._check = check

    def __enter__(self) -> Self:
        # A file takes all that ffmpeg may say: with a pipe that nobody reads it could wait for ever.
        self._messages = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._messages,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end it.
                bufsize=0,
            )
        except OSError as error:
            self._messages.close()
            raise EncoderFailed(f"ffmpeg cannot be run: {error.strerror}") from error
        assert self._process.stdin is not None
        self._input = self._process.stdin
        os.set_blocking(self._input.fileno(), False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        completed = False
        try:
            if kind is None:
                self._finish()
                completed = True
        finally:
            self._process.kill()
            self._input.close()
            self._process.wait()
            self._messages.close()
            if not completed:
                self._path.unlink(missing_ok=True)

    def write(self, samples: Int16) -> None:
        """Hand on samples: int16, shape (n, channels).

        Raises:
            EncoderFailed: ffmpeg has ended, or takes nothing more.
        """
        waiting = memoryview(samples.astype("<i2", copy=False).tobytes())
        poll = select.poll()
        poll.register(self._input, select.POLLOUT)
        give_up_at = time.monotonic() + STALL_S
        while waiting:
            if not poll.poll(POLL_MS):
                self._wait_until(give_up_at)
                continue
            try:
                waiting = waiting[os.write(self._input.fileno(), waiting) :]
            except BrokenPipeError:
                raise self._failure() from None
            give_up_at = time.monotonic() + STALL_S

    def _finish(self) -> None:
        self._input.close()
        give_up_at = time.monotonic() + STALL_S
        while True:
            try:
                status = self._process.wait(timeout=POLL_MS / 1000)
                break
            except subprocess.TimeoutExpired:
                self._wait_until(give_up_at)
        if status != 0:
            raise self._failure()

    def _wait_until(self, give_up_at: float) -> None:
        self._check()
        if time.monotonic() > give_up_at:
            raise EncoderFailed(f"ffmpeg did nothing for {STALL_S:g} s")

    def _failure(self) -> EncoderFailed:
        """Describe how ffmpeg ended, by its last words without our folder's name."""
        status = self._process.wait(timeout=STALL_S)
        self._messages.seek(0)
        said = self._messages.read().decode(errors="replace").replace(str(self._path), self._path.name)
        last = said.strip().splitlines()[-1:]
        return EncoderFailed(f"ffmpeg ended with status {status}: {last[0] if last else 'it said nothing'}")


def _command(path: Path, output: Output, tags: Mapping[str, str], *, bare: bool) -> list[str]:
    return [
        *(str(ffmpeg_path()), "-hide_banner", "-nostdin", "-loglevel", "error"),
        *("-f", "s16le", "-ar", str(output.sample_rate_hz), "-ac", str(output.channels), "-i", "pipe:0"),
        # Else library versions and random serial numbers become part of the file.
        *("-fflags", "+bitexact", "-flags:a", "+bitexact"),
        *(_bare_arguments(output) if bare else _codec_arguments(output)),
        *("-map_metadata", "-1", *metadata_arguments(tags)),
        *("-y", f"file:{path}"),
    ]


def _bare_arguments(output: Output) -> list[str]:
    alone = ["-reservoir", "0", "-write_xing", "0", "-id3v2_version", "0"]
    return ["-c:a", "libmp3lame", "-b:a", f"{output.bitrate_kbps}k", *alone, "-f", "mp3"]


def _codec_arguments(output: Output) -> list[str]:
    match output.format:
        case "mp3":
            rate = ["-q:a", "0"] if output.bitrate_kbps is None else ["-b:a", f"{output.bitrate_kbps}k"]
            return ["-c:a", "libmp3lame", *rate, "-id3v2_version", "3", "-f", "mp3"]
        case "ogg":
            return ["-c:a", "libvorbis", *_vorbis_rate(output), "-f", "ogg"]
        case "flac":
            return ["-c:a", "flac", "-sample_fmt", "s16", "-f", "flac"]
        case "wav":
            # RF64 where the mix is larger than the 4 GB that WAV can count.
            return ["-c:a", "pcm_s16le", "-rf64", "auto", "-f", "wav"]


def _vorbis_rate(output: Output) -> list[str]:
    if output.bitrate_kbps is None:
        return ["-q:a", "6"]
    lowest, highest = VORBIS_KBPS[output.sample_rate_hz, output.channels]
    if not lowest <= output.bitrate_kbps <= highest:
        raise BadSetting(
            f"Ogg at {output.sample_rate_hz} Hz with {output.channels} channel(s) has no bit rate of "
            f"{output.bitrate_kbps} kbit/s. Choose one from {lowest} to {highest}, or leave it out."
        )
    return ["-b:a", f"{output.bitrate_kbps}k"]
