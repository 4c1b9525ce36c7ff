from __future__ import annotations

import pytest

from shared.learning.backend import configure_tensorflow
from tests.unit.learning.planted import planted_corpus


@pytest.fixture(scope="module")
def one_thread():
    configure_tensorflow(1)


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=3, chunks=10)
