"""Changes of mixes as typed: what is asked for, what is printed, what is refused before that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.cli.answers import (
    AUDIO,
    JOB,
    MIX,
    MIX_DOCUMENT,
    REPORT,
    SONG,
    WHEN,
    Answers,
    events,
    job_of,
    page,
    problem,
    run,
    song_of,
)

pytestmark = pytest.mark.usefixtures("named_gateway")
OTHER, NEW, POOL, PREVIEW = "a" * 64, "d" * 64, "e" * 64, "f" * 64
BASE_REPORT = REPORT | {
    "pool": POOL,
    "sequence": [
        {"song": SONG, "title": "Night", "chunk": 3, "seam": None},
        {"song": OTHER, "title": "Day", "chunk": 4, "seam": {"manner": "blend"}},
    ],
}
NEW_REPORT = BASE_REPORT | {"edits": [{"done": "Chunk 9 took the place of chunk 4.", "positions": [1]}]}


@pytest.fixture
def answers() -> Answers:
    return Answers(
        {
            f"GET mixes/{MIX}": MIX_DOCUMENT,
            f"GET mixes/{MIX}/report": BASE_REPORT,
            f"GET pools/{POOL}": {"songs": [SONG, OTHER]},
            "GET songs": page(
                song_of(), song_of(OTHER, name="Day One.ogg", title="Day"), song_of("c" * 64, title="Day")
            ),
            f"POST mixes/{MIX}/revisions": job_of("queued"),
            f"GET jobs/{JOB}/events": events(job_of("succeeded", mix=NEW)),
            f"GET mixes/{NEW}": MIX_DOCUMENT | {"id": NEW},
            f"GET mixes/{NEW}/report": NEW_REPORT,
            f"GET mixes/{NEW}/audio": lambda request: httpx.Response(200, content=AUDIO),
        }
    )


def asked(answers: Answers, *options: object, folder: Path) -> list[dict[str, Any]]:
    """Return the edits that options ask for."""
    result = run("mixes", "revise", MIX, *options, "-o", folder / "new.mp3", answers=answers)
    assert result.exit_code == 0, result.output
    edits: list[dict[str, Any]] = answers.bodies(f"mixes/{MIX}/revisions")[-1]["edits"]
    return edits


def test_a_revision_is_made_told_and_written(answers: Answers, tmp_path: Path) -> None:
    result = run("mixes", "revise", MIX, "--swap", "1", "-o", tmp_path / "new.mp3", answers=answers)
    assert result.exit_code == 0, result.output
    assert "Chunk 9 took the place of chunk 4." in result.stdout
    assert f"Mix {NEW[:12]}" in result.stdout
    assert (tmp_path / "new.mp3").read_bytes() == AUDIO
    as_json = run("mixes", "revise", MIX, "--swap", "1", "-o", tmp_path / "n.mp3", "--json", answers=answers)
    assert json.loads(as_json.stdout)["edits"] == NEW_REPORT["edits"]


def test_edits_are_made_in_an_order_in_which_no_position_moves(answers: Answers, tmp_path: Path) -> None:
    options = ["--lengthen", "40", "--move", "3=9", "--remove", "2", "--remove", "5", "--pin", "0-4"]
    options += ["--seam", "1=echo-out", "--swap", "7", "--ban", "day", "--unpin", "3", "--nudge", "1=-20"]
    assert asked(answers, *options, folder=tmp_path) == [
        {"edit": "unpin", "first": 3, "last": 3},
        {"edit": "ban", "song": OTHER},
        {"edit": "swap", "position": 7},
        {"edit": "seam", "position": 1, "manner": "echo_out", "nudge_ms": -20},
        {"edit": "pin", "first": 0, "last": 4},
        {"edit": "remove", "position": 5},
        {"edit": "remove", "position": 2},
        {"edit": "move", "position": 3, "to": 9},
        {"edit": "lengthen", "chunks": 40},
    ]


@pytest.mark.parametrize(
    ("option", "edit"),
    [
        (["--ban", "1"], {"edit": "ban", "song": OTHER, "chunk": 4}),
        (["--ban", "Day One.ogg:7"], {"edit": "ban", "song": OTHER, "chunk": 7}),
        (["--ban", "day one"], {"edit": "ban", "song": OTHER}),
        (["--ban", SONG[:8]], {"edit": "ban", "song": SONG}),
        (["--swap", "1=night.mp3:2"], {"edit": "swap", "position": 1, "by": {"song": SONG, "chunk": 2}}),
        (["--nudge", "4=1.5b"], {"edit": "seam", "position": 4, "nudge_beats": 1.5}),
        (["--nudge", "4=+30ms"], {"edit": "seam", "position": 4, "nudge_ms": 30}),
        (["--lengthen", "90.5s"], {"edit": "lengthen", "duration_s": 90.5}),
    ],
)
def test_what_is_typed_is_what_is_asked_for(
    answers: Answers, tmp_path: Path, option: list[str], edit: dict[str, Any]
) -> None:
    assert asked(answers, *option, folder=tmp_path) == [edit]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ([], "Nothing is to be changed"),
        (["--swap", "x"], "Begin with a position"),
        (["--swap", "1=night"], "Name a chunk as song.mp3:7"),
        (["--seam", "1=spin"], "echo-out"),
        (["--seam", "1"], "Begin with a position"),
        (["--seam", "0=cut"], "greater than or equal to 1"),
        (["--nudge", "1=far"], "Give milliseconds"),
        (["--nudge", "1=99999"], "nudge_ms"),
        (["--pin", "5-2"], "last must not come before first"),
        (["--move", "3=x"], "move (to)"),
        (["--lengthen", "long"], "Give chunks, 40, or seconds, 90s"),
    ],
    ids=str,
)
def test_what_means_nothing_is_refused_before_anything_is_asked(
    answers: Answers, option: list[str], said: str
) -> None:
    result = run("mixes", "revise", MIX, *option, answers=answers)
    assert result.exit_code == 2
    assert said in result.stderr
    assert answers.asked == []


@pytest.mark.parametrize(("name", "said"), [("nobody", "none of the mix's"), ("9", "positions 0 to 1")])
def test_a_song_or_a_position_that_there_is_not_is_refused(answers: Answers, name: str, said: str) -> None:
    result = run("mixes", "revise", MIX, "--ban", name, answers=answers)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_gateways_refusal_is_passed_on(answers: Answers) -> None:
    refusal = problem(422, "edit-impossible", "Edit 0 (`swap`) cannot be made: position 0 is pinned.")
    answers.table[f"POST mixes/{MIX}/revisions"] = refusal
    result = run("mixes", "revise", MIX, "--swap", "0", answers=answers)
    assert result.exit_code == 1
    assert "position 0 is pinned" in result.stderr


def test_a_name_that_says_another_format_than_the_mix_is_refused(answers: Answers, tmp_path: Path) -> None:
    result = run("mixes", "revise", MIX, "--swap", "0", "-o", tmp_path / "new.wav", answers=answers)
    assert result.exit_code == 2
    assert "the mix is mp3" in result.stderr


def test_the_history_is_a_line_down_to_the_mix_and_what_was_made_of_it(answers: Answers) -> None:
    def version(identifier: str, **more: Any) -> dict[str, Any]:
        plain = {"id": identifier, "created_at": WHEN, "duration_s": 121.7, "chunks": 2, "edits": []}
        return plain | {"revision_of": None, "links": {}} | more

    found = {
        "ancestors": [version("1" * 64, created_at=None, duration_s=None)],
        "mix": version(MIX, edits=[{"edit": "seam", "position": 5, "manner": "cut", "nudge_ms": -20}]),
        "revisions": [version(NEW, edits=[{"edit": "ban", "song": OTHER, "chunk": 3}])],
    }
    answers.table[f"GET mixes/{MIX}/revisions"] = found
    lines = run("mixes", "history", MIX, answers=answers).stdout.splitlines()
    assert "deleted" in lines[1]
    assert "* 2ef7" in lines[2]
    assert lines[2].rstrip().endswith("seam 5 cut -20")
    assert lines[3].rstrip().endswith(f"ban {OTHER[:12]}:3")
    assert json.loads(run("mixes", "history", MIX, "--json", answers=answers).stdout) == found


def test_a_seam_is_heard_as_it_would_be(answers: Answers, tmp_path: Path) -> None:
    answers.table |= {
        f"POST mixes/{MIX}/seams/5/preview": job_of("queued"),
        f"GET jobs/{JOB}/events": events(job_of("succeeded", mix=None, preview=PREVIEW)),
        f"GET previews/{PREVIEW}": {"id": PREVIEW, "duration_s": 10.0, "seam_s": 5.0, "manner": "cut"},
        f"GET previews/{PREVIEW}/audio": lambda request: httpx.Response(200, content=AUDIO),
    }
    target = tmp_path / "seam.wav"
    options = ["--seam", "cut", "--nudge", "-20", "-o", target]
    result = run("mixes", "preview", MIX, 5, *options, answers=answers)
    assert result.exit_code == 0, result.output
    assert target.read_bytes() == AUDIO
    assert "cut, is at 5.0 s" in result.stdout
    assert answers.bodies(f"mixes/{MIX}/seams/5/preview") == [
        {"manner": "cut", "nudge_ms": -20, "around_s": 5.0, "format": "wav"}
    ]
    refused = run("mixes", "preview", MIX, 5, "-o", tmp_path / "seam.flac", answers=answers)
    assert refused.exit_code == 2
