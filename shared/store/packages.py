"""What comes with a mix under names that several services know: its package, and snippets of its seams."""

from __future__ import annotations

from pydantic import Field

from shared.store.keys import Kind
from shared.store.manifests import Document

PACKAGE_FILE = "package.json"


def snippet_file(position: int) -> str:
    """Return the payload name of the snippet of a seam, by the position of the chunk that it begins."""
    return f"seam-{position:04d}.mp3"


class PackagedFile(Document):
    """One file of a package."""

    name: str = Field(description="In the package; folders are set off by slashes.")
    kind: Kind | None = Field(None, description="Of the artifact that it comes from; null: the mix itself.")
    key: str | None = Field(None, description="Of that artifact.")
    payload: str


class Package(Document):
    """All files of a package, in their order."""

    files: list[PackagedFile]
