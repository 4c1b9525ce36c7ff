"""Models that are shipped, so that a mix of unknown songs needs no training. See MODEL_CARD.md beside this.

Each is a file of weights, the JSON record that goes with it, and the fingerprints of the songs it has learned
from, by which an evaluation leaves these out. `tools/pretrain.py` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from shared.errors import BadSetting
from shared.learning.weights import Record

PRETRAINED = ("segue", "linear")
"""The approaches that are shipped fitted; the first is the best of them."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Pretrained:
    """A shipped model.

    Attributes:
        record: what its weights are.
        weights: their bytes, as `shared.learning.weights.unpack` reads them.
        learned: bytes of an `.npz`: the songs it has learned from, with their fingerprints.
    """

    record: Record
    weights: bytes
    learned: bytes


@lru_cache(maxsize=len(PRETRAINED))
def load_pretrained(name: str) -> Pretrained:
    """Return a shipped model.

    Raises:
        BadSetting: none of this name is shipped.
    """
    if name not in PRETRAINED:
        raise BadSetting(
            f"No model of {name!r} is shipped. Choose one of: {', '.join(PRETRAINED)}; or fit one."
        )
    record, weights, learned = (path.read_bytes() for path in _files(_FOLDER, name))
    return Pretrained(Record.model_validate_json(record), weights, learned)


def write_pretrained(folder: Path, name: str, record: Record, weights: bytes, learned: bytes) -> None:
    """Write a model to be shipped."""
    parts = (record.model_dump_json(indent=1).encode() + b"\n", weights, learned)
    for path, data in zip(_files(folder, name), parts, strict=True):
        path.write_bytes(data)


def _files(folder: Path, name: str) -> tuple[Path, Path, Path]:
    return folder / f"{name}.json", folder / f"{name}.npz", folder / f"{name}.learned.npz"
