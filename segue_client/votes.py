"""Calls about votes: which of two mixes is better."""

from __future__ import annotations

from typing import Unpack

from segue_client.documents import Tally, Vote, VoteRequest
from segue_client.flows import Flow, Items, LeftOut, ask, pages, tell_left_out, work

__all__ = ["cast", "delete_vote", "tally", "vote", "votes"]


def cast(**said: Unpack[VoteRequest]) -> Flow[Vote]:
    """Say which of two mixes is better; it counts for the models that judged them."""
    return work("votes", said)


def votes(*, left_out: LeftOut = tell_left_out) -> Items[Vote]:
    """List votes."""
    return Items(pages("votes", left_out))


def vote(vote_id: str) -> Flow[Vote]:
    """Show a vote."""
    return ask("GET", f"votes/{vote_id}")


def delete_vote(vote_id: str) -> Flow[None]:
    """Take a vote back."""
    return ask("DELETE", f"votes/{vote_id}")


def tally() -> Flow[Tally]:
    """Count whose mixes were liked better, by what judged them."""
    return ask("GET", "tally")
