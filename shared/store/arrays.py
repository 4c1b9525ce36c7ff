"""Arrays as bytes: NumPy's `.npz`, written the same for the same arrays and read without pickle."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the arrays as an uncompressed `.npz`; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    _write(buffer, arrays)
    return buffer.getvalue()


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write what `pack_arrays` returns to a file: arrays too large to be held twice."""
    with path.open("wb") as file:
        _write(file, arrays)


def unpack_arrays(data: bytes | BinaryIO) -> Arrays:
    """Read arrays back.

    Raises:
        ValueError: the bytes are no `.npz` of plain arrays.
    """
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _write(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    np.savez(file, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
