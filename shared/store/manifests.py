"""The documents whose existence is a commit: what an artifact is, and where its payloads lie.

A manifest either carries `facts`, and then every payload it names is stored whole, or a `problem`: its
inputs can never give the artifact, which is as final as a success.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from shared.errors import InputError, SegueError
from shared.store.figures import ApproachFacts as ApproachFacts
from shared.store.figures import GainFacts as GainFacts
from shared.store.figures import ReportFacts as ReportFacts
from shared.store.sequences import Document as Document
from shared.store.sequences import EditDone as EditDone
from shared.store.sequences import FormFacts as FormFacts
from shared.store.sequences import SequenceFacts as SequenceFacts
from shared.store.sequences import Step as Step
from shared.store.specs import AnySpec

MANIFEST_VERSION = 1


class Problem(Document):
    """Why something cannot be: the facts of an error, without its class."""

    slug: str
    title: str
    detail: str

    @classmethod
    def of(cls, error: SegueError) -> Problem:
        """Describe an error."""
        return cls(slug=error.slug, title=error.title, detail=str(error))


class Payload(Document):
    """One stored file of an artifact."""

    sha256: str
    size_bytes: int
    content_type: str = "application/octet-stream"


class UploadRecord(Document):
    """What was said of a song when its bytes came first."""

    name: str
    size_bytes: int
    uploaded_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @property
    def title(self) -> str:
        """The song's title where its tags give none: its file's name without the suffix."""
        return PurePosixPath(self.name).stem or self.name


class SongFacts(Document):
    """A decoded song. Payload: `audio.flac`, at the song's own rate; all cuts are ranges in it."""

    of: Literal["song"] = "song"
    sample_rate_hz: int
    channels: int
    frames: int
    duration_s: float
    peak: float
    loudness_lufs: float | None = Field(None, description="Integrated; null: silent, or never measured.")
    codec: str
    title: str | None = Field(None, description="From its tags, else its file's name.")
    artist: str | None = None
    album: str | None = None


class AnalysisFacts(Document):
    """What was found of a song's beats, bars, key and sections. Payload: `rhythm.npz`."""

    of: Literal["analysis"] = "analysis"
    song: str
    beats: int
    tempo_bpm: float | None = Field(description="By the median beat; null: no beat was found.")
    beat_confidence: float
    beats_per_bar: int | None
    bar_confidence: float
    key: str | None = Field(description="Such as `A minor`; null: nothing has a pitch.")
    key_confidence: float
    sections_s: list[float] = Field(description="Where sections begin, rising from 0.")
    note: str | None = Field(description="Why no beat was found.")


class CutFacts(Document):
    """A cut song. Payloads: `edges.npz` and one file per chunk (`0000.flac`, ...)."""

    of: Literal["cut"] = "cut"
    song: str
    sample_rate_hz: int
    channels: int
    boundaries: list[int] = Field(description="Rising positions in samples, from 0 to the song's last.")
    threshold_dbfs: float | None = Field(description="The threshold in force; null for other cuts.")
    note: str | None = Field(None, description="Why it is not cut as it was asked for; null: it is.")
    format: Literal["flac", "wav", "mp3"]

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return len(self.boundaries) - 1

    def chunk_file(self, chunk: int) -> str:
        """Return the payload name of a chunk."""
        return f"{chunk:04d}.{self.format}"


class GappedFacts(Document):
    """A cut with gaps left out. Payloads: `openings.npz`, and one file of edges per gap."""

    of: Literal["gapped"] = "gapped"
    song: str
    chunks: int
    gaps_s: list[float]

    def edges_file(self, gap_s: float) -> str:
        """Return the payload name of the edges at a gap, with `long_enough`, which of them count."""
        return f"edges-{gap_s}.npz"


class SpectraFacts(Document):
    """A song's log-mel frames. Payload: `frames.npz`."""

    of: Literal["spectra"] = "spectra"
    song: str
    frames: int


class DatasetFacts(Document):
    """A training set. Payload: `dataset.npz`."""

    of: Literal["dataset"] = "dataset"
    chunks: int
    train_songs: list[str]
    held_out_songs: list[str]


class ModelFacts(Document):
    """A fitted approach.

    Payloads: `weights.npz`, `weights.json`, `history.json`, `report.json` (quick figures), and `learned.npz`,
    by which its training songs are known again without the dataset; models of earlier releases lack it.
    """

    of: Literal["model"] = "model"
    approach: str
    settings: dict[str, Any]
    seed: int
    weights_sha256: str
    epochs: int
    fit_s: float
    train_songs: list[str]
    held_out_songs: list[str]
    summary: dict[str, float | None] = Field(description="The main figures of report.json.")


class PoolFacts(Document):
    """The chunks that a mix is drawn from. Payload: `pool.npz`, what the model's scorer prepared."""

    of: Literal["pool"] = "pool"
    approach: str
    cuts: list[str]
    songs: list[str] = Field(description="The song of each cut.")
    counts: list[int] = Field(description="The number of chunks of each cut, in the pool's order.")


class MixFacts(Document):
    """A rendered mix.

    Payloads: `mix.<format>`, `report.json`, `mix.cue`, `labels.txt`, `peaks.json`; not in earlier releases:
    `cover.jpg`, `plot.svg`, `mix.edl`, `mix.rpp`, `rekordbox.xml`, `package.json`, snippets of seams.
    """

    of: Literal["mix"] = "mix"
    title: str
    format: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    chunks: int
    songs: int
    approach: str
    loudness_lufs: float | None = Field(
        None, description="What songs were brought to; null: they are as they are, or it was not told yet."
    )

    @property
    def audio_file(self) -> str:
        """The payload name of the audio."""
        return f"mix.{self.format}"


class PreviewFacts(Document):
    """A few seconds around a seam. Payload: `preview.<format>`."""

    of: Literal["preview"] = "preview"
    format: str
    duration_s: float
    seam_s: float = Field(description="Where in it the chunk begins.")
    manner: str = Field(description="How the seam was made.")

    @property
    def audio_file(self) -> str:
        """The payload name of the audio."""
        return f"preview.{self.format}"


class ViewFacts(Document):
    """A look into a mix's pool. Payload: `view.json`; see `shared.store.views`."""

    of: Literal["view"] = "view"
    chunks: int = Field(description="The chunks of the pool.")
    shown: int = Field(description="So many are told of.")


class BlockFacts(Document):
    """A block of a radio. Payloads: `block.mp3` (bare frames), `programme.json`, `state.json` to go on."""

    of: Literal["block"] = "block"
    number: int
    frames: int = Field(description="MP3 frames.")
    sample_rate_hz: int
    bitrate_kbps: int


Facts = Annotated[
    SongFacts
    | AnalysisFacts
    | CutFacts
    | GappedFacts
    | SpectraFacts
    | DatasetFacts
    | ModelFacts
    | PoolFacts
    | SequenceFacts
    | MixFacts
    | PreviewFacts
    | ViewFacts
    | ReportFacts
    | BlockFacts,
    Field(discriminator="of"),
]
AnyFacts = TypeVar("AnyFacts", bound=Document)


class RejectedInput(InputError):
    """An artifact that cannot be made of its inputs, as an earlier attempt found."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail)


class Manifest(Document):
    """The commit of one artifact."""

    version: int = MANIFEST_VERSION
    producer: int
    spec: AnySpec
    attempt: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    payloads: dict[str, Payload] = Field(default_factory=dict)
    facts: Facts | None = None
    problem: Problem | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.facts is None) == (self.problem is None):
            raise ValueError("it holds either facts or a problem")
        if self.facts is not None and self.facts.of != self.spec.artifact_kind.noun:
            raise ValueError(f"it holds the facts of a {self.facts.of}, and is of a {self.spec.of}")
        return self

    def expect(self, kind: type[AnyFacts]) -> AnyFacts:
        """Return the facts, known to be of a kind.

        Raises:
            RejectedInput: the artifact cannot be made of its inputs.
        """
        if self.problem is not None:
            raise RejectedInput(self.problem)
        if not isinstance(self.facts, kind):
            raise TypeError(f"the manifest of {self.spec.of} {self.attempt} holds no {kind.__name__}")
        return self.facts

    @property
    def size_bytes(self) -> int:
        """The bytes of all payloads."""
        return sum(payload.size_bytes for payload in self.payloads.values())
