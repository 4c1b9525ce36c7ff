"""Calls about mixes, their seams, and radios."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

from segue_client.documents import (
    History,
    Job,
    Mix,
    MixReport,
    MixRequest,
    Preview,
    PreviewRequest,
    Radio,
    RadioBan,
    RevisionRequest,
)
from segue_client.downloads import Count, Target, ignored, save, sound
from segue_client.flows import Flow, Items, LeftOut, ask, pages, tell_left_out, work


def make_mix(**wish: Unpack[MixRequest]) -> Flow[Job]:
    """Make a mix, with whatever it needs."""
    return work("mixes", wish)


def mixes(*, left_out: LeftOut = tell_left_out) -> Items[Mix]:
    """List mixes, the newest first."""
    return Items(pages("mixes", left_out))


def mix(mix_id: str) -> Flow[Mix]:
    """Show a mix."""
    return ask("GET", f"mixes/{mix_id}")


def delete_mix(mix_id: str) -> Flow[None]:
    """Delete a mix."""
    return ask("DELETE", f"mixes/{mix_id}")


def mix_file(target: Target, mix_id: str, part: str = "audio", *, count: Count = ignored) -> Flow[Path]:
    """Write a file of a mix.

    Args:
        target: where to.
        mix_id: the mix.
        part: audio, cue, labels, report, peaks, cover, plot, edl, rpp, rekordbox, package, or
            seams/N/audio: some seconds around one of its worst seams.
        count: told how many bytes have come.
    """
    return save(f"mixes/{mix_id}/{part}", target, count=count)


def mix_report(mix_id: str) -> Flow[MixReport]:
    """Show each chunk of a mix: where it is and comes from, how well it follows, how it was joined."""
    return ask("GET", f"mixes/{mix_id}/report")


def mix_peaks(mix_id: str) -> Flow[dict[str, Any]]:
    """Show the outline of a mix: the highest and lowest samples of each stretch."""
    return ask("GET", f"mixes/{mix_id}/peaks")


def revise_mix(mix_id: str, **wish: Unpack[RevisionRequest]) -> Flow[Job]:
    """Make a new mix of a mix by edits; the old one stays."""
    return work(f"mixes/{mix_id}/revisions", wish)


def mix_history(mix_id: str) -> Flow[History]:
    """Show what a mix was made of, and what was made of it."""
    return ask("GET", f"mixes/{mix_id}/revisions")


def preview_seam(mix_id: str, position: int, **wish: Unpack[PreviewRequest]) -> Flow[Job]:
    """Render one seam of a mix, as it is or as it would be."""
    return work(f"mixes/{mix_id}/seams/{position}/preview", wish)


def preview(preview_id: str) -> Flow[Preview]:
    """Show a preview of a seam."""
    return ask("GET", f"previews/{preview_id}")


def preview_sound(target: Target, preview_id: str, *, count: Count = ignored) -> Flow[Path]:
    """Write a preview's sound to a file."""
    return save(f"previews/{preview_id}/audio", target, count=count)


def listen(pool_id: str, seed: int = 0) -> Items[bytes]:
    """Listen to an endless mix of a pool: MP3, in blocks, as it plays."""
    return sound(f"radio/{pool_id}.mp3?seed={seed}")


def radio(pool_id: str, seed: int = 0) -> Flow[Radio]:
    """Show what a radio plays, and what comes."""
    return ask("GET", f"radio/{pool_id}", seed=seed)


def skip_song(pool_id: str, seed: int = 0) -> Flow[Radio]:
    """Leave the song that a radio plays."""
    return ask("POST", f"radio/{pool_id}/skip", seed=seed)


def ban_from_radio(pool_id: str, seed: int = 0, **wish: Unpack[RadioBan]) -> Flow[Radio]:
    """Never play something again while a radio is on air."""
    return ask("POST", f"radio/{pool_id}/ban", wish, seed=seed)
