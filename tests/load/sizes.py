"""How much one load run asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """One load.

    Attributes:
        jobs: asked for at once by one tenant, of which every `mix_every`-th is a mix and the others are cuts.
        uploads: sent at once, half of them different files and half one same file.
        upload_s: seconds of each uploaded song, 88 kB each.
        listeners: streams of job events; every `vanish_every`-th goes away without a word.
        idle_s: seconds that reads are timed before there is any load, and again afterwards.
        flood: requests that one tenant sends as fast as it can.
        flood_lanes: how many of these are under way at once.
        reads_per_s: timed reads.
        settle_s: within it, all that was asked for has to end.
    """

    jobs: int = 1000
    uploads: int = 200
    upload_s: float = 12.0
    listeners: int = 500
    mix_every: int = 20
    vanish_every: int = 5
    idle_s: float = 30.0
    flood: int = 3000
    flood_lanes: int = 300
    reads_per_s: float = 8.0
    settle_s: float = 3600.0


FULL = Size()
SMALL = Size(
    jobs=60, uploads=20, upload_s=3.0, listeners=40, idle_s=5.0, flood=1200, flood_lanes=200, settle_s=600.0
)
"""For the test."""
