"""Fixtures of every tier: real servers, started once, and real songs where there are any.

servers     settings that point at a Valkey and an S3 server of this test run
settings    the same with a key prefix and a bucket of this test's own, the bucket made
store       the object store of `settings`
valkey      a client of the Valkey server; keys are not prefixed by it
real_songs  sound files of the folder SEGUE_TEST_SONGS; without it the test is skipped
odd_songs   odd and broken sound files (see `tests.support.corpus`); without any the test is skipped
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from cli.stack.stack import Stack
from shared.settings import Settings
from shared.store.objects import ObjectStore, connect
from tests.support.corpus import odd_files
from tests.support.servers import apart, running_servers

SOUND = {".flac", ".mp3", ".ogg", ".wav"}


@pytest.fixture(scope="session")
def server_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_servers(tmp_path_factory.mktemp("servers")) as stack:
        yield stack


@pytest.fixture(scope="session")
def servers(server_stack: Stack) -> Settings:
    return server_stack.settings()


@pytest.fixture
def settings(servers: Settings) -> Settings:
    own = apart(servers)
    connect(own).ensure_bucket()
    return own


@pytest.fixture
def store(settings: Settings) -> ObjectStore:
    return connect(settings)


@pytest.fixture
def valkey(servers: Settings) -> Iterator[redis.Redis]:
    assert servers.valkey_password is not None
    client = redis.Redis.from_url(servers.valkey_url, password=servers.valkey_password.get_secret_value())
    yield client
    client.close()


@pytest.fixture(scope="session")
def real_songs() -> list[Path]:
    return [path for path in _files_of("SEGUE_TEST_SONGS") if path.suffix.lower() in SOUND]


@pytest.fixture(scope="session")
def odd_songs() -> list[Path]:
    return odd_files() or pytest.skip("there is no folder of odd sound files")


def _files_of(variable: str) -> list[Path]:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} names no folder")
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())
