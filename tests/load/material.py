"""What is uploaded and asked for: tiny songs, and jobs that differ in one parameter."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import soundfile

from cli.demo import write_demo_songs
from tests.support.signals import int16, noise

RATE_HZ = 44_100
SONG_S = 5.0
SONGS = 3
SHORTEST_CHUNK_S = 1.0


def song_bytes(seed: int, seconds: float) -> bytes:
    """Return a WAV file of noise, mono, of which each seed gives another."""
    file = io.BytesIO()
    soundfile.write(file, int16(noise(seconds, RATE_HZ, seed=seed)), RATE_HZ, format="WAV")
    return file.getvalue()


def tiny_songs(folder: Path) -> list[Path]:
    """Write the songs that all jobs share."""
    return write_demo_songs(folder, seconds=SONG_S)[:SONGS]


def cut_of(number: int) -> dict[str, Any]:
    """Return the parameters of a cut that no other number has."""
    return {"method": "equal", "chunk_s": round(SHORTEST_CHUNK_S + 0.001 * number, 3)}


def wish(number: int, songs: list[str], model: str, *, mix: bool) -> tuple[str, dict[str, Any]]:
    """Return path and body of a job that is like no other: a mix, or a cut of one song."""
    if mix:
        output = {"seams": "plain", "format": "wav"}
        chosen = {
            "model": model,
            "chunks": 4,
            "steadiness": 0,
            "sections": 0,
        }  # By scores: nothing is analysed.
        return "/mixes", {"songs": songs, "cut": cut_of(number), **chosen, "output": output}
    return "/cuts", {"songs": [songs[number % len(songs)]], "cut": cut_of(number)}
