"""How quantities, tables and progress are shown, and how doctor judges what it found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli import checks
from cli.demo_run import Contestant, comparison
from cli.doctor import _check_decoder
from cli.mixing import Made
from cli.output import counted, duration, number, print_fields, print_table, size
from cli.progress import detail_of, done_of
from cli.telling import songs_used
from shared.errors import ToolMissing
from shared.sound import sandbox
from shared.sound.decoding import DecodedSong, Refusal

GIB = 1024**3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.4, "0:00"), (59.6, "1:00"), (205, "3:25"), (3599.7, "1:00:00"), (3723, "1:02:03")],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_999, "1.0 MB"),
        (4_096_000, "4.1 MB"),
        (2e12, "2.0 TB"),
    ],
)
def test_sizes(size_bytes: float, text: str) -> None:
    assert size(size_bytes) == text


def test_counts_and_figures() -> None:
    assert [counted(count, "song") for count in (0, 1, 2)] == ["0 songs", "1 song", "2 songs"]
    assert [number(value) for value in (None, 0.0, 0.70349)] == ["-", "0.000", "0.703"]


def test_a_table_in_a_pipe_folds_no_line_and_keeps_markup_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    title = "[bold]A very long title[/bold] " * 4
    print_table(["id", "title"], [["9f86", title]])
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["id", "title"]
    assert title.strip() in row


def test_fields_begin_with_the_id_and_show_problems_by_their_detail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = {"type": "urn:segue:problem:not-audio", "title": "Not audio", "detail": "No sound. Convert it."}
    print_fields({"state": "rejected", "id": "9f86", "artist": None, "problem": problem, "chunks": [{}, {}]})
    assert [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()] == [
        ["id", "9f86"],
        ["state", "rejected"],
        ["artist", "-"],
        ["problem", "No sound. Convert it."],
        ["chunks", "2 (--json shows them)"],
    ]


def stage(progress: dict[str, Any] | None, state: str = "running") -> Any:
    return {"name": "fit", "done": 1, "total": 3, "state": state, "progress": progress}


def test_a_stage_is_what_is_done_and_the_part_of_what_runs() -> None:
    epochs = {"done": 12, "total": 60, "unit": "epochs", "eta_s": 95.0, "note": "loss 0.51"}
    assert done_of(stage(None)) == 1
    assert done_of(stage(epochs)) == pytest.approx(1.2)
    assert done_of(stage(epochs | {"done": 70})) == 2
    assert done_of(stage(epochs | {"total": 0})) == 1
    assert detail_of(stage(epochs)) == "12 of 60 epochs, 1:35 left, loss 0.51"
    assert detail_of(stage(None)) == ""
    assert detail_of(stage(epochs, state="waiting")) == ""


def test_songs_of_a_mix_come_in_the_order_of_their_first_chunk() -> None:
    entries = [{"song": song, "title": song.upper()} for song in ("b", "a", "b")]
    assert songs_used({"sequence": entries}) == [
        {"id": "b", "title": "B", "chunks": 2},
        {"id": "a", "title": "A", "chunks": 1},
    ]


def test_the_comparison_has_every_mix_and_the_leaderboard_or_why_there_is_none() -> None:
    mixed = [
        Contestant(
            Made({}, {"mean_score": score, "replays": 1}, {}, Path(f"mix-{name}.mp3")),
            {"approach": name, "fit_s": 2.0},
        )
        for name, score in (("linear", None), ("segue", 0.9))
    ]
    told = comparison(mixed, {"rows": []}, None)
    assert list(told["mixes"]) == ["linear", "segue"]
    assert told["mixes"]["segue"] == {
        "file": "mix-segue.mp3",
        "mean_score": 0.9,
        "replays": 1,
        "fit_s": 2.0,
    }
    assert (told["leaderboard"], told["reason"]) == ({"rows": []}, None)
    assert comparison(mixed, None, "too few")["reason"] == "too few"


@pytest.mark.parametrize(("version", "ok"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 14, 0), False)])
def test_python(version: tuple[int, ...], ok: bool) -> None:
    assert checks.check_python(version).ok is ok


@pytest.mark.parametrize(
    ("machine", "flags", "ok"),
    [
        ("x86_64", "fpu sse4_2 avx avx2", True),
        ("x86_64", "fpu avx512f", False),
        ("x86_64", None, True),
        ("aarch64", "fp asimd", True),
    ],
)
def test_avx(machine: str, flags: str | None, ok: bool) -> None:
    assert checks.check_avx(machine, flags).ok is ok


def test_memory_and_disk() -> None:
    assert not checks.check_memory(GIB).ok
    assert checks.check_memory(4 * GIB).ok
    folder = Path("data")
    assert not checks.check_disk(folder, GIB, writable=True).ok
    assert checks.check_disk(folder, 9 * GIB, writable=True).ok
    assert not checks.check_disk(folder, 9 * GIB, writable=False).ok


def test_tools_and_modules_say_how_to_get_them() -> None:
    missing = ToolMissing("weed (SeaweedFS)", "Install the wheel.")
    assert checks.check_tool("SeaweedFS", missing, None).remedy.endswith("Install the wheel.")
    assert not checks.check_tool("ffmpeg", Path("ffmpeg"), None).ok
    assert checks.check_tool("ffmpeg", Path("ffmpeg"), "7.1").found == "7.1 (ffmpeg)"
    crashed = checks.check_module("tensorflow", None, "ended with -4")
    assert (crashed.ok, crashed.found) == (False, "ended with -4")
    assert "segue[local]" in crashed.remedy


def test_a_decoder_that_fails_is_a_fault_and_a_system_that_cannot_confine_it_is_none() -> None:
    song = DecodedSong(sample_rate_hz=8000, channels=1, frames=8000, peak=0, codec="PCM_S16BE")
    refusal = Refusal(kind="not-audio", found="its format is not known")
    assert checks.check_decoder(song, []).ok
    open_to_songs = checks.check_decoder(song, ["read all", "use the network"])
    assert (open_to_songs.ok, "read all, or use the network" in open_to_songs.found) == (True, True)
    assert (checks.check_decoder(refusal, []).ok, checks.check_decoder("killed", []).ok) == (False, False)
    assert checks.check_decoder(refusal, []).found == "its format is not known"


def test_doctor_decodes_as_a_worker_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _check_decoder().ok
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/nonexistent/interpreter\n")
    broken.chmod(0o755)
    monkeypatch.setenv("SEGUE_FFMPEG", str(broken))
    monkeypatch.setattr(sandbox, "_nurseries", {})  # They keep the environment that they were started in.
    found = _check_decoder()
    assert (found.ok, str(broken) in found.found) == (False, True)


@pytest.mark.parametrize(
    ("is_free", "is_segue", "ok"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_the_port(is_free: bool, is_segue: bool, ok: bool) -> None:
    assert checks.check_port(8000, is_free=is_free, answers_as_segue=is_segue).ok is ok


def test_workers_and_what_is_stored() -> None:
    assert checks.check_workers({"chunker": 1, "trainer": 2}).ok
    assert not checks.check_workers({"chunker": 1, "trainer": 0}).ok
    assert not checks.check_workers(None).ok
    assert checks.check_workers({"chunker": 2}, {"chunker": 1}).ok
    deaf = checks.check_workers({"chunker": 1, "trainer": 1}, {"chunker": 1, "trainer": 0})
    assert (deaf.ok, deaf.found) == (False, "1 chunker, 1 trainer, of which deaf: 1 chunker")
    stored = {"mixes": {"objects": 1, "bytes": 5_000}, "songs": {"objects": 3, "bytes": 12_000_000}}
    assert checks.check_stored(stored).found == "12.0 MB: songs 12.0 MB, mixes 5.0 kB"
