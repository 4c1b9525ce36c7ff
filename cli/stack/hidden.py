"""Folders that the local object store hides after its disk was full: they are there, and no list shows them.

While its disk is full, SeaweedFS can keep an object and fail to keep the folder that it is in, and calls that
a success. Whoever knows the key gets the object; lists, and with them a backup, pass it by. Its log names
each such folder, and the next object that is written into one makes it anew.
"""

from __future__ import annotations

import posixpath
import re

__all__ = ["folders_in"]

_TOLD = re.compile(rb"create parent directories of /buckets/[^/\s]+/(\S+): mkdir ")


def folders_in(log: bytes) -> set[str]:
    """Return the prefixes, each ending in a slash, of folders that a store tells that it could not make."""
    keys = (found.decode(errors="replace") for found in _TOLD.findall(log))
    return {f"{posixpath.dirname(key)}/" for key in keys}
