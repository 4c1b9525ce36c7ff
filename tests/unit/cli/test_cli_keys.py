"""The key that a command sends, and the commands that make keys."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from cli.credentials import key_for, operator_key_for, remember_key
from cli.stack.folder import DataFolder, Identity, Running
from tests.unit.cli.answers import WHEN, Answers, page, problem, run, song_of

KEY = "segue_0123456789ab_" + "s" * 43
ADMIN = "o" * 40
MADE = {
    "id": "0123456789ab",
    "name": "anna",
    "tenant": "0123456789ab",
    "made_at": WHEN,
    "revoked_at": None,
}
LOCAL = "http://127.0.0.1:12345"


@pytest.fixture(autouse=True)
def no_keys_of_the_users_own(monkeypatch: pytest.MonkeyPatch, named_gateway: None) -> None:
    for name in ("SEGUE_KEY", "SEGUE_KEY_FILE", "SEGUE_ADMIN_KEY", "SEGUE_ADMIN_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    remember_key(None, None, typed=False)


@pytest.fixture
def answers() -> Answers:
    return Answers(
        {
            "GET songs": page(song_of()),
            "GET keys": page(MADE),
            "POST keys": {**MADE, "key": KEY},
            f"POST keys/{MADE['id']}/rotation": {**MADE, "key": KEY},
            f"DELETE keys/{MADE['id']}": None,
        }
    )


@pytest.fixture
def local_stack(tmp_path: Path) -> DataFolder:
    """A data folder whose stack runs."""
    folder = DataFolder(tmp_path / "local")
    folder.lock()
    (folder.root / "identity.json").write_text(Identity(admin_key=ADMIN).model_dump_json())
    folder.write_state(Running(LOCAL, 1, {}))
    return folder


def sent(answers: Answers) -> str | None:
    return answers.asked[-1].headers.get("authorization")


def test_without_a_key_none_is_sent(answers: Answers) -> None:
    assert run("songs", "list", answers=answers).exit_code == 0
    assert sent(answers) is None


def test_a_key_comes_from_the_option_the_environment_or_a_file(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    run("--key-file", file, "songs", "list", answers=answers)
    assert sent(answers) == f"Bearer {KEY}"
    monkeypatch.setenv("SEGUE_KEY_FILE", str(file))
    run("songs", "list", answers=answers)
    assert sent(answers) == f"Bearer {KEY}"
    monkeypatch.setenv("SEGUE_KEY", KEY.replace("s" * 43, "e" * 43))
    run("songs", "list", answers=answers)
    assert sent(answers) == f"Bearer segue_0123456789ab_{'e' * 43}"
    run("--key", KEY, "songs", "list", answers=answers)
    assert sent(answers) == f"Bearer {KEY}"


def test_a_key_is_never_printed(answers: Answers) -> None:
    answers.table["GET songs"] = problem(401, "key-refused", "The key opens nothing.")
    for options in ((), ("--json",)):
        ended = run("--key", KEY, "songs", "list", *options, answers=answers)
        assert ended.exit_code == 1
        assert "opens nothing" in ended.stdout + ended.stderr
        assert KEY not in ended.stdout + ended.stderr


def test_who_sends_a_key_unencrypted_through_a_network_is_warned(answers: Answers) -> None:
    assert "unencrypted" in run("--key", KEY, "songs", "list", answers=answers).stderr
    local = run("--key", KEY, "songs", "list", "--url", LOCAL, answers=answers)
    assert "unencrypted" not in local.stderr


@pytest.mark.parametrize("text", ["two words", "a\x00b", "schlüssel"])
def test_a_file_that_holds_no_key_is_told(answers: Answers, tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    ended = run("--key-file", file, "songs", "list", answers=answers)
    assert (ended.exit_code, answers.asked) == (2, [])
    assert text not in ended.stderr


def test_the_owner_of_a_stack_has_its_key(local_stack: DataFolder) -> None:
    assert key_for(LOCAL, local_stack.root) == ADMIN
    assert operator_key_for(LOCAL, local_stack.root, None) == ADMIN
    assert key_for("http://127.0.0.1:9", local_stack.root) is None, "it goes to that stack alone"
    local_stack.unlock()
    assert key_for(LOCAL, local_stack.root) is None


def test_at_ones_own_stack_a_key_that_is_typed_comes_first_and_one_in_the_environment_last(
    local_stack: DataFolder, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ("songs", "list", "--url", LOCAL, "--data", local_stack.root)
    run("--key", KEY, *own, answers=answers)
    assert sent(answers) == f"Bearer {KEY}"
    monkeypatch.setenv("SEGUE_KEY", KEY)
    run(*own, answers=answers)
    assert sent(answers) == f"Bearer {ADMIN}", "that of the environment may be another gateway's"
    run("songs", "list", answers=answers)
    assert sent(answers) == f"Bearer {KEY}"
    monkeypatch.setenv("SEGUE_ADMIN_KEY", "x" * 40)
    run("keys", "list", "--url", LOCAL, "--data", local_stack.root, answers=answers)
    assert sent(answers) == f"Bearer {ADMIN}"


def test_an_identity_of_an_earlier_release_gets_a_key(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    old = Identity().model_dump(mode="json")
    del old["admin_key"]
    (folder.root / "identity.json").write_text(json.dumps(old))
    settled = folder.settle_identity(folder.read_identity())
    assert len(settled.admin_key) >= 32
    assert folder.read_identity() == settled


def test_making_a_key_shows_it_once(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_ADMIN_KEY", ADMIN)
    ended = run("keys", "make", "anna", answers=answers)
    assert ended.stdout.strip() == KEY
    assert sent(answers) == f"Bearer {ADMIN}"
    assert answers.bodies("keys") == [{"name": "anna"}]
    run("keys", "make", "anna", "--tenant", "local", answers=answers)
    assert answers.bodies("keys")[-1] == {"name": "anna", "tenant": "local"}


def test_a_key_can_go_into_a_file_that_only_its_owner_reads(answers: Answers, tmp_path: Path) -> None:
    file = tmp_path / "key"
    for command in (("make", "anna"), ("rotate", MADE["id"])):
        ended = run("keys", *command, "-o", file, "--json", answers=answers)
        assert KEY not in ended.stdout + ended.stderr
        assert json.loads(ended.stdout)["file"] == str(file)
        assert file.read_text() == f"{KEY}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.unlink()


def test_a_file_that_is_there_is_not_written_over_and_no_key_is_made(
    answers: Answers, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("precious")
    assert run("keys", "make", "anna", "-o", file, answers=answers).exit_code == 1
    assert (file.read_text(), answers.asked) == ("precious", [])
    file.unlink()
    answers.table["POST keys"] = problem(403, "operator-only", "No.")
    assert run("keys", "make", "anna", "-o", file, answers=answers).exit_code == 1
    assert not file.exists()


def test_keys_are_listed_and_revoked_with_the_operators_key(answers: Answers, tmp_path: Path) -> None:
    file = tmp_path / "admin"
    file.write_text(f"{ADMIN}\n")
    row = run("keys", "list", "--admin-key-file", file, answers=answers).stdout.splitlines()[1].split()
    assert (row[:3], row[-1]) == (["0123456789ab", "anna", "0123456789ab"], "-")
    assert sent(answers) == f"Bearer {ADMIN}"
    ended = run("keys", "revoke", MADE["id"], "--admin-key-file", file, answers=answers)
    assert (ended.exit_code, ended.stdout.strip()) == (0, f"Revoked {MADE['id']}.")
    assert answers.asked[-1].method == "DELETE"
