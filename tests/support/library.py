"""A tenant's manifests without a store: what is committed, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence

from shared.jobs.recipes import MakeMix, Part
from shared.judging import Protocol
from shared.parameters import Cut, Output, Sequencing, Training
from shared.store.keys import Artifact
from shared.store.manifests import (
    AnalysisFacts,
    ApproachFacts,
    CutFacts,
    DatasetFacts,
    Facts,
    GainFacts,
    GappedFacts,
    Manifest,
    MixFacts,
    ModelFacts,
    PoolFacts,
    PreviewFacts,
    Problem,
    ReportFacts,
    SequenceFacts,
    SongFacts,
    SpectraFacts,
    ViewFacts,
)
from shared.store.specs import (
    AnalysisSpec,
    CutSpec,
    DatasetSpec,
    GappedSpec,
    MixSpec,
    ModelSpec,
    PoolSpec,
    PreviewSpec,
    ReportSpec,
    RevisedSpec,
    SequenceSpec,
    SongSpec,
    Spec,
    SpectraSpec,
    ViewSpec,
)

TENANT = "local"
RATE_HZ = 8000
SONG = "a" * 64
OTHER_SONG = "b" * 64
CUT = Cut(method="equal", chunk_s=1.0)
LINEAR = Training(approach="linear", settings={"preset": "default"})


class Library(dict[Artifact, Manifest]):
    """Manifests by artifact; `library.get` is what the planner calls `find`."""

    def commit(self, spec: Spec, facts: Facts, *, attempt: str = "attempt") -> Artifact:
        artifact = spec.artifact(TENANT)
        self[artifact] = Manifest(producer=1, spec=spec, attempt=attempt, facts=facts)
        return artifact

    def make(self, spec: Spec) -> Artifact:
        """Commit a spec with facts of its kind, whatever they are."""
        return self.commit(spec, facts_of(spec))

    def reject(self, spec: Spec, problem: Problem) -> Artifact:
        artifact = spec.artifact(TENANT)
        self[artifact] = Manifest(producer=1, spec=spec, attempt="attempt", problem=problem)
        return artifact

    def song(self, song: str = SONG, *, title: str | None = None) -> Artifact:
        return self.commit(SongSpec(song=song), song_facts(title=title))

    def cut(self, song: str = SONG, *, chunks: int = 4) -> Artifact:
        return self.commit(CutSpec(song=song, cut=CUT), cut_facts(song, chunks=chunks))

    def spectra(self, song: str = SONG) -> Artifact:
        return self.commit(SpectraSpec(song=song), SpectraFacts(song=song, frames=3))

    def dataset(self) -> Artifact:
        spec = DatasetSpec(cuts=(self.cut().key,), spectra=(self.spectra().key,), seed=0)
        return self.commit(spec, DatasetFacts(chunks=4, train_songs=[SONG], held_out_songs=[]))

    def model(self) -> Artifact:
        return self.commit(ModelSpec(dataset=self.dataset().key, training=LINEAR), model_facts())

    def pool(self) -> Artifact:
        cut, model = self.cut(), self.model()
        spec = PoolSpec(cuts=(cut.key,), model=model.key, weights_sha256="w")
        facts = PoolFacts(approach="linear", cuts=[cut.key], songs=[SONG], counts=[4])
        return self.commit(spec, facts)

    def sequence(self, *, chunks: int = 3) -> Artifact:
        pool = self.pool()
        model = next(one for one in self if one.kind == "models")
        spec = SequenceSpec(
            pool=pool.key,
            model=model.key,
            weights_sha256="w",
            sequencing=Sequencing(chunks=chunks),
            analyses=(self.make(AnalysisSpec(song=SONG)).key,),
        )
        return self.commit(spec, SequenceFacts(steps=[]))

    def mix(self, *, chunks: int = 3) -> Artifact:
        spec = MixSpec(sequence=self.sequence(chunks=chunks).key, output=Output())
        return self.commit(spec, mix_facts())

    def report(
        self, *, seed: int = 0, facts: ReportFacts | None = None, model: Artifact | None = None
    ) -> Artifact:
        model, protocol = model or self.model(), Protocol(seed=seed)
        gapped = self.make(GappedSpec(cut=self.cut().key, gaps_s=protocol.gaps_s))
        spec = ReportSpec(
            model=model.key,
            weights_sha256="w",
            dataset=self.dataset().key,
            gapped=(gapped.key,),
            spectra=(self.spectra().key,),
            protocol=protocol,
        )
        return self.commit(spec, facts or report_facts())


def song_facts(*, title: str | None = None, duration_s: float = 4.0) -> SongFacts:
    return SongFacts(
        sample_rate_hz=RATE_HZ,
        channels=1,
        frames=round(RATE_HZ * duration_s),
        duration_s=duration_s,
        peak=0.5,
        codec="flac",
        title=title,
    )


def cut_facts(song: str = SONG, *, chunks: int = 4) -> CutFacts:
    return CutFacts(
        song=song,
        sample_rate_hz=RATE_HZ,
        channels=1,
        boundaries=[RATE_HZ * second for second in range(chunks + 1)],
        threshold_dbfs=None,
        format="flac",
    )


def model_facts(*, held_out: Sequence[str] = ()) -> ModelFacts:
    return ModelFacts(
        approach="linear",
        settings={"preset": "default"},
        seed=0,
        weights_sha256="w",
        epochs=0,
        fit_s=1.0,
        train_songs=[SONG],
        held_out_songs=list(held_out),
        summary={},
    )


def report_facts(mrr: float = 0.5, *, approach: str = "binary", pool: str = "d" * 64) -> ReportFacts:
    """Return a report of one approach beside `linear`, which is at 0.4."""
    gain = GainFacts(mrr_gain=mrr - 0.4, low=mrr - 0.45, high=mrr - 0.35)
    figures = {"linear": approach_facts(0.4, gain=None), approach: approach_facts(mrr, gain=gain)}
    return ReportFacts(approach=approach, pool=pool, songs=2, chunks=8, headline_gap_s=0.1, figures=figures)


def approach_facts(mrr: float, *, gain: GainFacts | None) -> ApproachFacts:
    return ApproachFacts(
        mrr=mrr,
        mrr_low=mrr - 0.05,
        mrr_high=mrr + 0.05,
        r_at_1=mrr / 2,
        r_at_10=0.9,
        in_song_r_at_1=0.6,
        queries=6,
        gap_mrr={"0.02": mrr + 0.1, "0.1": mrr},
        vs_linear=gain,
    )


def mix_facts() -> MixFacts:
    return MixFacts(
        title="Segue: A/B",
        format="mp3",
        duration_s=3.0,
        sample_rate_hz=44100,
        channels=2,
        chunks=3,
        songs=1,
        approach="linear",
    )


def mix_recipe(*songs: str, chunks: int = 3, model: str | Training = LINEAR) -> MakeMix:
    parts = tuple(Part(song=song, cut=CUT) for song in songs or (SONG,))
    return MakeMix(parts=parts, model=model, sequencing=Sequencing(chunks=chunks))


def analysis_facts(song: str = SONG, *, beats: int = 32) -> AnalysisFacts:
    return AnalysisFacts(
        song=song,
        beats=beats,
        tempo_bpm=120.0 if beats else None,
        beat_confidence=0.9 if beats else 0.1,
        beats_per_bar=4 if beats else None,
        bar_confidence=0.8 if beats else 0.0,
        key="A minor",
        key_confidence=0.6,
        sections_s=[0.0, 8.0],
        note=None if beats else "its beat is unsure (0.10, and 0.5 is needed)",
    )


def facts_of(spec: Spec) -> Facts:
    match spec:
        case SongSpec():
            return song_facts()
        case AnalysisSpec(song=song):
            return analysis_facts(song)
        case CutSpec(song=song):
            return cut_facts(song)
        case GappedSpec(gaps_s=gaps_s):
            return GappedFacts(song=SONG, chunks=4, gaps_s=list(gaps_s))
        case SpectraSpec(song=song):
            return SpectraFacts(song=song, frames=3)
        case DatasetSpec():
            return DatasetFacts(chunks=1, train_songs=[], held_out_songs=[])
        case ModelSpec():
            return model_facts()
        case PoolSpec(cuts=cuts):
            return PoolFacts(approach="linear", cuts=list(cuts), songs=[], counts=[])
        case SequenceSpec():
            return SequenceFacts(steps=[])
        case RevisedSpec():
            return SequenceFacts(steps=[])
        case PreviewSpec():
            return PreviewFacts(format="mp3", duration_s=10.0, seam_s=5.0, manner="cut")
        case ViewSpec():
            return ViewFacts(chunks=4, shown=4)
        case MixSpec():
            return mix_facts()
        case ReportSpec():
            return report_facts()
    raise AssertionError(spec)
