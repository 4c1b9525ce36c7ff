"""A whole stack of real servers and real workers, with short checkpoints, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.demo import write_demo_songs
from cli.stack.stack import SERVICES, Stack
from tests.support.pipeline import Pipeline
from tests.support.servers import left_behind

WORKERS = tuple(service for service in SERVICES if service.name != "gateway")


@pytest.fixture(scope="package")
def short_songs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five songs of some twelve seconds."""
    return write_demo_songs(tmp_path_factory.mktemp("songs"), seconds=12.0)


@pytest.fixture(scope="package")
def working_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGUE_CHECKPOINT_S", "2")
        patch.setenv("SEGUE_SEGMENT_S", "6")
        patch.setenv("SEGUE_RECONCILE_S", "1")
        with Stack(folder, services=WORKERS) as stack:
            yield stack
    assert left_behind(folder) == []


@pytest.fixture
def pipeline(working_stack: Stack) -> Pipeline:
    """Jobs of a tenant of this test's own."""
    pipeline = Pipeline(working_stack.settings())
    pipeline.store.ensure_bucket()
    return pipeline
