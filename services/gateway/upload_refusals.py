"""Why an upload that is sent piece by piece is refused (tus 1.0). `problems` knows their statuses."""

from __future__ import annotations

from shared.errors import Conflict, InputError, SegueError

TUS_VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"


class UploadElsewhere(Conflict):
    """A piece does not begin where the upload ends."""

    slug = "upload-offset"
    title = "The upload is elsewhere"

    def __init__(self, *, offset_bytes: int, given_bytes: int) -> None:
        super().__init__(
            f"The upload has {offset_bytes} bytes so far, and the piece begins at {given_bytes}. Ask for the "
            "offset with HEAD, and go on from there."
        )


class UploadTooLong(InputError):
    """More came than was announced."""

    slug = "upload-too-long"
    title = "The upload is longer than announced"

    def __init__(self, *, size_bytes: int) -> None:
        super().__init__(
            f"The upload was to have {size_bytes} bytes, and more came. Begin a new one with its real length."
        )


class UploadDiffers(InputError):
    """What came is not what was announced, by its SHA-256."""

    slug = "upload-differs"
    title = "The upload is not what was announced"

    def __init__(self, *, announced: str, found: str) -> None:
        super().__init__(
            f"Its SHA-256 was to be {announced}, and is {found}: the file has changed in between, or was "
            "damaged on its way. What had come was deleted; begin a new upload."
        )


class UploadInPieces(InputError):
    """It came in so many pieces that it costs too much to put together."""

    slug = "upload-in-pieces"
    title = "The upload comes in too many pieces"

    def __init__(self, *, most: int) -> None:
        super().__init__(
            f"It came in {most} pieces already, and that is the limit. Begin a new one, and send all that is "
            "left in each request."
        )


class OtherTusVersion(SegueError):
    """The client speaks another version of the protocol, or does not say which."""

    slug = "tus-version"
    title = "Another version of tus"

    def __init__(self) -> None:
        super().__init__(
            f"The header Tus-Resumable has to be {TUS_VERSION}: that is the version of the protocol "
            "(https://tus.io) that is spoken here. `POST /v1/songs` takes a file in one request."
        )


class NoPiece(SegueError):
    """The body of a piece says that it is something else."""

    slug = "not-a-piece"
    title = "Not a piece of an upload"

    def __init__(self) -> None:
        super().__init__(
            f"The Content-Type of a piece has to be {PIECE_TYPE}. Send the file's bytes under that type."
        )
