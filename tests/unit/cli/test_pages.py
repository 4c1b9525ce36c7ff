"""Pages that tell commands: each is one that there is, with options that it has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from cli.main import app

ROOT = Path(__file__).parents[3]
PAGES = ("backup.md", "upgrading.md")
OF_SONGS = ("own-songs.md", "revisions.md")


def lines_of(page: str) -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "how-to" / page).read_text(), re.DOTALL)
    whole = [block.replace("\\\n", "") for block in blocks]
    return [shlex.split(line, comments=True) for block in whole for line in block.splitlines() if line]


@pytest.mark.parametrize("page", PAGES + OF_SONGS)
def test_commands_of_segue_are_as_the_page_tells(page, tmp_path):
    told = [words for words in lines_of(page) if words[0] == "segue"]
    assert told
    for words in told:
        words = [str(tmp_path) if word.startswith(("~", "/")) else word for word in words[1:]]
        command = typer.main.get_command(app)
        context = command.make_context("segue", words)
        while isinstance(command, TyperGroup):
            name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
            context = command.make_context(name, words, parent=context)


@pytest.mark.parametrize("page", PAGES)
def test_services_and_targets_are_as_the_page_tells(page):
    composed = (ROOT / "docker-compose.yml").read_text().split("\nservices:\n")[1].split("\nnetworks:\n")[0]
    services = re.findall(r"^  ([\w-]+):$", composed, re.MULTILINE)
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for words in lines_of(page):
        if words[:2] == ["docker", "compose"]:
            named = [word for word in words[3:] if not word.startswith("-")]
            assert set(named) - {"restore"} <= set(services), words
        elif words[0] == "make":
            assert set(words[1:]) <= set(targets), words
