"""What a mix tells of itself: `report.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from shared.parameters import Output

from services.assembler.material import Piece
from services.assembler.rendering import Rendered

__all__ = ["MixReport", "SequenceEntry", "SongShare", "mix_report"]


class ReportPart(BaseModel):
    """A frozen part of a report."""

    model_config = ConfigDict(frozen=True)


class SequenceEntry(ReportPart):
    """One chunk of the mix: whence it comes and where it lies."""

    position: int = Field(description="Place in the mix, from 0.")
    song: str = Field(description="Id of its song.")
    title: str = Field(description="Title of its song.")
    chunk: int = Field(description="Its number in the song's cut, from 0.")
    source_start_s: float = Field(description="Where it begins in its song.")
    source_end_s: float = Field(description="Where it ends in its song.")
    mix_start_s: float = Field(description="Where it begins in the mix.")
    mix_end_s: float = Field(description="Where it ends in the mix.")
    score: float | None = Field(description="How well it follows the chunk before; null for the first.")


class SongShare(ReportPart):
    """A song's part in the mix."""

    song: str
    title: str
    chunks: int


class MixReport(ReportPart):
    """What was assembled and rendered."""

    title: str
    approach: str = Field(description="What judged the transitions.")
    output: Output
    duration_s: float
    frames: int = Field(description="Samples of the mix, at the output's rate.")
    peak: float = Field(description="Largest magnitude before encoding, 1.0 at full scale.")
    chunks: int
    seams: int = Field(description="Joints at which the song does not simply play on.")
    mean_score: float | None = Field(description="Of all transitions; null where there is none.")
    songs: list[SongShare] = Field(description="In the order in which they first sound.")
    sequence: list[SequenceEntry]


def mix_report(
    pieces: Sequence[Piece],
    rendered: Rendered,
    *,
    chunks: Sequence[int],
    scores: Sequence[float | None],
    titles: Mapping[str, str],
    title: str,
    approach: str,
    output: Output,
) -> MixReport:
    """Build the report of a mix.

    Args:
        pieces: in the order of the mix.
        rendered: what `render` made of them.
        chunks: the number of each piece in its song's cut.
        scores: of each piece after the one before; None for the first.
        titles: of the songs, by their ids.
        title: of the mix.
        approach: what judged the transitions.
        output: how it was rendered.

    Raises:
        ValueError: pieces, chunks, scores and starts differ in number.
    """
    edges_s = [*(rendered.starts / rendered.sample_rate_hz).tolist(), rendered.duration_s]
    placed = zip(pieces, chunks, scores, edges_s[:-1], edges_s[1:], strict=True)
    sequence = [
        SequenceEntry(
            position=position,
            song=piece.song,
            title=titles[piece.song],
            chunk=chunk,
            source_start_s=piece.start / piece.sample_rate_hz,
            source_end_s=piece.stop / piece.sample_rate_hz,
            mix_start_s=start_s,
            mix_end_s=end_s,
            score=score,
        )
        for position, (piece, chunk, score, start_s, end_s) in enumerate(placed)
    ]
    judged = [score for score in scores if score is not None]
    return MixReport(
        title=title,
        approach=approach,
        output=output,
        duration_s=rendered.duration_s,
        frames=rendered.frames,
        peak=rendered.peak,
        chunks=len(pieces),
        seams=_seams(pieces),
        mean_score=sum(judged) / len(judged) if judged else None,
        songs=[
            SongShare(song=song, title=titles[song], chunks=count)
            for song, count in Counter(piece.song for piece in pieces).items()
        ],
        sequence=sequence,
    )


def _seams(pieces: Sequence[Piece]) -> int:
    """Count the joints at which a piece is followed by another than its song's next."""
    return sum(
        (left.song, left.stop) != (right.song, right.start)
        for left, right in zip(pieces[:-1], pieces[1:], strict=True)
    )
