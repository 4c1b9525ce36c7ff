"""What is told of a mix that was made: in words, in colours, and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from cli.documents import Document, Shown
from cli.mixing import Library, Made
from cli.output import COLOURS, counted, duration, number, short_id

__all__ = ["as_document", "describe", "songs_used", "strip_of"]


def describe(made: Made) -> str:
    """Tell in two or three lines what was made."""
    mix, report = made.mix, made.report
    score = "" if report["mean_score"] is None else f", mean score {number(report['mean_score'])}"
    used = ", ".join(f"{song['title']} ({song['chunks']})" for song in songs_used(report))
    return (
        f"{made.file}: {duration(mix['duration_s'])} of music, {counted(mix['chunks'], 'chunk')} of "
        f"{counted(mix['songs'], 'song')}, judged by {mix['approach']}{score}.\n"
        f"Songs, with their chunks: {used}.\n"
        f"Mix {short_id(mix['id'])}, of a pool of {counted(report['pool_chunks'], 'chunk')}; "
        f"{counted(report['replays'], 'step')} as in the original song{_joined(report)}."
    )


def _joined(report: Shown) -> str:
    """Tell how chunks were joined, and how loud the songs are."""
    if report["joins"] == "plain":
        return ", hard joins"
    blends = sum(
        entry["seam"] is not None and entry["seam"]["manner"] in ("blend", "bass_swap")
        for entry in report["sequence"]
    )
    loudness = report["loudness_lufs"]
    return f", {counted(blends, 'seam')} blended" + ("" if loudness is None else f", at {loudness:.1f} LUFS")


def strip_of(report: Shown) -> Text:
    """Return a mix as a row of blocks, one for each chunk, in the colours of their songs."""
    songs = songs_used(report)
    colours = {song["id"]: COLOURS[at % len(COLOURS)] for at, song in enumerate(songs)}
    blocks = [("▇", colours[entry["song"]]) for entry in report["sequence"]]
    names = [part for song in songs for part in (("■ ", colours[song["id"]]), song["title"], "  ")]
    return Text.assemble(*blocks, "\n", *names)


def as_document(made: Made, library: Library, skipped: Sequence[Path] = ()) -> Document:
    """Return what was made as a document for programs."""
    return {
        "file": str(made.file),
        "mix": made.mix,
        "job": made.job["id"],
        "mean_score": made.report["mean_score"],
        "songs": songs_used(made.report),
        "rejected": {str(path): reason for path, reason in library.rejected.items()},
        "skipped": [str(path) for path in skipped],
    }


def songs_used(report: Shown) -> list[dict[str, Any]]:
    """Return the songs of a mix with their numbers of chunks, in the order in which they first come."""
    entries = report["sequence"]
    chunks = Counter(entry["song"] for entry in entries)
    titles = {entry["song"]: entry["title"] for entry in reversed(entries)}
    return [{"id": song, "title": titles[song], "chunks": count} for song, count in chunks.items()]
