"""The notebook of the documents, cell by cell, against the whole product."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cli.stack.stack import Stack

pytestmark = pytest.mark.e2e

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "first_mix.ipynb"
LARGEST_BYTES = 200_000
"""With its outputs: whoever clones Segue gets them."""


def test_a_mix_is_made_and_its_transitions_are_drawn(
    product: Stack, demo_songs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUE_URL", product.url)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "songs").mkdir()
    for song in demo_songs:
        shutil.copy(song, tmp_path / "songs")
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    known: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), known)
    mix, figure = known["mix"], known["figure"]
    assert mix["chunks"] == 16  # type: ignore[index]
    assert (tmp_path / "mix.mp3").read_bytes()
    assert len(figure.axes) == 2  # type: ignore[attr-defined]
    assert "render" in known["seen"]  # type: ignore[operator]  # Others may be over before they are told.


def test_the_notebook_shows_what_came_and_stays_small() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    drawn = [
        output
        for cell in cells
        if cell["cell_type"] == "code"
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    ]
    assert len(drawn) == 2
    assert NOTEBOOK.stat().st_size < LARGEST_BYTES
