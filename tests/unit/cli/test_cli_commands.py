"""The commands as typed, against a gateway that answers from a table: what is printed, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.unit.cli.answers import (
    AUDIO,
    JOB,
    MIX,
    MIX_DOCUMENT,
    SONG,
    Answers,
    events,
    job_of,
    page,
    problem,
    run,
    song_of,
)

pytestmark = pytest.mark.usefixtures("named_gateway")


def test_lists_show_short_ids_and_json_shows_all(main_job: Answers) -> None:
    main_job.table["GET songs"] = page(song_of())
    row = run("songs", "list", answers=main_job).stdout.splitlines()[1].split()
    assert row[:5] == [SONG[:12], "Night", "-", "3:25", "ready"]
    assert json.loads(run("songs", "list", "--json", answers=main_job).stdout) == [song_of()]


ANALYSIS = {
    "tempo_bpm": 121.96,
    "beat_confidence": 0.97,
    "beats_per_bar": 4,
    "bar_confidence": 0.6,
    "key": "A minor",
    "key_confidence": 0.35,
    "sections_s": [0.0, 23.6],
    "note": None,
    "beats_s": [0.1, 0.6, 1.1, 1.6, 2.1],
    "bars_s": [0.1, 2.1],
}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            ANALYSIS,
            ["122.0 bpm (0.970 sure)", "2 of 4 beats (0.600 sure)", "A minor (0.350", "0 at 0:00, 1 at 0:24"],
        ),
        (
            {**ANALYSIS, "tempo_bpm": None, "note": "it has no onsets"},
            ["none: it has no onsets"],
        ),
    ],
)
def test_an_analysis_is_made_and_shown(found: dict, told: list[str]) -> None:
    answers = Answers(
        {
            "GET songs": page(song_of()),
            f"POST songs/{SONG}/analysis": job_of("queued"),
            f"GET jobs/{JOB}/events": events(job_of("succeeded")),
            f"GET songs/{SONG}/analysis": found,
        }
    )
    result = run("songs", "analysis", SONG[:6], answers=answers)
    assert result.exit_code == 0, result.output
    assert all(line in result.stdout for line in told), result.stdout
    assert json.loads(run("songs", "analysis", SONG, "--json", answers=answers).stdout) == found


NOTHING_KNOWN = {"tempo_bpm": None, "beats_per_bar": None, "downbeat_s": None, "key": None}


def put_in(answers: Answers) -> list[dict]:
    return [json.loads(request.content) for request in answers.asked if request.method == "PUT"]


def test_what_is_known_of_a_song_is_added_to_what_was_said() -> None:
    path, before = f"songs/{SONG}/correction", NOTHING_KNOWN | {"key": "A minor"}
    after = before | {"tempo_bpm": 87.0}
    answers = Answers({"GET songs": page(song_of()), f"GET {path}": before, f"PUT {path}": after})
    result = run("songs", "correct", SONG[:6], "--tempo", 87, answers=answers)
    assert result.exit_code == 0, result.output
    assert put_in(answers) == [after]
    assert "87.0" in result.stdout
    assert "found by listening" in result.stdout


def test_a_correction_is_shown_and_forgotten() -> None:
    path = f"songs/{SONG}/correction"
    answers = Answers(
        {
            f"GET {path}": NOTHING_KNOWN | {"key": "A minor"},
            f"DELETE {path}": lambda _: httpx.Response(204),
            "GET songs": page(song_of()),
        }
    )
    assert "A minor" in run("songs", "correct", SONG, answers=answers).stdout
    assert put_in(answers) == []
    run("songs", "correct", SONG, "--reset", answers=answers)
    assert [request.method for request in answers.asked] == ["GET", "DELETE", "GET"]


def test_an_empty_list_is_said_to_be_empty() -> None:
    answers = Answers({"GET models": page()})
    assert "no models" in run("models", "list", answers=answers).stderr
    assert json.loads(run("models", "list", "--json", answers=answers).stdout) == []


def test_jobs_are_listed_by_state(main_job: Answers) -> None:
    main_job.table["GET jobs"] = page(job_of("failed", problem={"title": "Not audio"}))
    result = run("jobs", "list", "--state", "failed", answers=main_job)
    assert "Not audio" in result.stdout
    assert main_job.asked[-1].url.params["state"] == "failed"


def test_a_thing_is_shown_by_the_beginning_of_its_id(main_job: Answers) -> None:
    main_job.table |= {"GET mixes": page(MIX_DOCUMENT)}
    assert json.loads(run("mixes", "show", MIX[:6], "--json", answers=main_job).stdout) == MIX_DOCUMENT


def test_a_slip_in_one_id_deletes_nothing(main_job: Answers) -> None:
    main_job.table |= {"GET songs": page(song_of()), f"DELETE songs/{SONG}": lambda _: httpx.Response(204)}
    assert run("songs", "delete", SONG[:6], "beefbeef", answers=main_job).exit_code == 1
    assert [request.method for request in main_job.asked if request.method == "DELETE"] == []
    told = run("songs", "delete", SONG[:6], "--json", answers=main_job)
    assert json.loads(told.stdout) == {"deleted": [SONG]}


def test_a_refusal_is_the_gateways_own_sentence() -> None:
    refusal = problem(409, "in-use", "The song is needed by job 0b5d. Wait until it ends.")
    result = run("songs", "delete", SONG, answers=Answers({f"DELETE songs/{SONG}": refusal}))
    assert result.exit_code == 1
    assert result.stderr.strip() == "segue: The song is needed by job 0b5d. Wait until it ends."


def test_a_mix_is_fetched_and_its_name_may_not_lie(main_job: Answers, tmp_path: Path) -> None:
    result = run("mixes", "get", MIX, "-o", tmp_path / "again.mp3", answers=main_job)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "again.mp3").read_bytes() == AUDIO
    assert run("mixes", "get", MIX, "-o", tmp_path / "again.flac", answers=main_job).exit_code == 2


def test_a_job_is_watched_to_its_end(main_job: Answers) -> None:
    main_job.table[f"GET jobs/{JOB}"] = job_of("running")
    result = run("jobs", "watch", JOB, answers=main_job)
    assert result.exit_code == 0
    assert f"mix {MIX[:12]}" in result.stdout


def test_garbage_is_counted_in_a_dry_run() -> None:
    item = {"prefix": "t/local/uploads/1", "reason": "never finished", "objects": 1, "bytes": 4_096_000}
    collected = {"dry_run": True, "removed": 1, "bytes": 4_096_000, "items": [item]}
    answers = Answers({"POST gc": collected})
    result = run("gc", "--dry-run", answers=answers)
    assert answers.asked[-1].url.params["dry_run"] == "true"
    assert "Would remove 1 object, 4.1 MB." in result.stdout
    assert "never finished" in result.stdout


def test_without_a_gateway_there_is_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGUE_URL")
    result = run("songs", "list", "--json")
    assert result.exit_code == 3
    assert "segue up" in result.stderr
    assert json.loads(result.stdout)["problem"]["type"] == "urn:segue:problem:no-gateway"


def test_a_full_disk_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, main_job: Answers) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "mix.mp3")

    monkeypatch.setattr(Path, "replace", fail)
    result = run("mixes", "get", MIX, answers=main_job)
    assert result.exit_code == 1
    assert "No space left on device: mix.mp3" in result.stderr


def test_every_command_has_help_and_the_exit_codes_are_told() -> None:
    assert "130 cancelled" in run("--help").stdout.replace("\n", " ").replace("  ", " ")
    for name in (
        "up",
        "mix",
        "evaluate",
        "leaderboard",
        "demo",
        "gc",
        "doctor",
        "version",
        "songs",
        "cuts",
        "pools",
        "models",
        "reports",
        "mixes",
        "jobs",
    ):
        assert run(name, "--help").exit_code == 0


def test_version() -> None:
    assert set(json.loads(run("version", "--json").stdout)) == {"segue", "python"}
    assert run("--version").stdout == f"segue {json.loads(run('version', '--json').stdout)['segue']}\n"
