"""`segue radio` as typed: where to listen, what is written, skip and ban."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from cli.radio import BYTES_PER_S
from tests.unit.cli.answers import SONG, Answers, page, problem, run, song_of

pytestmark = pytest.mark.usefixtures("named_gateway")

POOL = "7a04" + "5" * 60
PLAYING = {"song": SONG, "title": "Night", "artist": "Some One", "chunk": 3, "for_s": 1.0}
RADIO = {"pool": POOL, "seed": 3, "playing": PLAYING, "listeners": 1}


@pytest.fixture
def radio() -> Answers:
    sound = b"".join(bytes([number]) * BYTES_PER_S for number in range(5))
    return Answers(
        {
            "GET pools": page({"id": POOL}),
            f"GET radio/{POOL}": RADIO,
            f"GET radio/{POOL}.mp3": lambda _: httpx.Response(200, content=sound),
            f"POST radio/{POOL}/skip": RADIO,
            f"POST radio/{POOL}/ban": RADIO,
            "GET songs": page(song_of()),
        }
    )


def test_it_tells_where_to_listen_and_what_plays(radio: Answers) -> None:
    result = run("radio", POOL[:6], "--seed", "3", "--duration", "1", answers=radio)
    assert result.exit_code == 0, result.output
    assert f"http://gateway.test/v1/radio/{POOL}.mp3?seed=3" in result.stdout
    assert "Some One - Night" in result.stderr
    assert radio.asked[-1].url.params["seed"] == "3"


def test_a_stream_is_written_for_as_long_as_was_asked(radio: Answers, tmp_path: Path) -> None:
    target = tmp_path / "evening.mp3"
    result = run("radio", POOL[:6], "-o", str(target), "--duration", "2.5", "--json", answers=radio)
    assert json.loads(result.stdout)["bytes"] == 2.5 * BYTES_PER_S
    assert target.stat().st_size == 2.5 * BYTES_PER_S
    assert target.read_bytes()[-1] == 2


def test_to_standard_output_goes_nothing_but_sound(radio: Answers) -> None:
    result = run("radio", POOL[:6], "-o", "-", "--duration", "2", "--json", answers=radio)
    assert len(result.stdout_bytes) == 2 * BYTES_PER_S


def test_a_song_is_skipped_and_banned(radio: Answers) -> None:
    assert "Now: Night" in run("radio", "skip", POOL[:6], "--seed", "3", answers=radio).stdout
    assert radio.asked[-1].url.params["seed"] == "3"
    assert json.loads(run("radio", "ban", POOL[:6], "--json", answers=radio).stdout) == RADIO
    assert json.loads(radio.asked[-1].content) == {"what": "song"}
    run("radio", "ban", POOL[:6], "--chunk", answers=radio)
    assert json.loads(radio.asked[-1].content) == {"what": "chunk"}
    run("radio", "ban", POOL[:6], "--song", SONG[:6], answers=radio)
    assert json.loads(radio.asked[-1].content) == {"what": "song", "song": SONG}
    assert run("radio", "ban", POOL[:6], "--song", SONG[:6], "--chunk", answers=radio).exit_code == 2


def test_what_is_neither_file_nor_pool_is_refused(radio: Answers) -> None:
    for given in (["no-such-song.mp3"], [POOL[:6], "no-such-song.mp3"]):
        assert run("radio", *given, answers=radio).exit_code == 2


def test_a_radio_that_nobody_hears_has_nothing_to_skip(radio: Answers) -> None:
    radio.table[f"POST radio/{POOL}/skip"] = problem(409, "off-air", "Nobody listens.")
    assert run("radio", "skip", POOL[:6], answers=radio).exit_code == 1
