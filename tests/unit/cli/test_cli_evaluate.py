"""`segue evaluate` and `segue leaderboard` as typed, and what they print, send and write."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.unit.cli.answers import JOB, SONG, WHEN, Answers, events, job_of, page, problem, run, song_of

pytestmark = pytest.mark.usefixtures("named_gateway")

MODEL, REPORT, POOL = "fd61" * 16, "7d86" * 16, "b5bb" * 16
OTHER_SONG = "b" * 64


def ranks_of(mrr: float) -> dict:
    names = ("mrr", "r_at_1", "r_at_5", "r_at_10", "median_rank", "in_song_r_at_1")
    figures = dict.fromkeys(names, mrr)
    return {**figures, "intervals": {name: {"low": mrr - 0.05, "high": mrr + 0.05} for name in names}}


def approach_of(mrr: float, gain: float | None) -> dict:
    estimate = {"value": mrr, "low": mrr - 0.1, "high": mrr + 0.1}
    at_gap = {
        "strict": ranks_of(mrr - 0.01),
        "auc": {"random_song": estimate, "same_song": None, "reversed_pair": estimate, "level_matched": None},
        "puzzles": {"3": {"exact": estimate}, "5": None, "8": None},
    }
    return {
        **ranks_of(mrr),
        "headline": ranks_of(mrr),
        "vs_linear": None if gain is None else {"mrr_gain": gain, "low": gain - 0.02, "high": gain + 0.02},
        "gap_mrr": {"0.02": mrr + 0.2, "0.1": mrr},
        "gap_intervals": {gap: {"low": mrr, "high": mrr} for gap in ("0.02", "0.1")},
        "by_gap": {"0.02": at_gap, "0.1": at_gap},
    }


EVALUATION = {
    "version": 1,
    "protocol": {"headline_gap_s": 0.1, "gaps_s": [0.02, 0.1]},
    "pool": {
        "songs": 2,
        "chunks": 94,
        "chunks_per_song": 47,
        "transitions": 92,
        "chance_mrr": 0.054,
        "left_out": [{"song": SONG, "title": "Night", "reason": "A model has learned from it."}],
        "resampled": "transitions",
        "digest": POOL,
    },
    "approaches": {"linear": approach_of(0.4, None), "binary": approach_of(0.5, 0.1)},
}


@pytest.fixture
def judging() -> Answers:
    """A gateway that judges a model."""
    done = job_of("succeeded", goal="report", mix=None, report=REPORT)
    songs = iter([SONG, OTHER_SONG])
    return Answers(
        {
            "GET models": page({"id": MODEL}),
            "POST songs": lambda request: song_of(next(songs)),
            f"POST models/{MODEL}/report": job_of("queued", report=None),
            f"GET jobs/{JOB}/events": events(job_of("running", report=None), done),
            f"GET reports/{REPORT}": EVALUATION,
            f"GET reports/{REPORT}/page": lambda request: httpx.Response(200, text="<!doctype html>"),
            f"DELETE jobs/{JOB}": job_of("cancelled", report=None),
        }
    )


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("day.mp3", "night.mp3"):
        (folder / name).write_bytes(b"bytes")
    return folder


def test_songs_are_uploaded_and_a_report_is_asked_for_as_the_options_say(
    judging: Answers, music: Path
) -> None:
    options = ["--cut", "equal:4", "--chunks-per-song", 20, "--seed", 3]
    result = run("evaluate", "--model", MODEL[:6], "--songs", music, *options, answers=judging)
    assert result.exit_code == 0, result.output
    (asked,) = judging.bodies(f"models/{MODEL}/report")
    assert asked["songs"] == [SONG, OTHER_SONG]
    assert (asked["cut"]["method"], asked["cut"]["chunk_s"]) == ("equal", 4.0)
    assert asked["protocol"] == {"chunks_per_song": 20, "seed": 3}


@pytest.mark.parametrize(("given", "approach"), [("pretrained", "segue"), ("pretrained:linear", "linear")])
def test_a_model_that_comes_with_segue_goes_by_its_name(
    judging: Answers, music: Path, given: str, approach: str
) -> None:
    judging.table["POST models/pretrained"] = {"id": MODEL}
    result = run("evaluate", "--model", given, "--songs", music, answers=judging)
    assert result.exit_code == 0, result.output
    assert judging.bodies("models/pretrained") == [{"approach": approach}]
    assert len(judging.bodies(f"models/{MODEL}/report")) == 1


def test_without_songs_the_held_out_ones_are_asked_about(judging: Answers) -> None:
    run("evaluate", "--model", MODEL, answers=judging)
    assert judging.bodies(f"models/{MODEL}/report") == [{"protocol": {"seed": 0}}]
    run("evaluate", "--model", MODEL, "--chunks-per-song", "auto", answers=judging)
    assert judging.bodies(f"models/{MODEL}/report")[1] == {"protocol": {"chunks_per_song": None, "seed": 0}}


def test_all_approaches_are_shown_best_first_with_figures_and_intervals(judging: Answers) -> None:
    result = run("evaluate", "--model", MODEL, answers=judging)
    lines = [line.split() for line in result.stdout.splitlines() if line]
    ranks = [line for line in lines if line[0] in ("binary", "linear")]
    assert [line[0] for line in ranks] == ["binary", "linear"] * 5
    assert "0.500 (0.45 to 0.55)" in result.stdout
    assert "+0.100 (+0.08 to +0.12)" in result.stdout
    assert "0.700" in result.stdout, "the figure at the cut"
    for said in ("94 chunks of 2 songs", REPORT[:12], POOL[:12], "another song", "3 chunks"):
        assert said in result.stdout
    assert "left out Night: A model has learned from it." in result.stderr
    assert "too narrow" in result.stderr


def test_json_is_the_report_itself_and_nothing_else_on_standard_output(judging: Answers, music: Path) -> None:
    result = run("evaluate", "--model", MODEL, "--songs", music, "--json", answers=judging)
    told = json.loads(result.stdout)
    assert told == EVALUATION
    assert {"pool", "approaches"} <= set(told)


def test_the_page_is_written_to_a_file(judging: Answers, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    result = run("evaluate", "--model", MODEL, "-o", target, answers=judging)
    assert result.exit_code == 0, result.output
    assert target.read_text() == "<!doctype html>"
    assert str(target) in result.stdout.replace("\n", "")


def test_a_model_that_is_not_there_is_told_before_anything_is_uploaded(judging: Answers, music: Path) -> None:
    result = run("evaluate", "--model", "beefbeef", "--songs", music, answers=judging)
    assert result.exit_code == 1
    assert "no model 'beefbeef'" in result.stderr
    assert [one for one in judging.asked if one.method == "POST"] == []


def test_too_few_songs_are_the_gateways_own_sentence(judging: Answers, music: Path) -> None:
    refusal = problem(422, "too-few-songs", "Judging needs at least 2 songs; there are 1. Add songs.")
    judging.table[f"POST models/{MODEL}/report"] = refusal
    result = run("evaluate", "--model", MODEL, "--songs", music / "day.mp3", "--json", answers=judging)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problem"]["type"].endswith("too-few-songs")


def test_ctrl_c_cancels_the_job(judging: Answers) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    judging.table[f"GET jobs/{JOB}/events"] = interrupt
    assert run("evaluate", "--model", MODEL, answers=judging).exit_code == 130
    assert judging.asked[-1].method == "DELETE"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--model", MODEL, "--chunks-per-song", "3"],
        ["--model", MODEL, "--chunks-per-song", "many"],
        ["--model", MODEL, "--cut", "equal:4"],
        ["--model", MODEL, "--songs", "nonesuch"],
        ["--model", MODEL, "--seed", "-1"],
        ["--model", MODEL, "-o", "nonesuch/report.html"],
        ["--model", "fd6"],
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(options: list[str]) -> None:
    answers = Answers({})
    result = run("evaluate", *options, answers=answers)
    assert result.exit_code == 2, result.output
    assert answers.asked == []


ROW = {
    "place": 1,
    "approach": "binary",
    "models": [MODEL],
    "mrr": {"value": 0.5, "low": 0.45, "high": 0.55},
    "vs_linear": {"mrr_gain": 0.1, "low": 0.08, "high": 0.12},
    "beats_linear": True,
    "r_at_1": 0.3,
    "r_at_10": 0.7,
    "in_song_r_at_1": 0.6,
}
BOARD = {
    "pool": POOL,
    "songs": 2,
    "chunks": 94,
    "headline_gap_s": 0.1,
    "rows": [ROW, {**ROW, "place": 2, "approach": "linear", "vs_linear": None, "models": [MODEL, REPORT]}],
    "votes": [{"approach": "segue", "model": None, "won": 7, "lost": 2, "tied": 1, "share": 0.75}],
}


def test_the_leaderboard_is_ranked_and_of_the_pool_that_is_named() -> None:
    answers = Answers({"GET leaderboard": BOARD})
    result = run("leaderboard", "--pool", POOL[:6], answers=answers)
    assert answers.asked[-1].url.params["pool"] == POOL[:6]
    rows = [line.split()[:2] for line in result.stdout.splitlines()[1:3]]
    assert rows == [["1", "binary"], ["2", "linear"]]
    assert "beside 2 models" in result.stdout
    assert result.stdout.splitlines()[-1].split() == ["segue", "7", "2", "1", "75", "%", "-"]
    assert MODEL[:12] in result.stdout
    answers.table["GET leaderboard"] = BOARD | {"votes": []}
    assert "liked" not in run("leaderboard", answers=answers).stdout
    answers.table["GET leaderboard"] = BOARD
    assert json.loads(run("leaderboard", "--json", answers=answers).stdout) == BOARD
    assert "pool" not in answers.asked[-1].url.params


def test_reports_are_listed_and_shown() -> None:
    listed = {"id": REPORT, "model": MODEL, "approach": "binary", "songs": 2, "chunks": 94, "pool": POOL}
    figures = {"binary": {"mrr": {"value": 0.5}}}
    answers = Answers(
        {
            "GET reports": page({**listed, "figures": figures, "created_at": WHEN}),
            f"GET reports/{REPORT}": EVALUATION,
            f"GET models/{MODEL}/report": EVALUATION,
        }
    )
    row = run("reports", "list", answers=answers).stdout.splitlines()[1].split()
    assert row[:4] == [REPORT[:12], MODEL[:12], "binary", "0.500"]
    for command in (("reports", "show", REPORT[:6]), ("models", "report", MODEL)):
        assert "0.500 (0.45 to 0.55)" in run(*command, answers=answers).stdout
        assert json.loads(run(*command, "--json", answers=answers).stdout) == EVALUATION


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Give --model"),
        (["--seams"], "judged on --songs"),
        (["--seams", "--songs", "FOLDER", "--model", "pretrained"], "name no --model"),
        (["--seams", "--songs", "FOLDER", "--cuts", "silence,beets"], "beets cannot be used"),
    ],
)
def test_seams_are_judged_in_place_of_a_model(
    tmp_path: Path, judging: Answers, options: list[str], said: str
) -> None:
    given = [str(tmp_path) if option == "FOLDER" else option for option in options]
    result = run("evaluate", *given, answers=judging)
    assert result.exit_code != 0
    assert said in " ".join(result.stderr.split())
    assert not judging.asked
