"""The client of the API, over httpx's own transport for tests: no gateway and no network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from cli.client import SUBMIT_TRIES, Gateway
from cli.documents import Job
from cli.errors import AmbiguousId, ApiProblem, NoGateway, exit_code
from cli.following import PATIENCE_S, POLL_S, follow, parse_events
from cli.ids import full_id
from shared.errors import BadSetting, NotFound

Handler = Callable[[httpx.Request], httpx.Response]
URL = "http://gateway.test"
JOB_ID = "0b5d1c4e8f6a4b7c9d2e3f4a5b6c7d8e"


def gateway_of(handler: Handler) -> Gateway:
    return Gateway(URL, transport=httpx.MockTransport(handler), pause=lambda seconds: None)


def answering(*answers: httpx.Response | Exception) -> Handler:
    """Answer one request after the other, whatever is asked."""
    left = iter(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def problem(status: int, **more: object) -> httpx.Response:
    document = {
        "type": "urn:segue:problem:not-found",
        "title": "Not found",
        "status": status,
        "detail": "No.",
    }
    return httpx.Response(
        status,
        content=json.dumps(document | more),
        headers={"content-type": "application/problem+json"},
    )


def job(state: str = "running", **more: object) -> dict[str, object]:
    return {"id": JOB_ID, "state": state, "stages": [], "problem": None, "warning": None, "mix": None} | more


def stream(*jobs: dict[str, object]) -> httpx.Response:
    text = "".join(f"event: job\nid: 1\ndata: {json.dumps(one)}\n\n: ping\n\n" for one in jobs)
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


def test_a_problem_document_is_an_error_with_its_detail_and_fields() -> None:
    errors = [{"field": "body.chunks", "found": 0, "needed": "at least 1"}]
    with gateway_of(answering(problem(422, errors=errors))) as gateway, pytest.raises(ApiProblem) as raised:
        gateway.get("songs", "9f86")
    assert str(raised.value) == "No.\n  body.chunks: at least 1, not 0"
    assert raised.value.problem["status"] == 422


@pytest.mark.parametrize(
    ("status", "slug", "code"),
    [
        (404, "not-found", 1),
        (422, "pool-too-small", 1),
        (422, "bad-setting", 2),
        (422, "bad-request", 2),
        (503, "queue-unavailable", 3),
    ],
)
def test_exit_codes_of_problems(status: int, slug: str, code: int) -> None:
    answer = problem(status, type=f"urn:segue:problem:{slug}")
    with gateway_of(answering(answer)) as gateway, pytest.raises(ApiProblem) as raised:
        gateway.system()
    assert exit_code(raised.value) == code


def test_an_error_of_something_in_between_names_the_status() -> None:
    answer = httpx.Response(502, text="<h1>Bad Gateway</h1>")
    with gateway_of(answering(answer)) as gateway, pytest.raises(ApiProblem, match="502") as raised:
        gateway.system()
    assert raised.value.is_unavailability


def test_a_page_that_is_no_json_is_no_gateway() -> None:
    answer = httpx.Response(200, text="<h1>It works!</h1>")
    with gateway_of(answering(answer)) as gateway, pytest.raises(NoGateway, match="not Segue"):
        gateway.system()


def test_no_answer_is_no_gateway() -> None:
    with (
        gateway_of(answering(httpx.ConnectError("refused"))) as gateway,
        pytest.raises(NoGateway, match="refused"),
    ):
        gateway.system()


def test_only_an_api_that_is_called_segue_is_segue() -> None:
    described = httpx.Response(200, json={"info": {"title": "Segue"}})
    other = httpx.Response(200, json={"info": {"title": "Petstore"}})
    for answer, expected in [(described, True), (other, False), (httpx.ConnectError("no"), False)]:
        with gateway_of(answering(answer)) as gateway:
            assert gateway.is_segue() is expected


def test_an_upload_streams_the_bytes_with_their_length_and_name(tmp_path: Path) -> None:
    path = tmp_path / "Café & Bar.ogg"
    path.write_bytes(bytes(range(256)) * 3000)
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        return httpx.Response(201, json={"id": "9f86"})

    counted: list[int] = []
    with gateway_of(handler) as gateway:
        assert gateway.upload(path, count=counted.append)["id"] == "9f86"
    (request,) = seen
    assert request.content == path.read_bytes()
    assert request.headers["content-length"] == "768000"
    assert "transfer-encoding" not in request.headers
    assert request.url.params["name"] == "Café & Bar.ogg"
    assert sum(counted) == 768_000
    assert len(counted) > 1


def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    keys: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) < SUBMIT_TRIES:
            raise httpx.ReadError("connection reset")
        return httpx.Response(202, json=job())

    with gateway_of(handler) as gateway:
        assert gateway.submit("mixes", {})["id"] == JOB_ID
    assert len(set(keys)) == 1
    assert len(keys) == SUBMIT_TRIES


def test_bad_input_is_not_sent_again() -> None:
    with gateway_of(answering(problem(422))) as gateway, pytest.raises(ApiProblem):
        gateway.submit("mixes", {})


def test_items_follow_the_cursor_to_the_end() -> None:
    pages = {None: (["a", "b"], "b"), "b": (["c"], None)}

    def handler(request: httpx.Request) -> httpx.Response:
        items, cursor = pages[request.url.params.get("cursor")]
        return httpx.Response(200, json={"items": [{"id": one} for one in items], "next_cursor": cursor})

    with gateway_of(handler) as gateway:
        assert [item["id"] for item in gateway.items("songs")] == ["a", "b", "c"]


def test_a_download_that_breaks_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("gone")

    target = tmp_path / "mix.mp3"
    target.write_bytes(b"old")
    answers = answering(httpx.Response(200, content=broken()), httpx.Response(200, content=b"new"))
    with gateway_of(answers) as gateway:
        with pytest.raises(NoGateway):
            gateway.download("mixes/1/audio", target)
        assert target.read_bytes() == b"old"
        gateway.download("mixes/1/audio", target)
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_events_are_told_whatever_comes_between_them() -> None:
    lines = [
        ": ping",
        "",
        "retry: 2000",
        "event: job",
        'data: {"id":',
        'data: "a"}',
        "",
        'data:{"id": "b"}',
        "",
        "data: {",
    ]
    assert [one["id"] for one in parse_events(lines)] == ["a", "b"]


class Follower:
    """Follows a job, and takes note of what was asked and how long was waited."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.asked: list[str] = []
        self.waited_s = 0.0
        answer = answering(*answers)

        def handler(request: httpx.Request) -> httpx.Response:
            self.asked.append("stream" if request.url.path.endswith("/events") else "job")
            return answer(request)

        self._gateway = gateway_of(handler)

    def states(self) -> list[str]:
        return [one["state"] for one in self]

    def __iter__(self) -> Iterator[Job]:
        return follow(self._gateway, JOB_ID, pause=self._wait)

    def _wait(self, seconds: float) -> None:
        self.waited_s += seconds


def test_a_stream_that_tells_the_end_is_all_that_is_asked_for() -> None:
    follower = Follower(stream(job("queued"), job(), job("succeeded")))
    assert follower.states() == ["queued", "running", "succeeded"]
    assert follower.asked == ["stream"]
    assert follower.waited_s == 0


def test_a_stream_that_ends_early_is_opened_again() -> None:
    follower = Follower(stream(job()), httpx.Response(200, json=job()), stream(job("failed")))
    assert follower.states() == ["running", "running", "failed"]
    assert follower.asked == ["stream", "job", "stream"]


def test_where_events_do_not_come_the_job_is_polled() -> None:
    looks = [httpx.Response(200, json=job(state)) for state in ("queued", "running", "cancelled")]
    follower = Follower(httpx.ReadTimeout("quiet"), *looks)
    assert follower.states() == ["queued", "running", "cancelled"]
    assert follower.asked == ["stream", "job", "job", "job"]


def test_a_gateway_that_comes_back_in_time_is_waited_for() -> None:
    away = [problem(503), httpx.ConnectError("refused"), httpx.ConnectError("refused")]
    follower = Follower(stream(job()), *away, httpx.Response(200, json=job("succeeded")))
    assert follower.states()[-1] == "succeeded"


def test_a_gateway_that_stays_away_is_given_up() -> None:
    tries = int(PATIENCE_S / POLL_S) + 1
    follower = Follower(*[httpx.ConnectError("refused") for _ in range(tries)])
    with pytest.raises(NoGateway):
        follower.states()
    assert follower.waited_s == PATIENCE_S


def test_a_job_that_is_not_there_is_not_waited_for() -> None:
    follower = Follower(problem(404))
    with pytest.raises(ApiProblem):
        follower.states()
    assert follower.waited_s == 0


FULL = ["abcd0" + "0" * 59, "abcd1" + "0" * 59]


def listing(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"items": [{"id": one} for one in FULL], "next_cursor": None})


def test_a_beginning_that_fits_one_id_is_that_id() -> None:
    with gateway_of(listing) as gateway:
        assert full_id(gateway, "songs", "ABCD1") == FULL[1]


def test_a_full_id_needs_no_look() -> None:
    with gateway_of(answering()) as gateway:
        assert full_id(gateway, "songs", FULL[0]) == FULL[0]
        assert full_id(gateway, "jobs", JOB_ID) == JOB_ID


@pytest.mark.parametrize(("given", "error"), [("abc", BadSetting), ("beef", NotFound)])
def test_a_beginning_that_is_too_short_or_fits_none(given: str, error: type[Exception]) -> None:
    with gateway_of(listing) as gateway, pytest.raises(error):
        full_id(gateway, "songs", given)


def test_a_beginning_that_fits_several_names_them() -> None:
    with gateway_of(listing) as gateway, pytest.raises(AmbiguousId, match="2 songs begin with 'abcd'"):
        full_id(gateway, "songs", "abcd")
