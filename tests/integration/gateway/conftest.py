"""A gateway as it is served, on real servers, without any worker.

api        an HTTP client of a gateway whose uploads may have `LIMIT_BYTES`
maker      a second process's view of the same bucket and queue, to put there what workers would
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from services.gateway.mix_files import MIX_FILES
from shared.settings import Settings
from shared.store.artifacts import Attempt
from shared.store.keys import Artifact
from shared.store.manifests import Facts, Problem
from shared.store.specs import AnySpec
from tests.support.gateway import running_gateway
from tests.support.library import TENANT
from tests.support.pipeline import Pipeline

LIMIT_BYTES = 1_000_000
_CONTENT_TYPES = {"flac": "audio/flac", "mp3": "audio/mpeg", "html": "text/html; charset=utf-8"} | {
    file.payload.rsplit(".", 1)[1]: file.media_type for file in MIX_FILES
}


class Maker(Pipeline):
    """Makes artifacts in a worker's place."""

    def commit(self, spec: AnySpec, facts: Facts, payloads: dict[str, bytes] | None = None) -> Artifact:
        artifact = spec.artifact(TENANT)
        attempt = Attempt(self.store, artifact)
        for name, data in (payloads or {}).items():
            attempt.put(name, data, _CONTENT_TYPES.get(name.rsplit(".", 1)[1], "application/json"))
        attempt.commit(spec, facts)
        return artifact

    def reject(self, spec: AnySpec, problem: Problem) -> Artifact:
        artifact = spec.artifact(TENANT)
        Attempt(self.store, artifact).reject(spec, problem)
        return artifact

    def stored(self, prefix: str = "") -> list[str]:
        """Return the keys of all that is stored of the tenant, under a prefix."""
        return [stored.key for stored in self.store.list(f"t/{TENANT}/{prefix}")]


@pytest.fixture
def api(settings: Settings) -> Iterator[httpx.Client]:
    with running_gateway(settings.model_copy(update={"max_upload_bytes": LIMIT_BYTES})) as client:
        yield client


@pytest.fixture
def maker(settings: Settings) -> Maker:
    return Maker(settings, tenant=TENANT)


@pytest.fixture
def song(api: httpx.Client) -> str:
    """The id of an uploaded song that no worker has decoded."""
    return upload(api, b"some bytes")


def upload(api: httpx.Client, data: bytes, name: str = "Night Drive.mp3") -> str:
    answer = api.post("/v1/songs", params={"name": name}, content=data)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["id"]


def slug_of(answer: httpx.Response) -> str:
    """Return the kind of a problem; what is no problem document fails the test."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.json()["status"] == answer.status_code
    return answer.json()["type"].rsplit(":", 1)[1]
