"""Songs as clients see them: a pure function of what was uploaded and what decoding found."""

from __future__ import annotations

from services.gateway.problems import job_problem
from services.gateway.schemas.common import Problem
from services.gateway.schemas.songs import Analysis, Song, SongState
from shared.corrections import Correction
from shared.jobs.records import Job
from shared.sound.rhythm import Rhythm
from shared.store.arrays import Arrays
from shared.store.manifests import AnalysisFacts, Manifest, SongFacts, UploadRecord


def song_view(song: str, upload: UploadRecord, manifest: Manifest | None, decoding: Job | None) -> Song:
    """Show a song.

    Args:
        song: its id.
        upload: what was said of it.
        manifest: what decoding found; None: it is not decoded yet.
        decoding: the last job that was to decode it.
    """
    path = f"/v1/songs/{song}"
    facts = manifest.facts if manifest and isinstance(manifest.facts, SongFacts) else None
    return Song(
        id=song,
        state=_state_of(manifest),
        name=upload.name,
        size_bytes=upload.size_bytes,
        uploaded_at=upload.uploaded_at,
        title=(facts.title if facts else None) or upload.title,
        artist=facts.artist if facts else None,
        duration_s=facts.duration_s if facts else None,
        sample_rate_hz=facts.sample_rate_hz if facts else None,
        channels=facts.channels if facts else None,
        codec=facts.codec if facts else None,
        peak=facts.peak if facts else None,
        problem=_problem_of(path, manifest, decoding),
        job=decoding.id if decoding and manifest is None else None,
        links=_links(path, manifest if facts else None),
    )


def analysis_view(manifest: Manifest, arrays: Arrays, known: Correction) -> Analysis:
    """Show an analysis, by its manifest, the rhythm that is stored with it, and what it was told."""
    facts, rhythm = manifest.expect(AnalysisFacts), Rhythm.from_arrays(arrays)
    return Analysis(
        song=facts.song,
        tempo_bpm=facts.tempo_bpm,
        beat_confidence=facts.beat_confidence,
        beats_per_bar=facts.beats_per_bar,
        bar_confidence=facts.bar_confidence,
        key=facts.key,
        key_confidence=facts.key_confidence,
        sections_s=facts.sections_s,
        note=facts.note,
        correction=known,
        beats_s=rhythm.beats_s.round(4).tolist(),
        bars_s=rhythm.beats_s[rhythm.downbeats].round(4).tolist(),
        links={"self": f"/v1/songs/{facts.song}/analysis", "song": f"/v1/songs/{facts.song}"},
    )


def _links(path: str, decoded: Manifest | None) -> dict[str, str]:
    if decoded is None:
        return {"self": path}
    links = {"self": path, "audio": f"{path}/audio", "analysis": f"{path}/analysis"}
    return links | ({"peaks": f"{path}/peaks"} if "peaks.json" in decoded.payloads else {})


def _state_of(manifest: Manifest | None) -> SongState:
    if manifest is None:
        return SongState.RECEIVED
    return SongState.READY if manifest.problem is None else SongState.REJECTED


def _problem_of(path: str, manifest: Manifest | None, decoding: Job | None) -> Problem | None:
    if manifest is not None:
        return job_problem(manifest.problem, path) if manifest.problem else None
    failed = decoding.outcome.problem if decoding and decoding.outcome else None
    return job_problem(failed, path) if failed else None
