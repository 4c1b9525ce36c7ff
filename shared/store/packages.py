"""What a mix's package holds: payloads of several artifacts under names of their own."""

from __future__ import annotations

from pydantic import Field

from shared.store.keys import Kind
from shared.store.manifests import Document

PACKAGE_FILE = "package.json"


class PackagedFile(Document):
    """One file of a package."""

    name: str = Field(description="In the package; folders are set off by slashes.")
    kind: Kind | None = Field(None, description="Of the artifact that it comes from; null: the mix itself.")
    key: str | None = Field(None, description="Of that artifact.")
    payload: str


class Package(Document):
    """All files of a package, in their order."""

    files: list[PackagedFile]
