"""Calls about the pool of a mix: the map of it, and what else could stand at a place."""

from __future__ import annotations

from segue_client.documents import Candidates, Job, PoolMap
from segue_client.flows import Flow, ask, work

__all__ = ["candidates", "draw_map", "find_candidates", "pool_map"]


def draw_map(mix_id: str) -> Flow[Job]:
    """Lay the pool of a mix out as a map, which stays for a day."""
    return work(f"mixes/{mix_id}/map")


def pool_map(mix_id: str) -> Flow[PoolMap]:
    """Show where the chunks of a mix's pool lie, once that was drawn, and the mix's way through it."""
    return ask("GET", f"mixes/{mix_id}/map")


def find_candidates(mix_id: str, position: int) -> Flow[Job]:
    """Look for other chunks for a place of a mix, counted from 0; they stay for a day."""
    return work(f"mixes/{mix_id}/chunks/{position}/candidates")


def candidates(mix_id: str, position: int) -> Flow[Candidates]:
    """Show what else could stand at a place of a mix, once that was looked for: the best first."""
    return ask("GET", f"mixes/{mix_id}/chunks/{position}/candidates")
