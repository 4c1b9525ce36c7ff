"""Songs as clients see them: a pure function of what was uploaded and what decoding found."""

from __future__ import annotations

from services.gateway.problems import job_problem
from services.gateway.schemas.common import Problem
from services.gateway.schemas.songs import Song, SongState
from shared.jobs.records import Job
from shared.store.manifests import Manifest, SongFacts, UploadRecord


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
        links={"self": path, "audio": f"{path}/audio"} if facts else {"self": path},
    )


def _state_of(manifest: Manifest | None) -> SongState:
    if manifest is None:
        return SongState.RECEIVED
    return SongState.READY if manifest.problem is None else SongState.REJECTED


def _problem_of(path: str, manifest: Manifest | None, decoding: Job | None) -> Problem | None:
    if manifest is not None:
        return job_problem(manifest.problem, path) if manifest.problem else None
    failed = decoding.outcome.problem if decoding and decoding.outcome else None
    return job_problem(failed, path) if failed else None
