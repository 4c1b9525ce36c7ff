"""Fitted weights as they are stored: plain arrays beside a JSON record of what they are.

The networks themselves are built in code and get their arrays by name. Nothing here is ever unpickled,
and a record's SHA-256 is checked before the arrays are read.
"""

from __future__ import annotations

import hashlib
import zipfile
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.errors import Corrupt
from shared.learning.approaches.base import Approach, Scorer, Settings
from shared.store.arrays import Arrays, pack_arrays, unpack_arrays

RECORD_VERSION = 1
_PACKAGES = ("segue", "numpy", "keras", "tensorflow", "tensorflow-cpu")


class Record(BaseModel):
    """What a file of weights holds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    record_version: int = RECORD_VERSION
    approach: str
    settings: dict[str, Any]
    shapes: dict[str, list[int]]
    dtypes: dict[str, str]
    versions: dict[str, str]
    sha256: str


def pack(arrays: Arrays) -> bytes:
    """Return weights as bytes: equal arrays give equal bytes."""
    return pack_arrays(arrays)


def unpack(data: bytes, *, sha256: str | None = None) -> Arrays:
    """Read weights back.

    Args:
        data: what `pack` returned.
        sha256: of the data, as its record has it; None: not checked.

    Raises:
        Corrupt: the bytes are not those of the record, or no arrays.
    """
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise Corrupt(what="weights", found=f"SHA-256 {found}", needed=sha256)
    try:
        return unpack_arrays(data)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise Corrupt(what="weights", found=str(error), needed="an .npz of plain arrays") from error


def describe(approach: Approach[Any], settings: Settings, arrays: Arrays, data: bytes) -> Record:
    """Return the record of packed weights."""
    return Record(
        approach=approach.name,
        settings=settings.model_dump(mode="json"),
        shapes={name: list(array.shape) for name, array in sorted(arrays.items())},
        dtypes={name: str(array.dtype) for name, array in sorted(arrays.items())},
        versions=_versions(),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def load_scorer(approach: Approach[Any], settings: dict[str, Any], data: bytes, *, sha256: str) -> Scorer:
    """Return the scorer of stored weights.

    Raises:
        Corrupt: the bytes are not those of the record.
        BadSetting: the settings are not of this approach.
    """
    return approach.scorer(approach.resolve(settings), unpack(data, sha256=sha256))


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
