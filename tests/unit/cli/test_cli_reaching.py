"""Which gateway is meant, when several could be."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cli.reaching import find_gateway, reach
from cli.stack.folder import DataFolder, Running
from segue_client import NoGateway

SEGUE = httpx.MockTransport(lambda request: httpx.Response(200, json={"info": {"title": "Segue"}}))
OTHER = httpx.MockTransport(lambda request: httpx.Response(404))


@pytest.fixture(autouse=True)
def no_stack_of_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SEGUE_DATA", "SEGUE_URL", "SEGUE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


@pytest.fixture
def running(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.lock()
    folder.write_state(Running("http://127.0.0.1:12345", 1, {}))
    return folder


def test_the_one_that_is_named_comes_before_all_others(running: DataFolder) -> None:
    assert find_gateway("http://there", running.root, transport=SEGUE) == "http://there"


def test_the_one_of_the_data_folder_comes_before_the_usual_port(
    running: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_gateway(None, running.root, transport=SEGUE) == "http://127.0.0.1:12345"
    monkeypatch.setenv("SEGUE_DATA", str(running.root))
    assert find_gateway(None, None, transport=SEGUE) == "http://127.0.0.1:12345"


def test_a_killed_stacks_state_does_not_count(running: DataFolder) -> None:
    running.unlock()
    assert find_gateway(None, running.root, transport=SEGUE) is None


def test_the_usual_port_is_taken_if_segue_answers_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_gateway(None, None, transport=SEGUE) == "http://127.0.0.1:8000"
    monkeypatch.setenv("SEGUE_PORT", "8123")
    assert find_gateway(None, None, transport=SEGUE) == "http://127.0.0.1:8123"
    assert find_gateway(None, None, transport=OTHER) is None


def test_where_a_folder_is_named_no_other_gateway_will_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert find_gateway(None, tmp_path, transport=SEGUE) is None
    monkeypatch.setenv("SEGUE_DATA", str(tmp_path))
    assert find_gateway(None, None, transport=SEGUE) is None
    with pytest.raises(NoGateway, match="segue up"), reach(None, None, transport=SEGUE):
        pass
