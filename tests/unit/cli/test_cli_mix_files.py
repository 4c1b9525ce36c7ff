"""`segue mixes save` and what `segue mixes report` tells of the worst seams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.cli.answers import AUDIO, MIX, MIX_DOCUMENT, REPORT, SONG, Answers, problem, run

pytestmark = pytest.mark.usefixtures("named_gateway")


def entry(position: int, title: str, jolt: float | None, snippet: str | None = None) -> dict[str, Any]:
    seam = {"manner": "blend", "jolt": jolt, "snippet": snippet}
    return {
        "position": position,
        "song": SONG,
        "title": title,
        "chunk": position,
        "source_start_s": 0.0,
        "source_end_s": 4.0,
        "mix_start_s": 61.0 * position,
        "mix_end_s": 61.0 * position + 61,
        "score": 0.5,
        "seam": None if jolt is None else seam,
    }


REPORTED = REPORT | {
    "worst_seams": [2, 1],
    "sequence": [
        entry(0, "Night", None),
        entry(1, "Day", 0.21, "seams/1/audio"),
        entry(2, "Dusk", 0.734, "seams/2/audio"),
    ],
}


@pytest.fixture
def answers() -> Answers:
    def bytes_of(text: str) -> Any:
        return lambda request: httpx.Response(200, content=text.encode())

    path = f"GET mixes/{MIX}"
    return Answers(
        {
            path: MIX_DOCUMENT,
            f"{path}/report": REPORTED,
            f"{path}/audio": lambda request: httpx.Response(200, content=AUDIO),
            **{f"{path}/{name}": bytes_of(name) for name in ("cue", "labels", "cover", "plot", "package")},
            **{f"{path}/seams/{n}/audio": bytes_of(f"seam {n}") for n in (1, 2)},
        }
    )


def test_files_are_saved_under_their_names(answers: Answers, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    result = run("mixes", "save", MIX, "--what", "audio, cue,package,cue", "-o", folder, answers=answers)
    assert result.exit_code == 0, result.output
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        "mix.mp3": AUDIO,
        "mix.cue": b"cue",
        "package.zip": b"package",
    }


def test_by_default_come_those_that_one_looks_at_and_the_snippets(answers: Answers, tmp_path: Path) -> None:
    result = run("mixes", "save", MIX, "-o", tmp_path, "--json", answers=answers)
    named = [
        "mix.cue",
        "labels.txt",
        "report.json",
        "cover.jpg",
        "plot.svg",
        "seam-0002.mp3",
        "seam-0001.mp3",
    ]
    assert json.loads(result.stdout)["files"] == [str(tmp_path / name) for name in named]
    assert (tmp_path / "seam-0002.mp3").read_bytes() == b"seam 2"
    assert json.loads((tmp_path / "report.json").read_text()) == REPORTED


@pytest.mark.parametrize("what", ["covers", "", ",", "cue,../x"])
def test_what_is_no_file_is_refused_before_anything_is_asked(
    answers: Answers, tmp_path: Path, what: str
) -> None:
    result = run("mixes", "save", MIX, "--what", what, "-o", tmp_path, answers=answers)
    assert result.exit_code == 2
    assert "rekordbox" in result.stderr
    assert answers.asked == []


def test_a_file_is_no_folder(answers: Answers, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert run("mixes", "save", MIX, "-o", tmp_path / "file", answers=answers).exit_code == 2


def test_what_an_earlier_mix_lacks_is_said(answers: Answers, tmp_path: Path) -> None:
    answers.table[f"GET mixes/{MIX}/cover"] = problem(404, "not-found", "Made by an earlier release.")
    result = run("mixes", "save", MIX, "--what", "cover", "-o", tmp_path, answers=answers)
    assert result.exit_code == 1
    assert "earlier release" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_report_names_the_worst_seams_and_how_to_hear_them(answers: Answers) -> None:
    lines = run("mixes", "report", MIX, answers=answers).stdout.splitlines()
    at = lines.index("Worst seams:")
    assert lines[at + 1 : at + 3] == [
        "  2, at 2:02: Day to Dusk, jolt 0.73",
        "  1, at 1:01: Night to Day, jolt 0.21",
    ]
    assert lines[at + 3] == f"Hear them: segue mixes save {MIX[:12]} --what seams -o FOLDER"


def test_a_report_tells_how_each_chunk_was_joined(answers: Answers) -> None:
    entries = [dict(one) for one in REPORTED["sequence"]]
    entries[1]["seam"] = {"manner": "continues", "fade_s": 0.0, "gain_db": 0.0, "jolt": 0.0}
    entries[2]["seam"] = {"manner": "blend", "fade_s": 0.08, "gain_db": -1.25, "jolt": 0.734}
    entries.append(entry(3, "Dawn", 0.0) | {"seam": {"manner": "cut", "fade_s": 0.0}})
    answers.table[f"GET mixes/{MIX}/report"] = REPORTED | {"sequence": entries, "worst_seams": []}
    rows = run("mixes", "report", MIX, answers=answers).stdout.splitlines()
    assert rows[0].split()[-2:] == ["joined", "by"]
    ends = ["-", "plays on", "blend, 80 ms, -1.2 dB, jolt 0.73", "cut"]
    assert all(row.rstrip().endswith(f" {end}") for row, end in zip(rows[1:], ends, strict=True)), rows


def test_reports_of_hard_joins_and_of_earlier_releases_tell_of_none(answers: Answers) -> None:
    for report in (REPORTED | {"worst_seams": []}, {k: v for k, v in REPORTED.items() if k != "worst_seams"}):
        answers.table[f"GET mixes/{MIX}/report"] = report
        assert "Worst" not in run("mixes", "report", MIX, answers=answers).stdout
