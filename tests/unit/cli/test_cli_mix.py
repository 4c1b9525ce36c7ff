"""`segue mix` as typed, and what it prints, sends and writes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import httpx
import pytest

from shared.errors import ServerFailed
from tests.unit.cli.answers import (
    AUDIO,
    JOB,
    MIX,
    SHIPPED,
    SONG,
    Answers,
    events,
    job_of,
    run,
    song_of,
)

pytestmark = pytest.mark.usefixtures("named_gateway")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("night.mp3", "bad.mp3", "cover.jpg"):
        (folder / name).write_bytes(b"bytes")
    return folder


def test_mix_makes_the_file_and_says_what_it_made(main_job: Answers, music: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp3"
    result = run("mix", music, "-o", target, "--chunks", 2, answers=main_job)
    assert result.exit_code == 0, result.output
    assert target.read_bytes() == AUDIO
    for said in (str(target), "2:02", "2 chunks of 1 song", "linear", "0.830", "Night (2)", MIX[:12]):
        assert said in result.stdout
    assert "bad.mp3: No audio. Convert it." in result.stderr
    assert "cover.jpg" in result.stderr


def test_mix_asks_for_what_the_options_say(main_job: Answers, music: Path, tmp_path: Path) -> None:
    options = [
        "--cut",
        "equal:5",
        "--start",
        "night:7",
        "--approach",
        "binary",
        "--preset",
        "fast",
        "--seed",
        "3",
        "--seams",
        "plain",
    ]
    target = tmp_path / "out.ogg"
    run("mix", music / "night.mp3", "-o", target, "--chunks", 9, "--bitrate", 96, *options, answers=main_job)
    (asked,) = main_job.bodies("mixes")
    assert asked["songs"] == [SONG]
    assert asked["chunks"] == 9
    assert (asked["cut"]["method"], asked["cut"]["chunk_s"]) == ("equal", 5.0)
    assert asked["start"] == {"song": SONG, "chunk": 7}
    assert asked["training"] == {"approach": "binary", "preset": "fast", "seed": 3}
    assert (asked["output"]["format"], asked["output"]["bitrate_kbps"]) == ("ogg", 96)
    assert asked["output"]["seams"] == "plain"


def test_wishes_are_sent_by_the_ids_of_their_songs(main_job: Answers, music: Path, tmp_path: Path) -> None:
    options = ["--duration", 90, "--start", "night", "--end", "night.mp3:4", "--must", "night"]
    options += ["--without", "bad.mp3", "--most-in-a-row", 3, "--method", "sample", "--seed", 5]
    options += ["--temperature", 2, "--most-replay", "0.25", "--longest-run", "off", "--least-songs", "off"]
    options += ["--energy", "0:0.2,1:0.8", "--twins-apart", 3, "--repeats-after", 9, "--smoothness", 2]
    options += ["--steadiness", 3, "--tempo-within", "4.5", "--key-within", 1]
    options += ["--sections", 1, "--runs", 8, "--opening", "intro", "--closing", "any"]
    result = run("mix", music, "-o", tmp_path / "out.mp3", *options, answers=main_job)
    assert result.exit_code == 0, result.output
    (asked,) = main_job.bodies("mixes")
    assert "chunks" not in asked
    assert asked["duration_s"] == 90
    assert asked["start"] == {"song": SONG, "chunk": 0}
    assert asked["end"] == {"song": SONG, "chunk": 4}
    assert asked["must"] == [SONG]
    assert asked["without"] == []
    assert asked["most_in_a_row"] == 3
    assert (asked["method"], asked["seed"], asked["temperature"]) == ("sample", 5, 2)
    assert asked["limits"] == {
        "most_replay": 0.25,
        "longest_run_s": None,
        "least_songs": 1,
        "twins_apart": 3,
        "tempo_within_percent": 4.5,
        "key_within": 1,
    }
    assert (asked["energy"], asked["repeats_after"]) == ([[0.0, 0.2], [1.0, 0.8]], 9)
    assert (asked["smoothness"], asked["steadiness"]) == (2, 3)
    assert (asked["sections"], asked["runs_bars"]) == (1, 8)
    assert (asked["opening"], asked["closing"]) == ("intro", "any")


def test_passages_are_sent_with_the_ids_of_their_songs(
    main_job: Answers, music: Path, tmp_path: Path
) -> None:
    options = ["--must", "night@0:01-0:02.5", "--must", "night", "--without", "night.mp3@section:1"]
    result = run("mix", music, "-o", tmp_path / "out.mp3", *options, answers=main_job)
    assert result.exit_code == 0, result.output
    (asked,) = main_job.bodies("mixes")
    assert asked["must"] == [{"song": SONG, "from_s": 1, "to_s": 2.5}, SONG]
    assert asked["without"] == [{"song": SONG, "section": 1}]


def test_where_nothing_is_drawn_the_seed_is_the_fit_s_alone(
    main_job: Answers, music: Path, tmp_path: Path
) -> None:
    run("mix", music / "night.mp3", "-o", tmp_path / "out.mp3", "--seed", 5, answers=main_job)
    (asked,) = main_job.bodies("mixes")
    assert "seed" not in asked
    assert (asked["chunks"], asked["method"]) == (30, "beam")


def test_a_wish_for_a_song_that_was_rejected_asks_for_no_job(
    main_job: Answers, music: Path, tmp_path: Path
) -> None:
    result = run("mix", music, "-o", tmp_path / "out.mp3", "--must", "bad", answers=main_job)
    assert result.exit_code == 1
    assert "`--must` contradicts the songs" in result.stderr
    assert main_job.bodies("mixes") == []


@pytest.mark.parametrize(
    ("options", "shipped"), [([], "segue"), (["--approach", "linear"], "linear"), (["--seed", 3], "segue")]
)
def test_without_training_a_shipped_model_judges(
    main_job: Answers, music: Path, tmp_path: Path, options: list[object], shipped: str
) -> None:
    run("mix", music / "night.mp3", "-o", tmp_path / "out.mp3", *options, answers=main_job)
    assert main_job.bodies("models/pretrained") == [{"approach": shipped}]
    (asked,) = main_job.bodies("mixes")
    assert asked["model"] == SHIPPED
    assert "training" not in asked


@pytest.mark.parametrize(
    ("options", "training"),
    [
        (["--train"], {"approach": "segue", "seed": 0}),
        (["--train", "--approach", "linear", "--seed", 4], {"approach": "linear", "seed": 4}),
        (["--approach", "spectral"], {"approach": "spectral", "seed": 0}),
    ],
)
def test_what_is_to_be_fitted_is_asked_for(
    main_job: Answers, music: Path, tmp_path: Path, options: list[object], training: dict[str, object]
) -> None:
    run("mix", music / "night.mp3", "-o", tmp_path / "out.mp3", *options, answers=main_job)
    (asked,) = main_job.bodies("mixes")
    assert asked["training"] == training
    assert "model" not in asked


def test_mix_prints_json_for_programs_and_nothing_else(
    main_job: Answers, music: Path, tmp_path: Path
) -> None:
    result = run("mix", music, "-o", tmp_path / "out.mp3", "--json", answers=main_job)
    told = json.loads(result.stdout)
    assert told["mix"]["id"] == MIX
    assert told["job"] == JOB
    assert told["mean_score"] == 0.83
    assert told["songs"] == [{"id": SONG, "title": "Night", "chunks": 2}]
    assert list(told["rejected"].values()) == ["No audio. Convert it."]
    assert told["skipped"] == [str(music / "cover.jpg")]


def test_mix_of_nothing_but_rejected_files_fails_and_asks_for_no_job(main_job: Answers, music: Path) -> None:
    result = run("mix", music / "bad.mp3", "-o", music / "out.mp3", answers=main_job)
    assert result.exit_code == 1
    assert "No audio. Convert it." in result.stderr
    assert main_job.bodies("mixes") == []


def test_a_song_that_is_not_decoded_yet_is_waited_for(main_job: Answers, music: Path) -> None:
    decoding = "d" * 32
    main_job.table |= {
        "POST songs": song_of(state="received", job=decoding),
        f"GET jobs/{decoding}/events": events(job_of("running"), job_of("succeeded")),
        f"GET songs/{SONG}": song_of(),
    }
    result = run("mix", music / "night.mp3", "-o", music / "out.mp3", answers=main_job)
    assert result.exit_code == 0, result.output


def test_a_failed_job_is_told_with_its_cause(main_job: Answers, music: Path) -> None:
    cause = {"type": "urn:segue:problem:pool-too-small", "title": "Too small", "detail": "It has 25 chunks."}
    main_job.table[f"GET jobs/{JOB}/events"] = events(job_of("failed", problem=cause))
    result = run("mix", music / "night.mp3", "-o", music / "out.mp3", "--json", answers=main_job)
    assert result.exit_code == 1
    assert f"Job {JOB[:12]} failed: It has 25 chunks." in result.stderr
    assert json.loads(result.stdout)["problem"]["type"].endswith("pool-too-small")
    assert not (music / "out.mp3").exists()


def test_ctrl_c_cancels_the_job(main_job: Answers, music: Path) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    main_job.table[f"GET jobs/{JOB}/events"] = interrupt
    result = run("mix", music / "night.mp3", "-o", music / "out.mp3", answers=main_job)
    assert result.exit_code == 130
    assert main_job.asked[-1].method == "DELETE"
    assert JOB[:12] in result.stderr


def test_ctrl_c_while_the_job_is_asked_for_cancels_it_as_soon_as_it_is_known(
    main_job: Answers, music: Path
) -> None:
    answer = main_job.table["POST mixes"]

    def interrupt(request: httpx.Request) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return answer

    main_job.table["POST mixes"] = interrupt
    result = run("mix", music / "night.mp3", "-o", music / "out.mp3", answers=main_job)
    assert result.exit_code == 130
    assert main_job.asked[-1].method == "DELETE"
    assert f"Cancelled job {JOB[:12]}" in result.stderr


def test_a_second_ctrl_c_does_not_wait_for_the_answer(main_job: Answers, music: Path) -> None:
    answered = []

    def interrupt(request: httpx.Request) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        answered.append(request)
        return job_of("queued")

    main_job.table["POST mixes"] = interrupt
    result = run("mix", music / "night.mp3", "-o", music / "out.mp3", answers=main_job)
    assert result.exit_code == 130
    assert not answered


def test_a_job_that_someone_cancels_ends_like_ctrl_c(main_job: Answers, music: Path) -> None:
    main_job.table[f"GET jobs/{JOB}/events"] = events(job_of("cancelled"))
    assert run("mix", music / "night.mp3", "-o", music / "out.mp3", answers=main_job).exit_code == 130


@pytest.mark.parametrize(
    "options",
    [
        ["--chunks", "0"],
        ["--bitrate", "1000"],
        ["--cut", "bars"],
        ["--start", "x"],
        ["--end", "x:1"],
        ["--must", "x"],
        ["--chunks", "9", "--duration", "60"],
        ["--method", "best"],
        ["--method", "greedy", "--must", "night"],
        ["--most-replay", "half"],
        ["--most-replay", "2"],
        ["-o", "mix.doc"],
        ["--colour", "red"],
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(music: Path, options: list[str]) -> None:
    answers = Answers({})
    assert run("mix", music / "night.mp3", "-o", music / "m.mp3", *options, answers=answers).exit_code == 2
    assert answers.asked == []


def test_songs_are_added(main_job: Answers, music: Path) -> None:
    told = json.loads(run("songs", "add", music, "--json", answers=main_job).stdout)
    assert [song["id"] for song in told["songs"]] == [SONG]
    assert list(told["rejected"]) == [str(music / "bad.mp3")]


def test_a_stack_that_does_not_start_is_exit_code_3(
    monkeypatch: pytest.MonkeyPatch, music: Path, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise ServerFailed("s3", reason="it ended", log="s3.log", last_lines="no space")

    monkeypatch.delenv("SEGUE_URL")
    monkeypatch.setattr("cli.stack.stack.Stack.start", fail)
    result = run("mix", music / "night.mp3", "-o", tmp_path / "m.mp3")
    assert result.exit_code == 3
    assert "s3.log" in result.stderr
