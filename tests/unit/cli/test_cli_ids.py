"""Ids shortened as in git, and the exit codes of what the gateway answers."""

from __future__ import annotations

import httpx
import pytest

from cli.endings import exit_code
from cli.errors import AmbiguousId
from cli.ids import full_id
from segue_client import ApiProblem, Client
from shared.errors import BadSetting, NotFound
from tests.unit.client.gateways import JOB_ID, URL, Handler, answering, problem


def gateway_of(handler: Handler) -> Client:
    return Client(URL, transport=httpx.MockTransport(handler))


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
