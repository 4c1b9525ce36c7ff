"""Make the mixes whose seams are judged, through the API: the same sequences blended and joined hard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.choices import parse_cut
from cli.documents import Document, Shown
from cli.experiments.laboratory import Laboratory
from cli.mixing import BEST_PRETRAINED, pretrained_model
from cli.seams.material import Whole
from cli.seams.timing import Beats
from shared.parameters import NO_LIMITS, Cut, Output

__all__ = ["BLEND", "PLAIN", "Mix", "Taken", "Wanted", "take"]

BLEND, PLAIN = "blend", "plain"
_WHOLE = Cut(method="equal", chunk_s=600.0)


@dataclass(frozen=True)
class Wanted:
    """Which mixes are made: so many of each cut, of so many chunks, drawn by seeds from `seed` on."""

    mixes: int = 15
    cuts: tuple[str, ...] = ("silence", "equal:4", "equal:8")
    chunks: int = 30
    seed: int = 0


@dataclass(frozen=True)
class Mix:
    """A mix that was made: the cut it is of, how it was joined, what it tells, where it lies."""

    cut: str
    manner: str
    report: Shown
    file: Path


@dataclass(frozen=True)
class Taken:
    """All that is listened to of one kind of songs.

    Attributes:
        name: of the kind.
        whole: where each song lies in the mix of whole songs.
        whole_file: that mix.
        mixes: every sequence, joined in both ways.
        boundaries_s: by cut and song: where chunks meet in it.
        beats_s: by song: how long its beat is.
    """

    name: str
    whole: Whole
    whole_file: Path
    mixes: tuple[Mix, ...]
    boundaries_s: dict[str, dict[str, list[float]]]
    beats_s: Beats


def take(laboratory: Laboratory, name: str, songs: Sequence[str], wanted: Wanted) -> Taken:
    """Make and fetch everything; what was made before is only fetched.

    Raises:
        BadSetting: a cut is not one.
        JobFailed, JobCancelled: a mix was not made.
    """
    model = pretrained_model(laboratory.gateway, BEST_PRETRAINED)
    cuts = {cut: parse_cut(cut) for cut in wanted.cuts}
    boundaries_s = {
        cut: {
            song: [chunk["start"] / made["sample_rate_hz"] for chunk in made["chunks"][1:]]
            for song, made in zip(songs, laboratory.cuts(songs, of), strict=True)
        }
        for cut, of in cuts.items()
    }
    drawn = [
        (cut, manner, _drawn(songs, cuts[cut], model, manner, wanted, number))
        for number in range(wanted.mixes)
        for cut in wanted.cuts
        for manner in (BLEND, PLAIN)
    ]
    whole = _request(songs, _WHOLE, model, BLEND) | {
        "chunks": sum(laboratory.chunks(songs, _WHOLE)),
        "limits": NO_LIMITS.model_dump(),
    }
    made = laboratory.mixes([(name, whole), *((name, request) for _, _, request in drawn)])
    files = [_fetched(laboratory, mix) for mix, _ in made]
    mixes = tuple(
        Mix(cut, manner, report, file)
        for (cut, manner, _), (_, report), file in zip(drawn, made[1:], files[1:], strict=True)
    )
    # Where a mix was blended, its songs were analysed; the mix of whole songs has them all.
    tempos = {song: laboratory.gateway.songs.analysis(song)["tempo_bpm"] for song in songs}
    beats_s = {song: 60 / tempo_bpm if tempo_bpm else None for song, tempo_bpm in tempos.items()}
    return Taken(name, Whole.of(made[0][1]), files[0], mixes, boundaries_s, beats_s)


def _drawn(songs: Sequence[str], cut: Cut, model: str, manner: str, wanted: Wanted, number: int) -> Document:
    request = _request(songs, cut, model, manner)
    return request | {"chunks": wanted.chunks, "method": "sample", "seed": wanted.seed + number}


def _request(songs: Sequence[str], cut: Cut, model: str, manner: str) -> Document:
    # FLAC, so that hard joins made of one mix differ from those of another by nothing that an encoder adds.
    output = Output(format="flac", seams="blend" if manner == BLEND else "plain")
    return {
        "songs": list(songs),
        "cut": cut.model_dump(mode="json"),
        "model": model,
        "output": output.model_dump(mode="json"),
    }


def _fetched(laboratory: Laboratory, mix: str) -> Path:
    file = laboratory.folder / f"{mix}.flac"
    if not file.exists():
        laboratory.gateway.mixes.save(file, mix)
    return file
