"""Jobs, followed by both clients."""

from __future__ import annotations

import httpx
import pytest

from segue_client import JobCancelled, JobFailed, NoGateway, NotFound
from segue_client.events import EventReader
from segue_client.following import PATIENCE_S, POLL_S
from tests.unit.client.gateways import JOB_ID, Asked, Kind, answering, both, job, problem, stream


class Follower:
    """Follows a job, and takes note of what was asked and how long was waited."""

    def __init__(self, kind: Kind, *answers: httpx.Response | Exception) -> None:
        self._requests: list[httpx.Request] = []
        self._client = Asked(kind, answering(*answers, asked=self._requests))

    def states(self) -> list[str]:
        return [one["state"] for one in self._client.do("jobs", "follow", JOB_ID)]

    def wait(self, **options: object) -> dict:
        return self._client.do("jobs", "wait", JOB_ID, **options)

    @property
    def asked(self) -> list[str]:
        return ["stream" if one.url.path.endswith("/events") else "job" for one in self._requests]

    @property
    def seen(self) -> list[str | None]:
        return [one.headers.get("last-event-id") for one in self._requests]

    @property
    def waited_s(self) -> float:
        return sum(self._client.paused_s)


@both
def test_a_stream_that_tells_the_end_is_all_that_is_asked_for(kind: Kind) -> None:
    follower = Follower(kind, stream(job("queued"), job(), job("succeeded")))
    assert follower.states() == ["queued", "running", "succeeded"]
    assert follower.asked == ["stream"]
    assert follower.waited_s == 0


@both
@pytest.mark.parametrize("broken", [True, False], ids=["broken", "ended"])
def test_a_stream_that_ends_early_is_opened_again_from_the_last_event(kind: Kind, broken: bool) -> None:
    follower = Follower(kind, stream(job("queued"), job(), broken=broken), stream(job("failed")))
    assert follower.states() == ["queued", "running", "failed"]
    assert follower.asked == ["stream", "stream"]
    assert follower.seen == [None, "2"]


@both
def test_where_events_do_not_come_the_job_is_looked_at(kind: Kind) -> None:
    looks = [httpx.Response(200, json=job(state)) for state in ("queued", "running", "cancelled")]
    follower = Follower(kind, httpx.ReadTimeout("quiet"), *looks)
    assert follower.states() == ["queued", "running", "cancelled"]
    assert follower.asked == ["stream", "job", "job", "job"]


@both
def test_a_gateway_that_comes_back_in_time_is_waited_for(kind: Kind) -> None:
    away = [problem(503), httpx.ConnectError("refused"), httpx.ConnectError("refused")]
    follower = Follower(kind, stream(job()), *away, httpx.Response(200, json=job("succeeded")))
    assert follower.states()[-1] == "succeeded"


@both
def test_a_gateway_that_stays_away_is_given_up(kind: Kind) -> None:
    tries = int(PATIENCE_S / POLL_S) + 1
    follower = Follower(kind, *[httpx.ConnectError("refused") for _ in range(tries)])
    with pytest.raises(NoGateway):
        follower.states()
    assert follower.waited_s == PATIENCE_S


@both
def test_a_job_that_is_not_there_is_not_waited_for(kind: Kind) -> None:
    follower = Follower(kind, problem(404))
    with pytest.raises(NotFound):
        follower.states()
    assert follower.waited_s == 0


@both
def test_who_waits_hears_of_every_change_and_gets_the_end(kind: Kind) -> None:
    heard: list[str] = []
    follower = Follower(kind, stream(job("queued"), job(), job("succeeded", mix="2ef7")))
    assert follower.wait(hear=lambda one: heard.append(one["state"]))["mix"] == "2ef7"
    assert heard == ["queued", "running", "succeeded"]


@both
@pytest.mark.parametrize(
    ("state", "error", "told"),
    [("failed", JobFailed, "0b5d1c4e8f6a failed: No sound."), ("cancelled", JobCancelled, "was cancelled")],
)
def test_a_job_that_ends_otherwise_is_an_error(
    kind: Kind, state: str, error: type[Exception], told: str
) -> None:
    cause = {
        "type": "urn:segue:problem:not-audio",
        "title": "Not audio",
        "status": 422,
        "detail": "No sound.",
    }
    with pytest.raises(error, match=told):
        Follower(kind, stream(job(state, problem=cause))).wait()


def test_events_are_read_whatever_comes_between_them_and_however_they_are_torn() -> None:
    text = ': ping\n\nretry: 2000\nevent: job\nid: 7\ndata: {"id":\ndata: "ä"}\n\n'
    text += 'data:{"id": "b"}\r\n\r\ndata: {'
    for block in (1, 2, 3, len(text.encode())):
        reader, body = EventReader(), text.encode()
        events = [event for at in range(0, len(body), block) for event in reader.read(body[at : at + block])]
        assert [(event.data, event.id) for event in events] == [('{"id":\n"ä"}', "7"), ('{"id": "b"}', "7")]
