"""Votes between two mixes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, computed_field

from services.gateway.schemas.common import (
    MIX_EXAMPLE,
    MODEL_EXAMPLE,
    REPORT_EXAMPLE,
    TIME_EXAMPLE,
    VOTE_EXAMPLE,
    Links,
    RequestSchema,
    Schema,
)
from shared.parameters import ArtifactKey

_CHOICE = "Which one was liked better: `a`, `b`, or `tie` for neither."


class VoteRequest(RequestSchema):
    """Which of two mixes was liked better, by someone who did not know which was which."""

    a: ArtifactKey = Field(description="Id of a mix.", examples=[MIX_EXAMPLE])
    b: ArtifactKey = Field(description="Id of another one.", examples=[REPORT_EXAMPLE])
    choice: Literal["a", "b", "tie"] = Field(description=_CHOICE, examples=["a"])


class Vote(Schema):
    """A vote that was cast."""

    id: str = Field(description="The vote's id.", examples=[VOTE_EXAMPLE])
    a: str = Field(description="Id of a mix; it may be gone.", examples=[MIX_EXAMPLE])
    b: str = Field(description="Id of another one.", examples=[REPORT_EXAMPLE])
    choice: Literal["a", "b", "tie"] = Field(description=_CHOICE, examples=["a"])
    approaches: list[str] = Field(
        description="What judged the transitions of `a` and of `b`.", examples=[["segue", "linear"]]
    )
    cast_at: datetime = Field(description="When it was cast.", examples=[TIME_EXAMPLE])
    links: Links


class TallyRow(Schema):
    """How one model's mixes were liked beside those of others."""

    approach: str = Field(description="The model's approach.", examples=["segue"])
    model: str | None = Field(
        description="The model; null: its mixes no longer tell it.", examples=[MODEL_EXAMPLE]
    )
    won: int = Field(description="Votes for its mix.", examples=[7])
    lost: int = Field(description="Votes for the other mix.", examples=[2])
    tied: int = Field(description="Votes for neither.", examples=[1])

    @computed_field(description="Won and half of the ties, of all.", examples=[0.75])  # type: ignore[prop-decorator]
    @property
    def share(self) -> float:
        """How large a part of its votes it won."""
        return (self.won + self.tied / 2) / (self.won + self.lost + self.tied)


class Tally(Schema):
    """How models' mixes were liked beside each other; mixes of one model say nothing here."""

    rows: list[TallyRow] = Field(description="Models, those first that won the larger part.")
