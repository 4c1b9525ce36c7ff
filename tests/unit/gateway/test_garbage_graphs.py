"""What is garbage in random buckets, held against a walk over what records name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.garbage import DERIVED, LEAST_AGE, Records, unreached
from shared.judging import Protocol
from shared.parameters import Cut, Output, Sequencing
from shared.revisions import SeamChange
from shared.store.keys import Artifact, Kind
from shared.store.objects import Stored
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
    SequenceSpec,
    SongSpec,
    SpectraSpec,
)
from tests.support.library import LINEAR, TENANT, Library

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SONGS = ["a" * 64, "b" * 64, "c" * 64]
EDGES = {
    Kind.DATASET: {"spectra": Kind.SPECTRA},
    Kind.MODEL: {"dataset": Kind.DATASET},
    Kind.MIX: {"sequence": Kind.SEQUENCE},
    Kind.REPORT: {"gapped": Kind.GAPPED, "spectra": Kind.SPECTRA},
}
"""What keeps what, by the fields of specs."""


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    """Artifacts on top of each other, some of which were deleted since."""
    library = Library()

    def some(made: list[Artifact]) -> tuple[str, ...]:
        chosen = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3, unique=True))
        return tuple(one.key for one in chosen)

    def of(count: int) -> range:
        return range(draw(st.integers(1, count)))

    for song in SONGS:
        library.make(SongSpec(song=song))
        library.make(AnalysisSpec(song=song))
    cuts = [library.make(CutSpec(song=song, cut=Cut(method="equal", chunk_s=1.0))) for song in SONGS]
    spectra = [library.make(SpectraSpec(song=song)) for song in SONGS]
    datasets = [
        library.make(DatasetSpec(cuts=some(cuts), spectra=some(spectra), seed=number)) for number in of(3)
    ]
    models = [library.make(ModelSpec(dataset=some(datasets)[0], training=LINEAR)) for _ in of(3)]
    pools = [
        library.make(PoolSpec(cuts=some(cuts), model=some(models)[0], weights_sha256="w")) for _ in of(2)
    ]
    sequences = [
        library.make(
            SequenceSpec(
                pool=some(pools)[0],
                model=some(models)[0],
                weights_sha256="w",
                sequencing=Sequencing(chunks=2 + number),
            )
        )
        for number in of(3)
    ]
    mixes = [library.make(MixSpec(sequence=some(sequences)[0], output=Output())) for _ in of(3)]
    library.make(PreviewSpec(mix=some(mixes)[0], position=1, change=SeamChange(), around_s=5.0, format="mp3"))
    gapped = [library.make(GappedSpec(cut=some(cuts)[0], gaps_s=Protocol().gaps_s)) for _ in of(3)]
    for seed in of(2):
        library.make(
            ReportSpec(
                model=some(models)[0],
                weights_sha256="w",
                dataset=None,
                gapped=some(gapped),
                spectra=some(spectra),
                protocol=Protocol(seed=seed),
            )
        )
    for gone in draw(st.sets(st.sampled_from(sorted(library)))):
        del library[gone]
    return library


def kept_by_records(library: Library, roots: Iterable[Artifact]) -> set[Artifact]:
    """Walk from what users see, and from other roots: what open jobs need, and what is young."""
    open_ends = [one for one in library if one.kind not in DERIVED] + list(roots)
    for artifact, manifest in library.items():
        owner = {Kind.ANALYSIS: ("song", Kind.SONG), Kind.REPORT: ("model", Kind.MODEL)}.get(artifact.kind)
        if owner and Artifact(TENANT, owner[1], getattr(manifest.spec, owner[0])) in library:
            open_ends.append(artifact)
    found: set[Artifact] = set()
    while open_ends:
        artifact = open_ends.pop()
        if artifact in found:
            continue
        found.add(artifact)
        if artifact in library:
            open_ends += named(artifact, library[artifact].spec)
    return found


def named(artifact: Artifact, spec: object) -> Iterator[Artifact]:
    for field, kind in EDGES.get(artifact.kind, {}).items():
        value = getattr(spec, field)
        for key in (value,) if isinstance(value, str) else value:
            yield Artifact(TENANT, kind, key)


def objects_of(library: Library, hours: dict[Artifact, int]) -> list[Stored]:
    """Every artifact's manifest and payload, and beside each the rest of an attempt that was lost."""
    return [
        Stored(key, 1, NOW - timedelta(hours=hours[artifact]))
        for artifact in library
        for key in (
            artifact.manifest,
            artifact.payload("attempt", "x"),
            artifact.payload("lost", "x"),
            f"{artifact.starts}000000/1.json",
        )
    ]


@settings(max_examples=40, deadline=None)
@given(libraries(), st.data())
def test_what_records_reach_is_kept_and_all_else_that_is_old_goes(library: Library, data: st.DataObject):
    needed = data.draw(st.sets(st.sampled_from(sorted(library)))) if library else set()
    hours = {artifact: data.draw(st.sampled_from([1, 30])) for artifact in library}
    objects = objects_of(library, hours)
    removed = {
        key
        for garbage in unreached(TENANT, objects, Records(library, needed, set()), NOW)
        for key in garbage.keys
    }
    kept = kept_by_records(library, {*needed, *(artifact for artifact in library if hours[artifact] == 1)})
    expected = {
        stored.key
        for stored in objects
        if NOW - stored.modified > LEAST_AGE
        and not (
            Artifact(TENANT, *stored.key.split("/")[2:4]) in kept
            and (stored.key.endswith("/manifest.json") or "/attempt/" in stored.key)
        )
    }
    assert removed == expected


@settings(max_examples=20, deadline=None)
@given(libraries())
def test_one_pass_is_enough(library: Library):
    objects = objects_of(library, dict.fromkeys(library, 30))
    first = unreached(TENANT, objects, Records(library, set(), set()), NOW)
    gone = {key for garbage in first for key in garbage.keys}
    left = {artifact: manifest for artifact, manifest in library.items() if artifact.manifest not in gone}
    objects = [stored for stored in objects if stored.key not in gone]
    assert unreached(TENANT, objects, Records(left, set(), set()), NOW) == []
