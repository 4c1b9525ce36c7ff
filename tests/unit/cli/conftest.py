"""A gateway that a command finds named in its environment, and the answers of a whole main job."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.answers import Answers, main_job_answers


@pytest.fixture
def named_gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEGUE_URL", "http://gateway.test")
    monkeypatch.setenv("SEGUE_DATA", str(tmp_path / "data"))


@pytest.fixture
def main_job() -> Answers:
    return main_job_answers()
