"""`tools/pretrain.py` measures songs side by side, in the order of their paths."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE_HZ = 22_050
TOOLS = Path(__file__).parents[3] / "tools"


@pytest.fixture(scope="module")
def pretrain():
    sys.path.insert(0, str(TOOLS))  # Spawned children are told this path, and find the script by it.
    yield importlib.import_module("pretrain")
    sys.path.remove(str(TOOLS))


def write_noise(path: Path, *, seconds: float, seed: int) -> None:
    noise = 0.1 * np.random.default_rng(seed).standard_normal((round(seconds * RATE_HZ), 2))
    soundfile.write(path, noise, RATE_HZ)


def test_files_come_in_the_order_of_their_paths_with_the_reason_where_they_are_no_song(pretrain, tmp_path):
    write_noise(tmp_path / "a.wav", seconds=24, seed=1)  # The longest is first: done last.
    (tmp_path / "b.txt").write_text("no sound")
    write_noise(tmp_path / "c.wav", seconds=3, seed=2)
    write_noise(tmp_path / "d.wav", seconds=12, seed=3)
    files = pretrain.files_in([tmp_path])
    measured = list(pretrain.measure_all(files, jobs=2))
    assert [each.path.name for each in measured] == ["a.wav", "b.txt", "c.wav", "d.wav"]
    assert [each.song and len(each.song.edges) for each in measured] == [6, None, None, 3]
    assert [bool(each.reason) for each in measured] == [False, True, True, False]


def test_what_is_no_folder_is_refused(pretrain, tmp_path):
    with pytest.raises(SystemExit, match="no folder"):
        pretrain.files_in([tmp_path / "absent"])
