"""A small load, as the large one is: everything at once, beside reads of an idle gateway in the same run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.gateway.access.quotas import REQUESTS_PER_MINUTE
from tests.load.run import load_stack
from tests.load.sizes import SMALL
from tests.load.telling import Report

pytestmark = [pytest.mark.load, pytest.mark.alone, pytest.mark.timeout(1200)]

PLACES = {"SEGUE_MOST_UPLOADS": "8", "SEGUE_MOST_REQUESTS": "80"}
"""Fewer than the load asks for, so that some of it is refused."""
MOST_GROWTH_MIB = 200.0
"""Four uploads hold a part of 16 MiB each, and some copies of it."""
MOST_THREADS, MOST_TO_VALKEY = 100, 60
FEW_TASKS = 30
"""Some seven in a quiet run; without turns all of the busy tenant's would come first, twice as many."""
FASTER_THAN_QUOTA_PER_S = SMALL.flood / ((SMALL.flood - REQUESTS_PER_MINUTE) / (REQUESTS_PER_MINUTE / 60))
"""Sent more slowly, the flood stays within a minute's worth of requests and what is added to it meanwhile."""
INTERACTIVE_MS = 5000.0
"""Five times what a read may take at worst."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PLACES.items():
            patch.setenv(name, value)
        folder: Path = tmp_path_factory.mktemp("load")
        yield load_stack(folder / "run", SMALL)


def test_nothing_is_lost_and_nothing_is_answered_that_is_not_promised(report: Report) -> None:
    assert report.breaches == []
    assert report.states == {"succeeded": SMALL.jobs}


def test_uploads_beyond_the_places_are_refused_and_come_in_when_they_obey(report: Report) -> None:
    assert report.refused.get("503", 0) > 0
    assert report.uploads["count"] == SMALL.uploads
    assert report.uploads["different"] == SMALL.uploads // 2


def test_every_listener_hears_of_the_end_once(report: Report) -> None:
    vanished = SMALL.listeners // SMALL.vanish_every
    assert report.listeners["to_the_end"] >= SMALL.listeners - vanished
    assert report.listeners["to_the_end"] + report.listeners["vanished"] == SMALL.listeners


def test_reads_stay_interactive(report: Report) -> None:
    busy = report.reads["busy"]["all"]
    assert busy["count"] > 0
    assert busy["p99_ms"] <= max(INTERACTIVE_MS, 20 * report.reads["idle"]["all"]["p99_ms"])


def test_the_gateway_holds_no_more_than_its_places_take(report: Report) -> None:
    idle, busy = report.held["idle"]["gateway"], report.held["busy"]["gateway"]
    assert busy["rss_mib"] - idle["rss_mib"] <= MOST_GROWTH_MIB
    assert busy["threads"] <= MOST_THREADS
    assert busy["to_valkey"] <= MOST_TO_VALKEY


def test_another_tenants_job_waits_for_a_few_tasks(report: Report) -> None:
    assert report.fairness["turns"] > 0
    assert report.fairness["most_tasks_before_it"] <= FEW_TASKS


def test_a_flood_is_refused_and_harms_nobody(report: Report) -> None:
    keyed, operator = (report.floods[name]["answers"] for name in ("keyed", "operator"))
    assert isinstance(keyed, dict)
    assert isinstance(operator, dict)
    assert operator["503"] > 0
    assert set(keyed) | set(operator) <= {"200", "429", "503"}
    if float(str(report.floods["keyed"]["per_s"])) > FASTER_THAN_QUOTA_PER_S:
        assert keyed["429"] > 0
