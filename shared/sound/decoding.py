"""What is asked of the decoding child, and what it may answer. Knows neither process nor codec."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from shared.errors import DecoderFailed, NotAudio, SegueError, SongEmpty, SongTooLong, UnsupportedAudio

LOWEST_RATE_HZ = 8_000
HIGHEST_RATE_HZ = 192_000
MOST_CHANNELS = 8
"""What a song may have. More than two channels are mixed to stereo."""

LONGEST_TEXT = 200
"""Characters that are kept of a tag."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def clean_text(value: Any) -> str | None:
    """Return a tag as text that can be shown: NFC, no control or format characters, capped; None if empty."""
    if not isinstance(value, str):
        return None
    # Capped before and after: normalising may make a text longer, and a tag may have megabytes.
    text = unicodedata.normalize("NFC", value[: 4 * LONGEST_TEXT])
    shown = "".join(" " if character.isspace() else character for character in text)
    shown = "".join(character for character in shown if not unicodedata.category(character).startswith("C"))
    return " ".join(shown.split())[:LONGEST_TEXT].rstrip() or None


Tag = Annotated[str | None, BeforeValidator(clean_text)]


class DecodeLimits(_Document):
    """How much decoding one song may take.

    Attributes:
        max_song_s: seconds of sound; what is longer is refused, not shortened.
        max_memory_bytes: address space of each process that decodes.
        max_decoder_s: seconds that decoding may take, on the clock and of CPU.
    """

    max_song_s: float = 3 * 3600.0
    max_memory_bytes: int = 2 * 1024**3
    max_decoder_s: float = 600.0


class DecodedSong(_Document):
    """A song that was decoded, once, to 16-bit FLAC at its own rate.

    Attributes:
        peak: largest magnitude of a sample, in [0, 1].
        loudness_lufs: integrated over the song (ITU-R BS.1770); None: it is silent, or not measured.
        codec: container and codec, as the decoder names them.
        title, artist, album: what the file's tags say, as text to be shown.
    """

    sample_rate_hz: int = Field(ge=LOWEST_RATE_HZ, le=HIGHEST_RATE_HZ)
    channels: int = Field(ge=1, le=2)
    frames: int = Field(ge=1)
    peak: float = Field(ge=0, le=1)
    loudness_lufs: float | None = Field(None, ge=-70, le=20)
    codec: Tag
    title: Tag = None
    artist: Tag = None
    album: Tag = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def duration_s(self) -> float:
        """Length of the song."""
        return self.frames / self.sample_rate_hz


class Refusal(_Document):
    """Why the child decoded nothing.

    Attributes:
        found: what is wrong, in words; of the kind `unsupported`, what the file has.
    """

    kind: Literal["not-audio", "empty", "too-long", "unsupported", "failed"]
    found: Tag = None

    def as_error(self, limits: DecodeLimits) -> SegueError:
        """Return the error that tells a user."""
        found = self.found or "no reason was given"
        if self.kind == "empty":
            return SongEmpty("no samples")
        if self.kind == "too-long":
            return SongTooLong(limit_s=limits.max_song_s)
        if self.kind == "unsupported":
            needed = f"1 to {MOST_CHANNELS} channels at {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz"
            return UnsupportedAudio(found=found, needed=needed)
        if self.kind == "failed":
            return DecoderFailed(f"The song could not be decoded on this machine: {found}. Try again later.")
        return NotAudio(found)


class Refused(Exception):
    """Raised in the child, where a song cannot be decoded."""

    def __init__(
        self, kind: Literal["not-audio", "empty", "too-long", "unsupported", "failed"], found: str
    ) -> None:
        self.refusal = Refusal(kind=kind, found=found)
        super().__init__(found)


class Report(_Document):
    """The child's whole answer: one of the two."""

    outcome: DecodedSong | Refusal
