"""Every block of the tutorials does what it says: run as it stands, in order, in the folder described."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.stack.stack import Stack
from tests.support.listening import decode_mono

pytestmark = pytest.mark.e2e

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
STANDS_FOR = {"make demo": "the songs that it leaves", ".venv/bin/segue up": "the product that runs"}
"""Blocks that fixtures stand for; what they do has tests of its own."""
USUAL = "http://127.0.0.1:8000"
TIMEOUT_S = 280
BLOCK = "---- next block"


def blocks_of(page: str) -> list[tuple[str, str]]:
    """Return the blocks of a tutorial that are to be run, with their languages."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", (TUTORIALS / page).read_text(), re.MULTILINE | re.DOTALL)
    assert {language for language, _ in found} <= {"sh", "python"}
    return [(language, text) for language, text in found if text.strip() not in STANDS_FOR]


@pytest.fixture(scope="module")
def folder(demo_songs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone's folder as `make demo` leaves it: commands in .venv, songs in out."""
    root = tmp_path_factory.mktemp("clone")
    (root / "out").mkdir()
    shutil.copytree(demo_songs[0].parent, root / "out" / "songs")
    commands = root / ".venv" / "bin"
    commands.mkdir(parents=True)
    (commands / "activate").write_text(f'PATH="{commands}:$PATH"\n')
    segue = commands / "segue"
    segue.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from cli.main import main; main()" "$@"\n')
    segue.chmod(segue.stat().st_mode | stat.S_IXUSR)
    return root


def run(folder: Path, product: Stack, page: str) -> str:
    """Run a tutorial's blocks in one shell, as one does who copies them; return what they say."""
    script = ["set -eu", ". .venv/bin/activate"]
    for number, (language, text) in enumerate(blocks_of(page)):
        text = text.replace(USUAL, product.url)
        if language == "python":
            (folder / f"block{number}.py").write_text(text)
            text = f'"{sys.executable}" block{number}.py'
        script += [f"echo '{BLOCK}'", text]
    done = subprocess.run(
        ["sh", "-c", "\n".join(script)],
        cwd=folder,
        env={**os.environ, "SEGUE_URL": product.url},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_mix_is_made_looked_into_changed_and_made_by_a_program(
    folder: Path, product: Stack
) -> None:
    said = run(folder, product, "first-mix.md")
    for name in ("first.mp3", "second.mp3", "third.mp3"):
        samples, rate_hz = decode_mono((folder / name).read_bytes())
        assert len(samples) > 5 * rate_hz
    assert (folder / "first.mp3").read_bytes() != (folder / "second.mp3").read_bytes()
    assert {path.suffix for path in (folder / "first").iterdir()} == {".jpg", ".cue", ".svg"}
    assert "third.mp3, from mix" in said


def test_approaches_are_fitted_asked_and_ranked(folder: Path, product: Stack) -> None:
    said = run(folder, product, "compare-approaches.md")
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    board = said.split(BLOCK)[-1]
    assert all(name in board for name in ("segue", "linear", "spectral", "random")), board
    samples, rate_hz = decode_mono((folder / "linear.mp3").read_bytes())
    assert len(samples) > 5 * rate_hz
