"""From a sequence and its rendering to the report of a mix."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from services.assembler.pieces import Piece
from services.assembler.rendering import Rendered
from services.assembler.reports import (
    Entry,
    MixReport,
    SeamEntry,
    count_replays,
    longest_run_s,
    worst_seams,
)
from shared.store.manifests import MixFacts, SequenceFacts, SongFacts
from shared.store.specs import ChosenSpec, RevisedSpec

__all__ = ["entries_of", "report_of", "title_of"]


def title_of(titles: list[str]) -> str:
    """Return the title of a mix of songs, the first ones named."""
    if len(titles) <= 2:
        return "Segue: " + " and ".join(titles)
    return f"Segue: {titles[0]}, {titles[1]} and {len(titles) - 2} more"


def entries_of(
    sequence: SequenceFacts,
    pieces: list[Piece],
    songs: dict[str, SongFacts],
    rendered: Rendered,
    rate_hz: int,
) -> list[Entry]:
    """Tell of each chunk of a rendered sequence where it comes from and where it is."""
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
            pinned=step.pinned,
        )
        for position, (step, piece, start, end, seam) in enumerate(
            zip(sequence.steps, pieces, rendered.starts, ends, [None, *rendered.seams], strict=True)
        )
    ]


def report_of(
    facts: MixFacts,
    made_by: ChosenSpec,
    sequence: SequenceFacts,
    pool_chunks: int,
    joins: str,
    rendered: Rendered,
    entries: list[Entry],
) -> MixReport:
    """Tell everything that was done to make a mix."""
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
        form=sequence.form,
        replays=replays,
        replay_share=replays / max(1, len(entries) - 1),
        longest_run_s=longest_run_s(entries),
        revision_of=made_by.mix if isinstance(made_by, RevisedSpec) else None,
        edits=sequence.edits,
        banned=sequence.banned,
        sequence=entries,
    )
