"""Folders that the local object store hides after its disk was full: they are there, and no list shows them.

While its disk is full, SeaweedFS can keep an object and fail to keep the folder that it is in, and calls that
a success. Whoever knows the key gets the object; lists, and with them a backup, pass it by. Its log names
each such folder, and the next object that is written into one makes it anew.
"""

from __future__ import annotations

import posixpath
import re
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # With it comes minio, which few commands need.
    from shared.store.objects import ObjectStore

__all__ = ["folders_in", "show_again"]

_TOLD = re.compile(rb"create parent directories of /buckets/[^/\s]+/(\S+): mkdir ")


def folders_in(log: bytes) -> set[str]:
    """Return the prefixes, each ending in a slash, of folders that a store tells that it could not make."""
    keys = (found.decode(errors="replace") for found in _TOLD.findall(log))
    return {f"{posixpath.dirname(key)}/" for key in keys}


def show_again(store: ObjectStore, folders: Iterable[str]) -> None:
    """Have folders listed again, whatever is in them.

    Raises:
        StoreUnavailable: not all are; it can be done again.
    """
    for folder in sorted(folders):
        key = f"{folder}{uuid.uuid4().hex}"
        store.put(key, b"")
        store.delete(key)
