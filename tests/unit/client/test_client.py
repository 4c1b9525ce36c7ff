"""Both clients: what they send, how they read answers, and what they do when none comes."""

from __future__ import annotations

import httpx
import pytest

from segue_client import ApiProblem, Away, Client, Conflict, NoGateway, NotFound, Refused
from segue_client.flows import HASTY_TRIES, LONGEST_WAIT_S, TRIES
from tests.unit.client.gateways import JOB_ID, URL, Asked, Kind, answering, both, job, problem

TOO_OFTEN = {"type": "urn:segue:problem:too-many-requests"}


@both
def test_a_problem_document_is_an_error_with_its_detail_and_fields(kind: Kind) -> None:
    errors = [{"field": "body.chunks", "found": 0, "needed": "at least 1"}]
    client = Asked(kind, answering(problem(422, errors=errors)))
    with pytest.raises(ApiProblem) as raised:
        client.do("songs", "get", "9f86")
    assert str(raised.value) == "No.\n  body.chunks: at least 1, not 0"
    assert (raised.value.status, raised.value.slug) == (422, "not-found")
    assert raised.value.as_problem()["errors"] == errors


@both
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Refused),
        (403, Refused),
        (404, NotFound),
        (409, Conflict),
        (502, Away),
        (503, Away),
        (422, ApiProblem),
    ],
)
def test_errors_are_told_apart_by_kind(kind: Kind, status: int, error: type[ApiProblem]) -> None:
    with pytest.raises(ApiProblem) as raised:
        Asked(kind, answering(problem(status))).do("", "system")
    assert type(raised.value) is error


@both
def test_an_error_of_something_in_between_names_the_status(kind: Kind) -> None:
    with pytest.raises(Away, match="502"):
        Asked(kind, answering(httpx.Response(502, text="<h1>Bad Gateway</h1>"))).do("", "system")


@both
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ConnectError("refused"), "refused"),
        (None, "not Segue"),
    ],
)
def test_no_answer_or_one_that_is_no_json_is_no_gateway(
    kind: Kind, error: Exception | None, told: str
) -> None:
    with pytest.raises(NoGateway, match=told):
        Asked(kind, answering(error or httpx.Response(200, text="<h1>It works!</h1>"))).do("", "system")


@both
def test_only_an_api_that_is_called_segue_is_segue(kind: Kind) -> None:
    described = httpx.Response(200, json={"info": {"title": "Segue"}})
    other = httpx.Response(200, json={"info": {"title": "Petstore"}})
    for answer, expected in [(described, True), (other, False), (httpx.ConnectError("no"), False)]:
        assert Asked(kind, answering(answer)).do("", "is_segue") is expected


def test_a_key_goes_with_every_request() -> None:
    asked: list[httpx.Request] = []
    transport = httpx.MockTransport(answering(httpx.Response(200, json={}), asked=asked))
    with Client(URL, key="segue_a_b", transport=transport) as client:
        client.health()
    assert (asked[0].headers["authorization"], asked[0].url.path) == ("Bearer segue_a_b", "/healthz")


@both
def test_work_whose_answer_was_lost_is_asked_for_again_with_the_same_key(kind: Kind) -> None:
    asked: list[httpx.Request] = []
    lost = [httpx.ReadError("connection reset"), problem(503)]
    client = Asked(kind, answering(*lost, httpx.Response(202, json=job()), asked=asked))
    assert client.do("mixes", "make", songs=["a"])["id"] == JOB_ID
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert (len(asked), len(client.paused_s)) == (TRIES, TRIES - 1)


@both
def test_bad_input_is_not_sent_again(kind: Kind) -> None:
    with pytest.raises(ApiProblem):
        Asked(kind, answering(problem(422))).do("mixes", "make")


@both
def test_lists_follow_the_cursor_to_the_end(kind: Kind) -> None:
    pages = {None: (["a", "b"], "b"), "b": (["c"], None)}

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.params["state"] == "running"
        items, cursor = pages[request.url.params.get("cursor")]
        return httpx.Response(200, json={"items": [{"id": one} for one in items], "next_cursor": cursor})

    found = Asked(kind, handler).do("jobs", "list", state="running")
    assert [item["id"] for item in found] == ["a", "b", "c"]


@both
def test_lists_tell_what_they_leave_out(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    def page(damaged: str, cursor: str | None) -> httpx.Response:
        document = {"items": [{"id": cursor}], "next_cursor": cursor, "unreadable": [damaged]}
        return httpx.Response(200, json=document)

    told: list[str] = []
    client = Asked(kind, answering(page("t/local/a.json", "1"), page("t/local/b.json", None)))
    assert len(client.do("mixes", "list", left_out=told.append)) == 2
    assert told == ["t/local/a.json", "t/local/b.json"]
    assert not caplog.records
    Asked(kind, answering(page("t/local/c.json", None))).do("mixes", "list")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "t/local/c.json" in caplog.text


@both
def test_who_has_asked_too_often_waits_as_told_and_asks_again(kind: Kind) -> None:
    refused = [problem(429, **TOO_OFTEN) for _ in range(2)]
    for one in refused:
        one.headers["retry-after"] = "7"
    client = Asked(kind, answering(*refused, httpx.Response(200, json={"open_jobs": 0})))
    assert client.do("", "system") == {"open_jobs": 0}
    assert client.paused_s == [7.0, 7.0]


@both
def test_waiting_has_an_end_and_is_for_haste_alone(kind: Kind) -> None:
    refused = [problem(429, **TOO_OFTEN) for _ in range(HASTY_TRIES)]
    for one in refused:
        one.headers["retry-after"] = "9999"
    client = Asked(kind, answering(*refused))
    with pytest.raises(ApiProblem):
        client.do("", "system")
    assert client.paused_s == [LONGEST_WAIT_S] * (HASTY_TRIES - 1)
    client = Asked(kind, answering(problem(429, type="urn:segue:problem:too-many-jobs")))
    with pytest.raises(ApiProblem):
        client.do("mixes", "make")
    assert client.paused_s == []


@both
def test_readiness_is_told_whatever_its_status(kind: Kind) -> None:
    unready = {"ready": False, "checks": [{"name": "queue", "ok": False, "detail": "gone"}]}
    assert Asked(kind, answering(httpx.Response(503, json=unready))).do("", "readiness") == unready


def test_an_iterator_that_is_left_early_leaves_nothing_open() -> None:
    closed: list[bool] = []

    class Body(httpx.SyncByteStream):
        def __iter__(self):
            yield b"one"
            yield b"two"

        def close(self) -> None:
            closed.append(True)

    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Body()))
    with Client(URL, transport=transport) as client:
        blocks = client.radio.listen("p" * 64)
        assert next(blocks) == b"one"
        blocks.close()
        assert closed == [True]
