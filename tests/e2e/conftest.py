"""The whole product, started as a user starts it: real servers, workers and gateway on free ports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.demo import write_demo_songs
from cli.stack.stack import ANY_PORT, Stack
from tests.support.servers import left_behind


@pytest.fixture(scope="session")
def demo_songs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The five demo songs, shortened to half a minute."""
    return write_demo_songs(tmp_path_factory.mktemp("songs"), seconds=30.0)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("product")
    with Stack(folder, port=ANY_PORT) as stack:
        yield stack
    assert left_behind(folder) == []


@pytest.fixture(scope="session")
def api(product: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{product.url}/v1", timeout=30) as client:
        yield client
