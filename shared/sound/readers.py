"""Read files that nobody trusts, block by block. Only the decoding child may use this.

libsndfile reads what it knows, with exact lengths and without encoder delay; ffmpeg reads the rest, and what
libsndfile gives up on. Files are known by their content: a name says nothing. What a header claims is
not believed: memory is that of a block.
"""

from __future__ import annotations

import re
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from shared.sound.confining import die_with_parent
from shared.sound.decoding import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS, Refused
from shared.sound.ffmpeg import decode_command
from shared.sound.samples import BLOCK_FRAMES, Float32

SNIFFED_BYTES = 64

LOG_BYTES = 32 * 1024
"""What is kept of ffmpeg's log: its start, where it says what it found."""


@dataclass(frozen=True)
class Reader:
    """A song that is open.

    Attributes:
        blocks: float32, shape (n, channels), to be read once.
        codec: names container and codec, once the blocks have been read.
    """

    sample_rate_hz: int
    channels: int
    blocks: Iterator[Float32]
    codec: Callable[[], str]


class Unreadable(Exception):
    """This reader cannot read the file, or not to its end; another may."""


def known_to_libsndfile(start: bytes) -> bool:
    """Tell from a file's first SNIFFED_BYTES whether libsndfile should try it first."""
    if b"OpusHead" in start:
        return False  # libsndfile 1.2.2 gives up in the middle of sound Opus files.
    return (
        start[:4] in (b"fLaC", b"OggS", b"caff")
        or (start[:4] in (b"RIFF", b"RF64") and start[8:12] == b"WAVE")
        or (start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"))
        or start[:3] == b"ID3"
        # An MPEG audio frame of layer III: 11 bits of sync, then version and layer.
        or (len(start) > 1 and start[0] == 0xFF and start[1] & 0xE6 == 0xE2)
    )


@contextmanager
def open_with_libsndfile(source: Path, max_s: float) -> Iterator[Reader]:
    """Open a file with libsndfile.

    Raises:
        Unreadable: libsndfile does not know it, it has more than two channels, or it is damaged.
    """
    try:
        file = soundfile.SoundFile(source)
    except soundfile.LibsndfileError as error:
        raise Unreadable(error.error_string) from None
    with file:
        if file.channels > 2:
            raise Unreadable(f"{file.channels} channels")  # ffmpeg knows how to mix them.
        require_supported(file.samplerate, file.channels)
        yield Reader(
            file.samplerate, file.channels, _blocks_of(file), lambda: f"{file.format} {file.subtype}"
        )


def _blocks_of(file: soundfile.SoundFile) -> Iterator[Float32]:
    while True:
        try:
            block: Float32 = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise Unreadable(error.error_string) from None
        if not len(block):
            return
        yield block


@contextmanager
def open_with_ffmpeg(source: Path, max_s: float) -> Iterator[Reader]:
    """Open a file with ffmpeg; more than two channels are mixed to stereo.

    Raises:
        Unreadable: ffmpeg finds no sound in it.
        Refused: it has too many channels, or a rate out of bounds.
    """
    with _ffmpeg(source, max_s, None) as reader:
        if reader.channels <= 2:
            yield reader
            return
    with _ffmpeg(source, max_s, 2) as reader:
        yield reader


@contextmanager
def _ffmpeg(source: Path, max_s: float, channels: int | None) -> Iterator[Reader]:
    process = subprocess.Popen(
        decode_command(source, max_s=max_s, channels=channels),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    log = _LogHead(process.stderr)
    try:
        found = _read_wav_header(process.stdout)
        if found is None:
            process.wait()
            raise Unreadable(log.reason())
        rate_hz, width = found
        require_supported(rate_hz, width)
        yield Reader(rate_hz, width, _blocks_of_pipe(process, width, log), log.codec)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        log.close()


def require_supported(sample_rate_hz: int, channels: int) -> None:
    """Refuse what is out of bounds, before any memory is taken for it."""
    if not 1 <= channels <= MOST_CHANNELS:
        raise Refused("unsupported", f"{channels} channels")
    if not LOWEST_RATE_HZ <= sample_rate_hz <= HIGHEST_RATE_HZ:
        raise Refused("unsupported", f"a sample rate of {sample_rate_hz} Hz")


def _blocks_of_pipe(process: subprocess.Popen[bytes], channels: int, log: _LogHead) -> Iterator[Float32]:
    assert process.stdout is not None
    frame_bytes = 4 * channels
    while data := process.stdout.read(BLOCK_FRAMES * frame_bytes):
        whole = len(data) - len(data) % frame_bytes
        yield np.frombuffer(data[:whole], np.float32).reshape(-1, channels)
    # A file damaged at its end is a song up to there, as in any player; one that kills its decoder is not.
    if process.wait() < 0:
        raise Unreadable(log.reason())


def _read_wav_header(stream: IO[bytes]) -> tuple[int, int] | None:
    """Read a WAV stream up to its samples; return its rate and channels, None where there is none."""
    if stream.read(12)[8:] != b"WAVE":
        return None
    found = None
    while len(head := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            return found
        body = stream.read(size + size % 2)
        if name == b"fmt ":
            channels, rate_hz = struct.unpack_from("<HI", body, 2)
            found = (rate_hz, channels)
    return None


class _LogHead:
    """Drain a process' log as it comes, keeping its start."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._head = b""
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while data := self._stream.read1(4096):  # type: ignore[attr-defined]
            self._head = (self._head + data)[:LOG_BYTES]

    def close(self) -> None:
        self._thread.join()
        self._stream.close()

    def codec(self) -> str:
        """Return the name of the codec of the first sound track."""
        self._thread.join()
        track = re.search(rb"Audio: (\w+)", self._head)
        return track[1].decode().upper() if track else "unknown"

    def reason(self) -> str:
        """Return in words why ffmpeg gave nothing; its own words name files."""
        self._thread.join()
        for sign, reason in REASONS.items():
            if sign in self._head:
                return reason
        return "its format is not known, or it is damaged"


REASONS = {
    b"Cannot allocate memory": "decoding it needs more memory than is allowed",
    b"matches no streams": "it holds no sound track",
    b"not on whitelist": "it is of a kind that is not accepted",
    b"not in whitelist": "it is of a kind that is not accepted",
}
"""What ffmpeg's log says, in the order in which it is looked for."""
