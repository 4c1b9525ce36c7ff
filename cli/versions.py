"""Which Segue this is."""

from __future__ import annotations

import importlib.metadata


def version() -> str:
    """Return the version of Segue."""
    return importlib.metadata.version("segue")
