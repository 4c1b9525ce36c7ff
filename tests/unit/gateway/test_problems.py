from __future__ import annotations

import json

import anyio
import httpx
import pytest
from fastapi import FastAPI

from services.gateway.access import refusals
from services.gateway.middleware import RequestFrame
from services.gateway.problems import (
    MEDIA_TYPE,
    RangeNotSatisfiable,
    add_problem_handlers,
    job_problem,
    status_of,
)
from services.gateway.schemas.requests import MixRequest
from shared import errors
from shared.store.manifests import Problem as Cause
from shared.store.manifests import RejectedInput
from shared.store.objects import ObjectMissing

CAUSE = Cause(slug="not-audio", title="Not an audio file", detail="No audio.")
EXPECTED = [
    (errors.NotFound("song", "x"), 404),
    (ObjectMissing("x"), 404),
    (errors.InUse(kind="song", name="x", job="j"), 409),
    (errors.AlreadyEnded(job="j", state="failed"), 409),
    (errors.SongTooLarge(limit_bytes=1), 413),
    (RangeNotSatisfiable(size_bytes=1), 416),
    (errors.PoolTooSmall(wanted=2, available=1), 422),
    (RejectedInput(CAUSE), 422),
    (errors.QueueUnavailable("x"), 503),
    (errors.StoreUnavailable("x"), 503),
    (refusals.KeyNeeded(), 401),
    (refusals.KeyRefused(), 401),
    (refusals.OperatorOnly(), 403),
    (refusals.WrongHost(), 421),
    (refusals.RequestTooLarge(most_bytes=1), 413),
    (refusals.RequestSlow(waited_s=1), 408),
    (refusals.TooManyAtOnce(what="uploads", limit=1, setting="SEGUE_QUOTA_UPLOADS_AT_ONCE"), 429),
    (refusals.TooMuchInHand(most_bytes=1), 503),
    (refusals.StorageFull(stored_bytes=2, limit_bytes=1), 413),
    (refusals.TooManyJobs(found=2, limit=1), 429),
    (refusals.TooManyRequests(limit=1, wait_s=60), 429),
    (refusals.GatewayBusy(what="uploads", limit=1, setting="SEGUE_MOST_UPLOADS"), 503),
    (refusals.TooManyInAll(found=2, limit=1), 503),
    (errors.Corrupt(what="x", found="y", needed="z"), 500),
]


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    add_problem_handlers(app)
    app.add_middleware(RequestFrame)
    return app


def ask(app: FastAPI, method: str, path: str, **options) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, path, **options)

    return anyio.run(send)


@pytest.mark.parametrize(("error", "status"), EXPECTED, ids=lambda value: type(value).__name__)
def test_each_error_has_its_status(error, status):
    assert status_of(error) == status


def test_an_error_becomes_a_problem_document(app):
    @app.get("/fails")
    def fails():
        raise errors.QueueUnavailable("ConnectionError")

    answer = ask(app, "GET", "/fails", headers={"X-Request-ID": "abc-1"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json() == {
        "type": "urn:segue:problem:queue-unavailable",
        "title": "The queue is not available",
        "status": 503,
        "detail": str(errors.QueueUnavailable("ConnectionError")),
        "instance": "/fails",
        "request_id": "abc-1",
    }


def test_what_was_found_before_keeps_its_own_kind(app):
    @app.get("/fails")
    def fails():
        raise RejectedInput(CAUSE)

    problem = ask(app, "GET", "/fails").json()
    assert problem["type"].endswith(":not-audio")
    assert (problem["title"], problem["detail"]) == (CAUSE.title, CAUSE.detail)


def test_an_unforeseen_failure_tells_nothing_of_its_inside(app):
    @app.get("/fails")
    def fails():
        raise KeyError("secret")

    answer = ask(app, "GET", "/fails")
    assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
    assert "secret" not in answer.text
    assert answer.json()["request_id"]


def test_bad_fields_are_named_with_what_was_found_and_needed(app):
    @app.post("/mixes")
    def make(request: MixRequest):
        return None

    answer = ask(app, "POST", "/mixes", json={"songs": ["a" * 64], "chunks": 0, "bars": 4})
    assert answer.status_code == 422
    faults = {fault["field"]: fault for fault in answer.json()["errors"]}
    assert faults.keys() == {"body.chunks", "body.bars"}
    assert faults["body.chunks"]["found"] == "0"
    assert "greater than or equal to 1" in faults["body.chunks"]["needed"]


def test_big_inputs_are_not_echoed(app):
    @app.post("/mixes")
    def make(request: MixRequest):
        return None

    answer = ask(app, "POST", "/mixes", json={"songs": ["x" * 5000] * 500, "bars": "y" * 100_000})
    assert answer.status_code == 422
    assert len(answer.content) < 10_000


def test_unknown_paths_and_methods_are_problems_too(app):
    @app.get("/here")
    def here():
        return None

    assert ask(app, "GET", "/there").json()["status"] == 404
    refused = ask(app, "POST", "/here")
    assert (refused.json()["status"], refused.headers["content-type"]) == (405, MEDIA_TYPE)


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_a_method_that_a_path_does_not_take_is_refused_with_all_that_it_takes(app, method):
    @app.get("/here/{name}")
    @app.head("/here/{name}")
    def here(name: str):
        return None

    @app.delete("/here/{name}")
    def remove(name: str):
        return None

    assert ask(app, method, "/here/x").headers["allow"] == "GET, HEAD, DELETE"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'"\x83"',
        b'{"songs": [' + b"1" * 5000 + b"]}",
        b'{"songs": ' + b"[" * 50_000,
        b'{"songs": ["\\ud800"]}',
        b'{"\\udfff": 1}',
    ],
    ids=["broken off", "not UTF-8", "huge number", "deep", "half a character", "half a character as a name"],
)
def test_bodies_that_no_parser_takes_are_refused_as_others_that_do_not_fit(app, body):
    @app.post("/mixes")
    def make(request: MixRequest):
        return None

    answer = ask(app, "POST", "/mixes", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:segue:problem:bad-request")
    assert answer.json()["errors"][0]["field"].startswith("body")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chunks", '"3"'),
        ("chunks", "true"),
        ("smoothness", "false"),
        ("limits", '{"longest_run_s": Infinity}'),
        ("output", '{"bitrate_kbps": "192"}'),
        ("energy", '[[0, 0.5], ["1", 0.5]]'),
        ("songs", "[1]"),
    ],
)
def test_values_of_another_type_are_refused(app, field, value):
    @app.post("/mixes")
    def make(request: MixRequest):
        return None

    fields = {"songs": f'["{"a" * 64}"]', "chunks": "3", "energy": "[[0, 0.5], [1, 1]]"}
    headers = {"Content-Type": "application/json"}

    def send(chosen: dict[str, str]) -> httpx.Response:
        body = ", ".join(f'"{name}": {text}' for name, text in chosen.items())
        return ask(app, "POST", "/mixes", content=f"{{{body}}}", headers=headers)

    assert send(fields).status_code == 200
    refused = send(fields | {field: value})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith(f"body.{field}")


def test_every_answer_has_an_id_and_security_headers(app):
    answer = ask(app, "GET", "/nowhere", headers={"X-Request-ID": "bad id\twith tab"})
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-request-id"] not in ("", "bad id\twith tab")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://gateway", 200),
        ("https://elsewhere.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_pages_of_other_sites_change_nothing(app, origin, status):
    called = []

    @app.post("/change")
    def change():
        called.append(1)

    headers = {"Origin": origin} if origin else {}
    assert ask(app, "POST", "/change", headers=headers).status_code == status
    assert bool(called) is (status == 200)


def test_only_work_that_gave_up_is_no_fault_of_the_input():
    gave_up = Cause.of(errors.GaveUp(step="fit", starts=3, cause="killed"))
    assert job_problem(gave_up, "/v1/jobs/j").status == 500
    assert job_problem(CAUSE, "/v1/jobs/j").status == 422
    assert json.loads(job_problem(CAUSE, "/v1/jobs/j").model_dump_json())["instance"] == "/v1/jobs/j"
