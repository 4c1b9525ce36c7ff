"""Looks into pools and votes as typed, and what lists say of records that cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.cli.answers import JOB, MIX, SONG, WHEN, Answers, events, job_of, page, run

pytestmark = pytest.mark.usefixtures("named_gateway")
OTHER, VOTE = "d" * 64, "5f2b6a0e4d1c4c2f9b7e8a3d6c1f0e2b"
CAST = {"id": VOTE, "a": MIX, "b": OTHER, "choice": "a", "approaches": ["segue", "linear"], "cast_at": WHEN}
ROW = {"approach": "segue", "model": "f" * 64, "won": 7, "lost": 2, "tied": 1, "share": 0.75}
CANDIDATE = {
    "song": SONG,
    "title": "Night",
    "chunk": 7,
    "start_s": 28.0,
    "duration_s": 4.0,
    "before": 0.625,
    "after": None,
    "breaks": ["at most 4 in a row"],
}


def words(line: str) -> list[str]:
    return line.split()


@pytest.mark.parametrize(("tie", "choice"), [([], "a"), (["--tie"], "tie")])
def test_a_vote_is_for_the_mix_that_is_named_first(tie: list[str], choice: str) -> None:
    answers = Answers({"GET mixes": page({"id": MIX}, {"id": OTHER}), "POST votes": CAST})
    result = run("mixes", "vote", MIX[:8], OTHER[:8], *tie, answers=answers)
    assert result.exit_code == 0, result.output
    assert answers.bodies("votes") == [{"a": MIX, "b": OTHER, "choice": choice}]
    assert result.stdout.startswith(f"{MIX[:12]} is {'as good as' if tie else 'better than'} {OTHER[:12]}")


def test_votes_are_listed_counted_and_taken_back() -> None:
    answers = Answers(
        {
            "GET votes": page(CAST),
            "GET tally": {"rows": [ROW]},
            f"DELETE votes/{VOTE}": {},
        }
    )
    listed = words(run("votes", "list", answers=answers).stdout.splitlines()[1])
    assert listed[:7] == [VOTE[:12], MIX[:12], "segue", OTHER[:12], "linear", "the", "first"]
    counted = words(run("votes", "tally", answers=answers).stdout.splitlines()[1])
    assert counted == ["segue", "7", "2", "1", "75", "%", "f" * 12]
    assert run("votes", "delete", VOTE[:6], answers=answers).exit_code == 0
    assert answers.asked[-1].method == "DELETE"
    answers.table["GET tally"] = {"rows": []}
    assert "segue mixes vote" in run("votes", "tally", answers=answers).stderr


def look(kind: str, found: dict[str, Any]) -> Answers:
    return Answers(
        {
            f"POST mixes/{MIX}/{kind}": job_of("queued"),
            f"GET jobs/{JOB}/events": events(job_of("succeeded")),
            f"GET mixes/{MIX}/{kind}": found,
        }
    )


def test_candidates_are_told_with_the_edit_that_takes_one() -> None:
    answers = look("chunks/3/candidates", {"position": 3, "candidates": [CANDIDATE]})
    lines = run("mixes", "candidates", MIX, "3", answers=answers).stdout.splitlines()
    name = f"{SONG[:12]}:7"
    assert words(lines[1])[:7] == [name, "Night", "0:28", "4.0", "s", "0.625", "-"]
    assert lines[1].endswith("at most 4 in a row")
    assert lines[2] == f"Take one with: segue mixes revise {MIX[:12]} --swap 3={name}"
    none = look("chunks/3/candidates", {"position": 3, "candidates": []})
    assert "Nothing else" in run("mixes", "candidates", MIX, "3", answers=none).stderr


def test_a_map_is_told_by_song() -> None:
    found = {
        "approach": "segue",
        "songs": [{"id": SONG, "title": "Night"}, {"id": OTHER, "title": "Day"}],
        "points": [{"x": 0.2, "y": -0.5, "song": 0}, {"x": 0.4, "y": 0.0, "song": 0}],
        "path": [1],
    }
    lines = run("mixes", "map", MIX, answers=look("map", found)).stdout.splitlines()
    assert words(lines[1]) == [SONG[:12], "Night", "2", "1", "+0.30,", "-0.25"]
    assert words(lines[2]) == [OTHER[:12], "Day", "0", "0", "-"]


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_list_says_which_record_it_leaves_out(more: list[str]) -> None:
    damaged = f"t/local/votes/{'0' * 32}.json"
    answers = Answers({"GET votes": page(CAST) | {"unreadable": [damaged]}})
    result = run("votes", "list", *more, answers=answers)
    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if line.startswith(damaged)]
    assert damaged not in result.stdout
    assert not more or json.loads(result.stdout) == [CAST]
