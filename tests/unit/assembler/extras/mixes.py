"""Mixes on paper, whose sections are known."""

from __future__ import annotations

import numpy as np

from services.assembler.rendering import Rendered
from services.assembler.reports import Entry, MixReport, SeamEntry, worst_seams
from shared.store.manifests import MixFacts

HOSTILE = '$x$ <b>&"\\/..\n\x00=;#'


def seam(
    manner: str = "blend", *, leaves_s: float = 0.0, enters_s: float = 0.0, jolt: float = 0.1
) -> SeamEntry:
    faded = manner == "blend"
    return SeamEntry(
        manner=manner,
        fade_s=0.08 if faded else 0.0,
        leaves_s=leaves_s,
        enters_s=enters_s,
        gain_db=0.0,
        step_lu=0.0,
        correlations=[],
        jolt=jolt if faded else 0.0,
    )


def entry(
    position: int,
    song: str,
    chunk: int,
    start_s: float,
    end_s: float,
    joint: SeamEntry | None = None,
    **more: object,
) -> Entry:
    facts = {
        "title": song.upper(),
        "artist": None,
        "source_start_s": 2.0 * chunk,
        "source_end_s": 2.0 * chunk + 2.0,
        "score": None if joint is None else 0.5,
    }
    return Entry.model_validate(
        {
            **facts,
            "position": position,
            "song": song,
            "chunk": chunk,
            "mix_start_s": start_s,
            "mix_end_s": end_s,
            "seam": joint,
            **more,
        }
    )


def mix_entries() -> list[Entry]:
    """Three sections: a from 62 to 65.9 s, b from 9.8 to 12 s, a again from 4 s on."""
    return [
        entry(0, "a", 31, 0.0, 2.0),
        entry(1, "a", 32, 2.0, 3.9, seam("continues")),
        entry(2, "b", 5, 3.9, 6.1, seam(leaves_s=-0.1, enters_s=-0.2, jolt=0.7)),
        entry(3, "a", 2, 6.1, 8.1, seam(jolt=0.3)),
    ]


def many_entries(count: int) -> list[Entry]:
    """As many sections as entries, of 40 songs."""
    return [
        entry(n, f"{n % 40:02d}", 3 * n, 2.0 * n, 2.0 * n + 2, seam() if n else None) for n in range(count)
    ]


def mix_facts(entries: list[Entry], **more: object) -> MixFacts:
    facts = {
        "title": "Segue: A and B",
        "format": "mp3",
        "sample_rate_hz": 44_100,
        "channels": 2,
        "approach": "linear",
    }
    counts = {"chunks": len(entries), "songs": len({one.song for one in entries})}
    return MixFacts.model_validate({**facts, **counts, "duration_s": entries[-1].mix_end_s, **more})


def rendered(entries: list[Entry], bins: int = 500) -> Rendered:
    levels = 0.2 + 0.1 * np.sin(np.arange(bins) / 9)
    return Rendered(
        frames=round(entries[-1].mix_end_s * 44_100),
        starts=[round(one.mix_start_s * 44_100) for one in entries],
        peak=0.5,
        peaks=[[-0.5, 0.5]] * bins,
        levels=levels.tolist(),
        seams=[],
        loudness_lufs=-14.0,
        limited_db=0.0,
    )


def report_of(mix: MixFacts, entries: list[Entry]) -> MixReport:
    return MixReport(
        title=mix.title,
        approach=mix.approach,
        model="m",
        pool="p",
        pool_chunks=9,
        format=mix.format,
        sample_rate_hz=mix.sample_rate_hz,
        channels=mix.channels,
        duration_s=mix.duration_s,
        peak=0.5,
        joins="blend",
        loudness_lufs=-14.0,
        limited_db=0.0,
        worst_seams=worst_seams(entries),
        songs=mix.songs,
        mean_score=0.5,
        method="beam",
        limits=None,
        replays=1,
        replay_share=0.3,
        longest_run_s=4.0,
        sequence=entries,
    )
