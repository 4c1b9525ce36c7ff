"""What a look into the pool of a mix tells: where its chunks lie, which could stand at a place."""

from __future__ import annotations

from pydantic import Field

from shared.store.sequences import Document

__all__ = ["Candidate", "Candidates", "MapPoint", "MapSong", "PoolMap"]

_SONG_EXAMPLE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_CUT_EXAMPLE = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"


class MapSong(Document):
    """A song of a map."""

    id: str = Field(description="The song's id.", examples=[_SONG_EXAMPLE])
    title: str = Field(description="What it is called.", examples=["Night Drive"])


class MapPoint(Document):
    """A chunk, as a point of a map."""

    x: float = Field(
        description="Along the direction in which chunks differ most, from -1 to 1.", examples=[0.41]
    )
    y: float = Field(description="Along the next one, at the same scale.", examples=[-0.13])
    song: int = Field(description="Its song, by its place in `songs`.", examples=[0])
    chunk: int = Field(description="Its number in the song's cut, from 0.", examples=[7])
    start_s: float = Field(description="Where in the song it begins, in seconds.", examples=[28.0])


class PoolMap(Document):
    """The pool that a mix was chosen from, laid out flat, and the way that the mix takes through it."""

    approach: str = Field(description="Whose space it is: what the model goes by.", examples=["segue"])
    chunks: int = Field(description="Chunks of the pool; of many, only some are points.", examples=[565])
    explained: list[float] = Field(
        description="The share of all differences that lies along either direction.", examples=[[0.31, 0.12]]
    )
    songs: list[MapSong] = Field(description="The songs of the pool.")
    points: list[MapPoint] = Field(description="Chunks, those of the mix among them.")
    path: list[int] = Field(
        description="The chunks of the mix in order, as places in `points`.", examples=[[3, 0]]
    )


class Candidate(Document):
    """A chunk that could stand at a place of a mix."""

    song: str = Field(description="Its song.", examples=[_SONG_EXAMPLE])
    title: str = Field(description="What the song is called.", examples=["Night Drive"])
    chunk: int = Field(description="Its number in the song's cut, from 0.", examples=[7])
    cut: str = Field(description="That cut, which has its sound.", examples=[_CUT_EXAMPLE])
    start_s: float = Field(description="Where in the song it begins, in seconds.", examples=[28.0])
    duration_s: float = Field(description="Its length in seconds.", examples=[4.0])
    before: float | None = Field(
        description="How well it follows what comes before, from 0 to 1; null: nothing does.", examples=[0.62]
    )
    after: float | None = Field(
        description="How well what comes after follows it; null: nothing does.", examples=[0.48]
    )
    breaks: list[str] = Field(
        description="Limits that the mix keeps, and would not keep any more.", examples=[[]]
    )


class Candidates(Document):
    """What else could stand at a place of a mix; the first is what a swap takes by itself."""

    position: int = Field(description="The place, from 0.", examples=[7])
    candidates: list[Candidate] = Field(description="The best first; those that break a limit come last.")
