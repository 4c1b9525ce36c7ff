"""The one place where sound files are decoded, read and written.

What users upload is decoded in a sandboxed child, once, to FLAC of our own; `open_audio` reads that
FLAC in this process, in blocks or ranges.
"""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

import soundfile
from pydantic import ValidationError

from shared.errors import DecoderFailed, NotAudio, SegueError, SongEmpty
from shared.sound.decoding import DecodedSong, DecodeLimits, Refusal, Report
from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.samples import BLOCK_FRAMES, Int16, Samples, to_int16
from shared.sound.sandbox import Answer, run_confined

__all__ = ["AudioReader", "DecodeLimits", "DecodedSong", "decode", "ffmpeg_path", "open_audio", "write_chunk"]

DECODED_NAME = "audio.flac"

ENDED_BY_ITS_INPUT = {
    signal.SIGXCPU: "decoding it takes far longer than a song does",
    signal.SIGSEGV: "the decoder crashed on it",
    signal.SIGABRT: "the decoder crashed on it",
    signal.SIGBUS: "the decoder crashed on it",
    signal.SIGFPE: "the decoder crashed on it",
    signal.SIGILL: "the decoder crashed on it",
}
"""Signals that the same file would bring about again. SIGKILL is not among them: it comes from outside."""


def decode(source: Path, folder: Path, limits: DecodeLimits) -> DecodedSong:
    """Probe and decode an uploaded song to `folder/audio.flac`: 16 bits, its own rate, mono or stereo.

    The file is decoded in a child with limited memory, time and output, which is ended whole. 16-bit
    sources come through bit for bit; others are rounded and clipped; more than two channels are mixed to
    stereo. Nothing is left in `folder` when it fails.

    Args:
        source: the upload.
        folder: the task's own, empty.
        limits: what a song may take.

    Raises:
        NotAudio: no sound can be decoded from it; or it crashes, stalls or bloats its decoder.
        SongEmpty: no bytes, or no samples.
        SongTooLong: more than `limits.max_song_s`.
        UnsupportedAudio: channels or rate out of bounds.
        DecoderFailed: the machine failed, not the song: killed from outside, out of time, disk full.
        ToolMissing: there is no ffmpeg.
    """
    if source.stat().st_size == 0:
        raise SongEmpty
    ffmpeg_path()  # Whether there is one is told here, before a child is started.
    target = folder / DECODED_NAME
    answer = run_confined(
        "shared.sound.decoder",
        [str(source.resolve()), str(target.resolve()), limits.model_dump_json()],
        folder=folder,
        limit_s=limits.max_decoder_s,
    )
    outcome = _outcome_of(answer, limits)
    if isinstance(outcome, DecodedSong):
        return outcome
    target.unlink(missing_ok=True)
    outcome.add_note(answer.log)
    raise outcome


def _outcome_of(answer: Answer, limits: DecodeLimits) -> DecodedSong | SegueError:
    """Judge what the child left; its word is believed only as far as it fits the report's form."""
    if answer.status is None:
        return DecoderFailed(f"Decoding was stopped after {limits.max_decoder_s:g} s. Try again later.")
    if answer.status < 0 and (reason := ENDED_BY_ITS_INPUT.get(signal.Signals(-answer.status))):
        return NotAudio(reason)
    if answer.status < 0:
        return DecoderFailed(f"Decoding was ended by signal {-answer.status}. Try again later.")
    try:
        outcome = Report.model_validate_json(answer.output).outcome
    except ValidationError:
        return DecoderFailed(f"The decoder ended with status {answer.status} and no report. Try again later.")
    return outcome.as_error(limits) if isinstance(outcome, Refusal) else outcome


class AudioReader:
    """Read a song or chunk of our own making: ranges and blocks of int16.

    Args:
        file: a path, or a binary file that can seek.
    """

    def __init__(self, file: Path | BinaryIO) -> None:
        self._file = soundfile.SoundFile(file)
        self.sample_rate_hz: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.n_samples: int = self._file.frames

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if it was opened here; one that was given stays open."""
        self._file.close()

    def read_range(self, start: int, stop: int) -> Int16:
        """Read the samples [start, stop): int16, shape (stop - start, channels).

        Raises:
            ValueError: the range does not lie in the song.
        """
        if not 0 <= start <= stop <= self.n_samples:
            raise ValueError(f"samples {start} to {stop} of a song that has {self.n_samples}")
        self._file.seek(start)
        samples: Int16 = self._file.read(stop - start, dtype="int16", always_2d=True)
        if len(samples) != stop - start:
            raise ValueError(f"the file ends {stop - start - len(samples)} samples before sample {stop}")
        return samples

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[Int16]:
        """Yield the song from its start: int16, shape (frames, channels), the last one shorter."""
        for start in range(0, self.n_samples, frames):
            yield self.read_range(start, min(start + frames, self.n_samples))


def open_audio(file: Path | BinaryIO) -> AudioReader:
    """Open a song or chunk of our own making, to be used in a `with` statement."""
    return AudioReader(file)


def write_chunk(
    path: Path,
    samples: Samples,
    sample_rate_hz: int,
    format: Literal["flac", "wav", "mp3"] = "flac",  # noqa: A002 - the field's name in requests too.
) -> None:
    """Write a chunk; the same samples give the same bytes.

    FLAC and WAV are 16-bit and lossless. MP3 is what the study stored: it adds the encoder's delay.

    Args:
        path: where to.
        samples: shape (n, channels), mono or stereo.
        sample_rate_hz: rate of the samples.
        format: container and codec.

    Raises:
        ToolMissing: MP3 needs ffmpeg, and there is none.
    """
    if format == "mp3":
        _write_mp3(path, to_int16(samples), sample_rate_hz)
    else:
        soundfile.write(path, to_int16(samples), sample_rate_hz, subtype="PCM_16", format=format.upper())


def _write_mp3(path: Path, samples: Int16, sample_rate_hz: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydub looks for ffmpeg on the path, and does without ours.
        from pydub import AudioSegment
        from pydub.exceptions import CouldntEncodeError

    AudioSegment.converter = str(ffmpeg_path())
    segment = AudioSegment(
        samples.tobytes(), frame_rate=sample_rate_hz, sample_width=2, channels=samples.shape[1]
    )
    exact = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    try:
        segment.export(path, format="mp3", parameters=["-q:a", "2", *exact]).close()
    except CouldntEncodeError as error:
        raise DecoderFailed("A chunk could not be encoded as MP3. Ask for FLAC, or check ffmpeg.") from error
