"""The files that come with a mix: how each is called here and in the store, and what it is."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from services.gateway import library
from services.gateway.archives import Member, stream_zip
from services.gateway.backend import Backend
from services.gateway.ranges import serve_payload
from shared.errors import NotFound, SegueError
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest
from shared.store.packages import PACKAGE_FILE, Package, PackagedFile, snippet_file

__all__ = ["MIX_FILES", "MixFile", "links_of", "seam_snippet", "serve_mix_file", "serve_package"]

_EARLIER = "it was made by an earlier release. Ask for the same mix again, and it is made with all its files."
_NOT_WORST = "only the worst have one, those that its report lists under `worst_seams`."


@dataclass(frozen=True)
class MixFile:
    """A file that comes with a mix.

    Attributes:
        name: the last part of its address.
        payload: its name in the store, and when it is saved.
        media_type: of its content.
        summary: what one asks for it for, as a sentence.
        holds: what it is.
        absent: why a mix may lack it, and what to do.
    """

    name: str
    payload: str
    media_type: str
    summary: str
    holds: str
    absent: str = _EARLIER


MIX_FILES = (
    MixFile(
        "cue",
        "mix.cue",
        "application/x-cue",
        "Read where in the mix each song comes.",
        "The cue sheet.",
    ),
    MixFile(
        "labels",
        "labels.txt",
        "text/plain",
        "Read where in the mix each chunk begins and ends, to be imported beside the audio.",
        "A label track for Audacity.",
    ),
    MixFile(
        "report",
        "report.json",
        "application/json",
        "Read what was done: each chunk, where it comes from, where it is, and how well it follows.",
        "Every chunk with its source, its score and its seam.",
    ),
    MixFile(
        "peaks",
        "peaks.json",
        "application/json",
        "Read the outline of the mix, to draw it.",
        "Lowest and highest sample of each stretch.",
    ),
    MixFile(
        "cover",
        "cover.jpg",
        "image/jpeg",
        "See the mix as a picture: a colour for each song, a ray for each moment.",
        "The cover, 1000 by 1000.",
    ),
    MixFile(
        "plot",
        "plot.svg",
        "image/svg+xml",
        "See songs, level, scores and seams over time, the worst seams marked.",
        "The plot, without scripts.",
    ),
    MixFile(
        "edl",
        "mix.edl",
        "text/plain",
        "Read the mix as an edit list for editors of sound and film.",
        "A CMX 3600 list at 30 frames a second, no frames dropped.",
    ),
    MixFile(
        "rpp",
        "mix.rpp",
        "text/plain",
        "Read the mix as a Reaper project; the files that it plays come with the package.",
        "The project: a clip for each chunk, a marker for each section.",
    ),
    MixFile(
        "rekordbox",
        "rekordbox.xml",
        "application/xml",
        "Read the mix as rekordbox imports it: a track with a cue point for each section.",
        "A DJ_PLAYLISTS document.",
    ),
)


class NotOfThisMix(NotFound):
    """A mix that there is has no such file."""

    def __init__(self, what: str, key: str, reason: str) -> None:
        self.kind, self.name = what, key
        SegueError.__init__(self, f"Mix {key} has no {what}: {reason}")


def seam_snippet(position: int) -> MixFile:
    """Return the snippet of a seam, by the position of the chunk that it leads to."""
    payload = snippet_file(position)
    return MixFile(f"snippet of seam {position}", payload, "audio/mpeg", "", "", absent=_NOT_WORST)


def links_of(path: str, manifest: Manifest) -> dict[str, str]:
    """Return the addresses of the files that a mix has, below its own."""
    links = {file.name: f"{path}/{file.name}" for file in MIX_FILES if file.payload in manifest.payloads}
    return links | ({"package": f"{path}/package"} if PACKAGE_FILE in manifest.payloads else {})


def serve_mix_file(request: Request, backend: Backend, tenant: str, mix_id: str, file: MixFile) -> Response:
    """Return a file that comes with a mix, or the range of it that was asked for.

    Raises:
        NotFound: there is no such mix, or it has no such file.
        RejectedInput: the mix could not be made.
        RangeNotSatisfiable: the range begins after the last byte.
    """
    manifest = library.made(backend, tenant, Kind.MIX, mix_id)
    if file.payload not in manifest.payloads:
        raise NotOfThisMix(file.name, mix_id, file.absent)
    answer = serve_payload(
        request, backend, Artifact(tenant, Kind.MIX, mix_id), file.payload, filename=file.payload
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return answer


def serve_package(backend: Backend, tenant: str, mix_id: str) -> Response:
    """Return the package of a mix as a ZIP archive, relayed from the store.

    Raises:
        NotFound: there is no such mix, it has no package, or what the package holds has been deleted.
        RejectedInput: the mix could not be made.
    """
    mix, manifest = Artifact(tenant, Kind.MIX, mix_id), library.made(backend, tenant, Kind.MIX, mix_id)
    if PACKAGE_FILE not in manifest.payloads:
        raise NotOfThisMix("package", mix_id, _EARLIER)
    package = Package.model_validate_json(backend.artifacts.read(mix, PACKAGE_FILE))
    # All are looked up before the first byte is sent: later nobody could be told what is missing.
    members = [_member(backend, mix, file) for file in package.files]
    name = f"segue-{mix_id[:8]}.zip"
    return StreamingResponse(
        stream_zip(members, manifest.created_at),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private"},
    )


def _member(backend: Backend, mix: Artifact, file: PackagedFile) -> Member:
    artifact = Artifact(mix.tenant, file.kind, file.key) if file.kind and file.key else mix
    manifest = backend.artifacts.get(artifact)
    if file.payload not in manifest.payloads:
        raise NotFound(f"{file.payload} of {artifact.kind.noun}", artifact.key)
    key = artifact.payload(manifest.attempt, file.payload)
    size_bytes = manifest.payloads[file.payload].size_bytes
    return Member(file.name, size_bytes, lambda: backend.store.stream(key))
