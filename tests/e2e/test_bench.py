"""The benchmarks, at sizes where only agreement means something: times are never tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import SECTIONS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("section", SECTIONS)
def test_segue_agrees_with_its_peers(section: str, tmp_path: Path) -> None:
    told = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--smoke", "--only", section, "--output", str(told)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    rows = json.loads(told.read_text())["rows"]
    assert rows
    assert all(row["name"].startswith(f"{section}: ") for row in rows)
    assert all(row["segue_s"] > 0 for row in rows)
    assert any(row["agrees"] for row in rows)
