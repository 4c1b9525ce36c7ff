"""What decides what a radio plays, apart from its pool: its seed, and what listeners say."""

from __future__ import annotations

from pydantic import Field

from shared.parameters import Parameters, SongId

__all__ = ["Airing", "Remark"]


class Airing(Parameters):
    """What decides what a radio plays, apart from its pool."""

    seed: int = Field(0, ge=0, lt=2**31, description="The same pool and seed give the same stream.")


class Remark(Parameters):
    """What a listener said of what plays: from there on the radio goes on otherwise."""

    piece: int = Field(ge=0, description="The last piece that stays, counted from the radio's first.")
    stop_s: float | None = Field(
        None, ge=0, description="Where in its song that piece is left, in seconds; null: at its end."
    )
    song: SongId = Field(description="Id of the song that was skipped or banned.")
    chunk: int | None = Field(None, ge=0, description="Only this chunk of the song; null: all of it.")
    ban: bool = Field(False, description="Never again, in place of not for a while.")
