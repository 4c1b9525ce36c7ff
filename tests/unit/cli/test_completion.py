"""What a shell is told when it asks how a command goes on."""

from __future__ import annotations

import httpx
import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.unit.cli.answers import MIX, MIX_DOCUMENT, SONG, Answers, page, song_of

pytestmark = pytest.mark.usefixtures("named_gateway")
OTHER = "9f00" + "1" * 60


@pytest.fixture
def stocked() -> Answers:
    return Answers(
        {
            "GET songs": page(song_of(), song_of(OTHER, title="Day")),
            "GET mixes": page(MIX_DOCUMENT),
            "GET pools": page({"id": SONG, "approach": "linear"}),
        }
    )


def completed(line: str, answers: httpx.MockTransport) -> str:
    """What bash is told to offer for the last word of a line."""
    words = line.split(" ")
    asked = {"_SEGUE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    result = CliRunner().invoke(app, [], env=asked, obj=answers, prog_name="segue")
    assert result.exit_code == 0, result.output
    return result.stdout


def test_commands_are_completed(stocked: Answers) -> None:
    assert completed("segue mi", stocked).split() == ["mix", "mixes"]
    assert stocked.asked == []


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("segue songs show 9f", [SONG[:12], OTHER[:12]]),
        ("segue songs show 9f8", [SONG[:12]]),
        ("segue songs delete 9f0", [OTHER[:12]]),
        ("segue mixes get ", [MIX[:12]]),
        ("segue plot seams ", [MIX[:12]]),
        ("segue radio skip ", [SONG[:12]]),
        ("segue songs show beef", []),
    ],
)
def test_ids_are_completed_by_what_the_command_is_about(
    stocked: Answers, line: str, offered: list[str]
) -> None:
    assert completed(line, stocked).split() == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_shells_that_show_more_are_told_what_an_id_is_of(stocked: Answers, shell: str) -> None:
    asked = {
        "_SEGUE_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "segue songs show 9f",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    offered = CliRunner().invoke(app, [], env=asked, obj=stocked, prog_name="segue").stdout
    assert all(told in offered for told in (SONG[:12], "Night", OTHER[:12], "Day"))


def test_where_no_gateway_answers_nothing_is_offered_and_nothing_said() -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert completed("segue songs show 9f", httpx.MockTransport(refused)).strip() == ""
