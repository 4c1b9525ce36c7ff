"""Odd and broken sound files: those of the folder that SEGUE_TEST_CORPUS names, else of `shared/corpus`.

The latter is looked for beside the checkout: the files are no part of it.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "SEGUE_TEST_CORPUS"
BESIDE = Path(__file__).parents[3] / "shared" / "corpus"


def odd_folder() -> Path | None:
    """Return the folder; None where there is none.

    Raises:
        NotADirectoryError: the variable names something else, and tests would be skipped unseen.
    """
    if named := os.environ.get(VARIABLE):
        if not Path(named).is_dir():
            raise NotADirectoryError(
                f"{VARIABLE} names {named}, which is no folder. Correct it, or unset it."
            )
        return Path(named)
    return BESIDE if BESIDE.is_dir() else None


def odd_files() -> list[Path]:
    """Return every file under the folder, in order; none where there is none."""
    folder = odd_folder()
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []


def called(path: Path) -> str:
    """Return what a file is called in a test: names alone are not unique."""
    return f"{path.parent.name}/{path.name}"
