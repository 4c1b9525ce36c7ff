"""Times of recovery, read from what a campaign and the services told."""

from __future__ import annotations

from tests.chaos.journal import Event
from tests.chaos.recovery import Recovery, recoveries, summary

CUT, MIX = f"local/cuts/{'1' * 64}", f"local/mixes/{'2' * 64}"


def healed(number: int, kind: str, began_s: float, at_s: float, target: str = "") -> Event:
    return Event(at_s, "healed", {"number": number, "kind": kind, "began_s": began_s, "target": target})


def told(at_s: float, what: str, artifact: str) -> Event:
    return Event(at_s, what, {"artifact": artifact})


def test_a_killed_task_is_felt_until_it_is_begun_again() -> None:
    journal = [healed(0, "kill_worker", 10, 10, "chunker")]
    logs = [told(8, "task_started", CUT), told(9, "task_started", MIX), told(25, "task_started", CUT)]
    assert recoveries(journal, logs) == [Recovery(0, "kill_worker", 15)]


def test_what_had_ended_or_is_another_queues_is_not_felt() -> None:
    logs = [told(8, "task_started", CUT), told(9, "artifact_committed", CUT), told(25, "task_started", CUT)]
    assert recoveries([healed(0, "kill_worker", 10, 10, "chunker")], logs) == []
    assert recoveries([healed(0, "kill_worker", 8.5, 8.5, "trainer")], logs) == []


def test_a_server_is_felt_from_its_return_until_anything_goes_on() -> None:
    assert recoveries([healed(0, "reset", 10, 14)], [told(12, "task_started", CUT)]) == []
    assert recoveries([healed(0, "reset", 10, 14)], [told(15, "task_started", CUT)]) == [
        Recovery(0, "reset", 1)
    ]


def test_while_other_faults_keep_servers_away_is_told_apart() -> None:
    journal = [
        healed(0, "kill_worker", 10, 10, "chunker"),
        healed(1, "black_hole", 12, 20),
        healed(2, "kill_gateway", 21, 21),
        healed(3, "delay", 28, 40),
    ]
    logs = [told(8, "task_started", CUT), told(30, "task_started", CUT)]
    first, hole, *_ = recoveries(journal, logs)
    assert (first, first.net_s) == (Recovery(0, "kill_worker", 20, 8 + 2), 10)
    assert (hole.seconds, hole.outages_s) == (10, 2)


def test_a_summary_tells_times_with_and_without_outages() -> None:
    found = [Recovery(0, "reset", 1), Recovery(1, "reset", 3, 1), Recovery(2, "delay", 8, 8)]
    assert summary(found)["reset"] == {
        "times": 2,
        "p50_s": 2.0,
        "p95_s": 2.9,
        "max_s": 3.0,
        "net_p50_s": 1.5,
        "net_p95_s": 1.9,
        "net_max_s": 2.0,
    }
    assert (summary(found)["all"]["times"], summary(found)["delay"]["net_max_s"]) == (3, 0.0)
