"""What each artifact is made of. A spec and its producer's version give the artifact its key.

A spec is also the body of the message that orders the artifact: keys and parameters, never audio.
Specs downstream of a model name its weights by their SHA-256, since training is not bit-reproducible.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from shared.airing import Airing, Remark
from shared.corrections import Correction
from shared.judging import Gaps, Protocol
from shared.parameters import ArtifactKey, Cut, Output, Parameters, Sequencing, SongId, Training
from shared.revisions import Edits, SeamChange
from shared.store.keys import Artifact, Kind, digest


class Spec(Parameters):
    """The inputs and parameters of one artifact."""

    artifact_kind: ClassVar[Kind]
    later: ClassVar[frozenset[str]] = frozenset()
    """Fields that came with later releases: where they are null, the artifact has the name it had before."""

    def artifact(self, tenant: str) -> Artifact:
        """Return the name of the artifact that this spec describes."""
        return Artifact(tenant, self.artifact_kind, digest(self.artifact_kind, self._told()))

    def _told(self) -> dict[str, Any]:
        told = self.model_dump(mode="json")
        return {name: value for name, value in told.items() if value is not None or name not in self.later}


class SongSpec(Spec):
    """A song, probed and decoded."""

    artifact_kind = Kind.SONG
    of: Literal["song"] = "song"
    song: SongId

    def artifact(self, tenant: str) -> Artifact:
        """Return the song's name: the SHA-256 of its bytes says all there is to say."""
        return Artifact(tenant, Kind.SONG, self.song)


class AnalysisSpec(Spec):
    """A song's beats, bars, key and sections."""

    artifact_kind = Kind.ANALYSIS
    later = frozenset({"correction"})
    of: Literal["analysis"] = "analysis"
    song: SongId
    correction: Correction | None = None


class CutSpec(Spec):
    """A song cut into chunks, with the edges of each."""

    artifact_kind = Kind.CUT
    later = frozenset({"correction"})
    of: Literal["cut"] = "cut"
    song: SongId
    cut: Cut
    correction: Correction | None = None
    """Of a cut on beats: what is known of these."""


class GappedSpec(Spec):
    """The edges of a cut's chunks with gaps left out around the cuts, to judge transitions by."""

    artifact_kind = Kind.GAPPED
    of: Literal["gapped"] = "gapped"
    cut: ArtifactKey
    gaps_s: Gaps


class SpectraSpec(Spec):
    """A song's log-mel frames from end to end, from which training draws cuts at random places."""

    artifact_kind = Kind.SPECTRA
    of: Literal["spectra"] = "spectra"
    song: SongId


class DatasetSpec(Spec):
    """The edges of several cuts, split by song into training and held-out ones."""

    artifact_kind = Kind.DATASET
    of: Literal["dataset"] = "dataset"
    cuts: tuple[ArtifactKey, ...]
    spectra: tuple[ArtifactKey, ...]
    seed: int


class ModelSpec(Spec):
    """An approach fitted on a dataset."""

    artifact_kind = Kind.MODEL
    of: Literal["model"] = "model"
    dataset: ArtifactKey
    training: Training


class ShippedSpec(Spec):
    """A model that is shipped fitted: there is nothing to make it of but its weights."""

    artifact_kind = Kind.MODEL
    of: Literal["shipped"] = "shipped"
    approach: str
    weights_sha256: str


class PoolSpec(Spec):
    """The chunks of several cuts, embedded with a model."""

    artifact_kind = Kind.POOL
    of: Literal["pool"] = "pool"
    cuts: tuple[ArtifactKey, ...]
    model: ArtifactKey
    weights_sha256: str


class ChosenSpec(Spec):
    """Chunks chosen from a pool, in order, in whatever way."""

    artifact_kind = Kind.SEQUENCE
    pool: ArtifactKey
    model: ArtifactKey
    weights_sha256: str
    sequencing: Sequencing
    analyses: tuple[ArtifactKey, ...] = ()
    """Of the pool's songs, where chunks are chosen by what was found of them."""


class SequenceSpec(ChosenSpec):
    """Chunks chosen from a pool, in order."""

    of: Literal["sequence"] = "sequence"


class RevisedSpec(ChosenSpec):
    """The chunks of a mix, as edits change them; what is chosen anew is chosen by the same wishes."""

    of: Literal["revised"] = "revised"
    mix: ArtifactKey
    base: ArtifactKey
    """The sequence of that mix."""
    edits: Edits


class MixSpec(Spec):
    """A sequence, rendered."""

    artifact_kind = Kind.MIX
    of: Literal["mix"] = "mix"
    sequence: ArtifactKey
    output: Output
    analyses: tuple[ArtifactKey, ...] = ()
    """Of its songs, so that blends keep time; none where chunks are joined hard."""


class PreviewSpec(Spec):
    """A few seconds of a mix around one seam, as it is or as it would be."""

    artifact_kind = Kind.PREVIEW
    of: Literal["preview"] = "preview"
    mix: ArtifactKey
    position: int
    change: SeamChange
    around_s: float
    format: Literal["mp3", "wav"]


class ViewSpec(Spec):
    """What a mix was chosen from: all of it as a map, or what else could stand at one place."""

    artifact_kind = Kind.VIEW
    of: Literal["view"] = "view"
    mix: ArtifactKey
    position: int | None
    """The place; None: the map."""


class ReportSpec(Spec):
    """How well a model judges the transitions of songs, beside the baselines."""

    artifact_kind = Kind.REPORT
    of: Literal["report"] = "report"
    model: ArtifactKey
    weights_sha256: str
    dataset: ArtifactKey | None
    """What the model was fitted on, so that the baselines learn from the same songs; None: it is gone."""
    gapped: tuple[ArtifactKey, ...]
    spectra: tuple[ArtifactKey, ...]
    protocol: Protocol


class BlockSpec(Spec):
    """Half a minute of a radio."""

    artifact_kind = Kind.BLOCK
    of: Literal["block"] = "block"
    station: str
    """What the radio is called while it is on air. It changes no sound, but whose block it is."""
    pool: ArtifactKey
    airing: Airing
    former: ArtifactKey | None
    """The block that this one goes on from, whose state decides all; None: it is the first."""
    number: int
    corrections: tuple[tuple[SongId, Correction], ...] = ()
    """What users knew of the pool's songs when the radio went on air: so do the analyses that it goes by."""
    remarks: tuple[Remark, ...] = ()
    """What was said in the course of this block, in order."""


AnySpec = Annotated[
    SongSpec
    | AnalysisSpec
    | CutSpec
    | GappedSpec
    | SpectraSpec
    | DatasetSpec
    | ModelSpec
    | ShippedSpec
    | PoolSpec
    | SequenceSpec
    | RevisedSpec
    | MixSpec
    | PreviewSpec
    | ViewSpec
    | ReportSpec
    | BlockSpec,
    Field(discriminator="of"),
]
