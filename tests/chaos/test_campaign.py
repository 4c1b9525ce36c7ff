"""A small siege, as the long ones are: every kind of fault once, under real jobs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.campaign import campaign, possible_kinds
from tests.chaos.schedule import faults

pytestmark = [pytest.mark.chaos, pytest.mark.alone, pytest.mark.timeout(900)]

SEED, JOBS = 3, 6
LONGEST_S = 8.0
"""Faults last shorter than in a long siege: every kind has its turn within minutes."""


def test_nothing_is_lost_doubled_or_half_there_whatever_breaks(tmp_path: Path) -> None:
    kinds = possible_kinds(tmp_path)
    planned = [
        replace(fault, lasts_s=min(fault.lasts_s, LONGEST_S)) for fault in faults(SEED, len(kinds), kinds)
    ]
    report = campaign(tmp_path / "siege", planned, seed=SEED, jobs=JOBS)
    assert report.breaches == []
    assert report.gave_up == []
    assert report.faults == dict.fromkeys(map(str, kinds), 1)
    assert report.jobs >= JOBS
    assert sum(report.states.values()) == report.jobs
    assert report.compared > 0
    assert report.looks > 0
