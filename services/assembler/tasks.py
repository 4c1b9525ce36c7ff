"""The assembler's tasks: each fetches, calls pure functions, stores, and returns what it made."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from services.assembler.choosing import choose
from services.assembler.pieces import Piece, Song
from services.assembler.rendering import Rendered, render
from services.assembler.reports import (
    Entry,
    MixReport,
    SeamEntry,
    count_replays,
    cue_sheet,
    labels,
    longest_run_s,
    worst_seams,
)
from services.assembler.scoring import Pool, prepare_pool
from services.assembler.worker import app
from shared.jobs.running import Work
from shared.learning.approaches import Scorer
from shared.queue import Task
from shared.settings import get_settings
from shared.sound.audio import open_audio
from shared.sound.edges import Edges
from shared.store.arrays import pack_arrays, unpack_arrays
from shared.store.keys import Artifact, Kind
from shared.store.manifests import (
    CutFacts,
    MixFacts,
    ModelFacts,
    PoolFacts,
    SequenceFacts,
    SongFacts,
    Step,
)
from shared.store.objects import to_json
from shared.store.specs import MixSpec, PoolSpec, SequenceSpec, SongSpec
from shared.worker import register

_CONTENT_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg"}


def build_pool(work: Work) -> PoolFacts:
    """Bring the chunks of several cuts together, as one model sees them."""
    spec, artifacts = work.order.spec, work.dispatcher.artifacts
    assert isinstance(spec, PoolSpec)
    model = artifacts.get(Artifact(work.tenant, Kind.MODEL, spec.model)).expect(ModelFacts)
    cuts = [Artifact(work.tenant, Kind.CUT, key) for key in spec.cuts]
    songs = [artifacts.get(cut).expect(CutFacts).song for cut in cuts]
    edges = []
    for done, cut in enumerate(cuts):
        work.check()
        work.progress(done, len(cuts), "cuts")
        edges.append(Edges.from_arrays(unpack_arrays(artifacts.read(cut, "edges.npz"))))
    pool = prepare_pool(_scorer(work, spec.model), edges, songs, check=work.check)
    work.attempt.put("pool.npz", pack_arrays(pool.to_arrays()))
    counts = np.bincount(pool.cuts, minlength=len(cuts)).tolist()
    return PoolFacts(approach=model.approach, cuts=list(spec.cuts), songs=songs, counts=counts)


def sequence_mix(work: Work) -> SequenceFacts:
    """Choose chunks from a pool, step by step, in one process that holds the pool."""
    spec = work.order.spec
    assert isinstance(spec, SequenceSpec)
    facts, pool = _pool(work, spec.pool)

    def tell(done: int, total: int) -> None:
        work.check()
        work.progress(done, total, "steps")

    found = choose(
        _scorer(work, spec.model), pool, facts.songs, _durations_s(work, facts, pool), spec.sequencing, tell
    )
    return SequenceFacts(
        steps=[
            Step(
                song=facts.songs[pool.cuts[index]],
                cut=facts.cuts[pool.cuts[index]],
                chunk=int(pool.numbers[index]),
                score=score,
            )
            for index, score in zip(found.order, [None, *found.shown.tolist()], strict=True)
        ],
        limits=found.limits,
        energy_off=found.energy_off,
    )


def render_mix(work: Work) -> MixFacts:
    """Render a sequence, and tell what was done."""
    spec, artifacts = work.order.spec, work.dispatcher.artifacts
    assert isinstance(spec, MixSpec)
    manifest = artifacts.get(Artifact(work.tenant, Kind.SEQUENCE, spec.sequence))
    sequence, made_by = manifest.expect(SequenceFacts), manifest.spec
    assert isinstance(made_by, SequenceSpec)
    pieces, songs = _pieces(work, sequence), _songs(work, sequence)
    titles = [song.title or key[:12] for key, song in songs.items()]
    title, output = _mix_title(titles), spec.output
    path = work.folder / f"mix.{output.format}"
    rendered = render(
        pieces,
        lambda song, opened: _open_song(work, song, opened),
        output,
        path,
        tags={"title": title, "artist": "Segue", "comment": "Made of: " + ", ".join(titles)},
        measured={key: (song.loudness_lufs, song.peak) for key, song in songs.items()},
        on_piece=lambda done, total: work.progress(done, total, "chunks"),
        check=work.check,
    )
    entries = _entries(sequence, pieces, songs, rendered, output.sample_rate_hz)
    pool = artifacts.get(Artifact(work.tenant, Kind.POOL, made_by.pool)).expect(PoolFacts)
    facts = MixFacts(
        title=title,
        format=output.format,
        duration_s=rendered.frames / output.sample_rate_hz,
        sample_rate_hz=output.sample_rate_hz,
        channels=output.channels,
        chunks=len(entries),
        songs=len(songs),
        approach=pool.approach,
    )
    report = _report(facts, made_by, sequence, sum(pool.counts), output.seams, rendered, entries)
    work.attempt.put_file(facts.audio_file, path, _CONTENT_TYPES[output.format])
    cue = cue_sheet(entries, title=title, audio_file=facts.audio_file)
    work.attempt.put("mix.cue", cue.encode(), "application/x-cue")
    work.attempt.put("labels.txt", labels(entries).encode(), "text/plain; charset=utf-8")
    work.attempt.put("report.json", to_json(report), "application/json")
    work.attempt.put("peaks.json", json.dumps({"peaks": rendered.peaks}).encode(), "application/json")
    return facts


def _scorer(work: Work, model: str) -> Scorer:
    from shared.learning.approaches import get_approach
    from shared.learning.backend import configure_tensorflow
    from shared.learning.weights import load_scorer

    artifact = Artifact(work.tenant, Kind.MODEL, model)
    facts = work.dispatcher.artifacts.get(artifact).expect(ModelFacts)
    approach = get_approach(facts.approach)
    if not approach.scores_in_numpy:
        configure_tensorflow(get_settings().worker_threads or os.cpu_count() or 1)
    weights = work.dispatcher.artifacts.read(artifact, "weights.npz")
    return load_scorer(approach, facts.settings, weights, sha256=facts.weights_sha256)


def _pool(work: Work, key: str) -> tuple[PoolFacts, Pool]:
    artifact = Artifact(work.tenant, Kind.POOL, key)
    facts = work.dispatcher.artifacts.get(artifact).expect(PoolFacts)
    return facts, Pool.from_arrays(unpack_arrays(work.dispatcher.artifacts.read(artifact, "pool.npz")))


def _durations_s(work: Work, facts: PoolFacts, pool: Pool) -> NDArray[np.float64]:
    """Return how long each of a pool's chunks is: float64, shape (n,)."""
    artifacts, durations_s = work.dispatcher.artifacts, np.empty(len(pool))
    for place, key in enumerate(facts.cuts):
        cut = artifacts.get(Artifact(work.tenant, Kind.CUT, key)).expect(CutFacts)
        own = pool.cuts == place
        durations_s[own] = np.diff(cut.boundaries)[pool.numbers[own]] / cut.sample_rate_hz
    return durations_s


def _pieces(work: Work, sequence: SequenceFacts) -> list[Piece]:
    artifacts, pieces = work.dispatcher.artifacts, []
    cuts = {
        key: artifacts.get(Artifact(work.tenant, Kind.CUT, key)).expect(CutFacts)
        for key in dict.fromkeys(step.cut for step in sequence.steps)
    }
    for step in sequence.steps:
        cut = cuts[step.cut]
        start, stop = cut.boundaries[step.chunk : step.chunk + 2]
        pieces.append(Piece(step.song, start, stop, cut.sample_rate_hz))
    return pieces


def _songs(work: Work, sequence: SequenceFacts) -> dict[str, SongFacts]:
    """Return the songs of a sequence, in the order in which they first appear."""
    artifacts = work.dispatcher.artifacts
    return {
        song: artifacts.get(SongSpec(song=song).artifact(work.tenant)).expect(SongFacts)
        for song in dict.fromkeys(step.song for step in sequence.steps)
    }


def _open_song(work: Work, song: str, opened: ExitStack) -> Song:
    """Open a song's audio in the store: only the ranges that are read are fetched."""
    artifact = SongSpec(song=song).artifact(work.tenant)
    file = opened.enter_context(work.dispatcher.artifacts.open(artifact, "audio.flac"))
    return opened.enter_context(open_audio(file))


def _mix_title(titles: list[str]) -> str:
    if len(titles) <= 2:
        return "Segue: " + " and ".join(titles)
    return f"Segue: {titles[0]}, {titles[1]} and {len(titles) - 2} more"


def _entries(
    sequence: SequenceFacts,
    pieces: list[Piece],
    songs: dict[str, SongFacts],
    rendered: Rendered,
    rate_hz: int,
) -> list[Entry]:
    ends = [*rendered.starts[1:], rendered.frames]
    return [
        Entry(
            position=position,
            song=step.song,
            title=songs[step.song].title or step.song[:12],
            artist=songs[step.song].artist,
            chunk=step.chunk,
            source_start_s=piece.start / piece.sample_rate_hz,
            source_end_s=piece.stop / piece.sample_rate_hz,
            mix_start_s=start / rate_hz,
            mix_end_s=end / rate_hz,
            score=step.score,
            seam=seam and SeamEntry.model_validate(asdict(seam)),
        )
        for position, (step, piece, start, end, seam) in enumerate(
            zip(sequence.steps, pieces, rendered.starts, ends, [None, *rendered.seams], strict=True)
        )
    ]


def _report(
    facts: MixFacts,
    made_by: SequenceSpec,
    sequence: SequenceFacts,
    pool_chunks: int,
    joins: str,
    rendered: Rendered,
    entries: list[Entry],
) -> MixReport:
    scores = [entry.score for entry in entries if entry.score is not None]
    replays = count_replays(entries)
    return MixReport(
        title=facts.title,
        approach=facts.approach,
        model=made_by.model,
        pool=made_by.pool,
        pool_chunks=pool_chunks,
        format=facts.format,
        sample_rate_hz=facts.sample_rate_hz,
        channels=facts.channels,
        duration_s=facts.duration_s,
        peak=rendered.peak,
        joins=joins,
        loudness_lufs=rendered.loudness_lufs,
        limited_db=rendered.limited_db,
        worst_seams=worst_seams(entries),
        songs=facts.songs,
        mean_score=float(np.mean(scores)) if scores else None,
        method=made_by.sequencing.method,
        limits=sequence.limits,
        energy_off=sequence.energy_off,
        replays=replays,
        replay_share=replays / max(1, len(entries) - 1),
        longest_run_s=longest_run_s(entries),
        sequence=entries,
    )


register(app, Task.BUILD_POOL, build_pool)
register(app, Task.SEQUENCE_MIX, sequence_mix)
register(app, Task.RENDER_MIX, render_mix)
