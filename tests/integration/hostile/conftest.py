"""The whole product, with limits that tests can reach, and a client to which a failure is no answer.

product    the stack of this folder's tests, started once
store      its object store
api        a client; any answer above 499 fails the test
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cli.stack.stack import ANY_PORT, Stack
from shared.store.objects import ObjectStore, connect
from tests.support.servers import left_behind

LIMITS = {
    "SEGUE_MAX_SONG_S": "600",
    "SEGUE_MAX_UPLOAD_BYTES": "8000000",
    "SEGUE_MAX_DECODER_S": "60",
    "SEGUE_MAX_DECODER_MEMORY_BYTES": str(2**30),
}
UPLOAD_LIMIT_BYTES = int(LIMITS["SEGUE_MAX_UPLOAD_BYTES"])


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in LIMITS.items():
            patch.setenv(name, value)
        with Stack(folder, port=ANY_PORT) as stack:
            yield stack
    assert left_behind(folder) == []


@pytest.fixture(scope="package")
def store(product: Stack) -> ObjectStore:
    return connect(product.settings())


@pytest.fixture(scope="package")
def api(product: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{product.url}/v1", timeout=120, event_hooks={"response": [refuse_failures]}
    ) as client:
        yield client


def refuse_failures(answer: httpx.Response) -> None:
    if answer.is_server_error:
        answer.read()
        raise AssertionError(f"{answer.request.method} {answer.request.url}: {answer.text}")


def refused_with(answer: httpx.Response) -> str:
    """Return the kind of problem that an answer is; what is none fails the test."""
    assert answer.is_client_error, f"{answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    return str(told["type"]).rsplit(":", 1)[1]
