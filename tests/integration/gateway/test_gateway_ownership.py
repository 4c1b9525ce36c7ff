"""Nothing of one tenant can be told from nothing by another, on any route that the API has.

The routes are read from the API's own description: one that is new is asked too, and if its path or its body
needs something that is not named here, the test fails until it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.gateway.conftest import Maker, slug_of
from tests.integration.gateway.making import SOUND, make_one_of_each
from tests.support.keys import Door, locked_gateway

pytestmark = pytest.mark.integration
KINDS = ("song", "cut", "pool", "model", "report", "mix", "other_mix", "preview")
NOTHING = {kind: str(number) * 64 for number, kind in enumerate(KINDS)} | {
    "job": "f" * 32,
    "vote": "e" * 32,
    "upload": "d" * 32,
}
"""Ids that nobody has."""
BODIES = {
    "PUT /v1/songs/{song_id}/correction": {"tempo_bpm": 120},
    "POST /v1/mixes/{mix_id}/revisions": {"edits": [{"edit": "swap", "position": 1}]},
    "POST /v1/radio/{pool_id}/ban": {},
}
"""What routes with an id in their path have to be sent."""
NAMING = [
    ("cuts", lambda ids: {"songs": [ids["song"]]}),
    ("pools", lambda ids: {"songs": [ids["song"]]}),
    ("models", lambda ids: {"songs": [ids["song"]]}),
    ("mixes", lambda ids: {"songs": [ids["song"]], "chunks": 2}),
    ("mixes", lambda ids: {"cuts": [ids["cut"]], "chunks": 2}),
    ("mixes", lambda ids: {"model": ids["model"], "songs": [ids["song"]], "chunks": 2}),
    ("votes", lambda ids: {"a": ids["mix"], "b": ids["other_mix"], "choice": "a"}),
]
"""What names things in its body, below /v1/."""
NOT_READ = {"/v1/radio/{pool_id}.mp3"}
"""Would wait for a worker to make sound."""
OPEN = {("get", "/healthz"), ("get", "/readyz"), ("delete", "/v1/session")}
"""For supervisors, and to have a browser forget its session."""
WITHOUT_HEAD = {"/v1/mixes/{mix_id}/seams/{position}/audio"}


@pytest.fixture
def door(settings) -> Iterator[Door]:
    with locked_gateway(settings) as door:
        yield door


@pytest.fixture
def anna(door: Door) -> httpx.Client:
    """Has one of everything, as tenant `local`, for whom `maker` makes."""
    return door.client(door.make("anna", "local")["key"])


@pytest.fixture
def bob(door: Door) -> httpx.Client:
    """Has nothing."""
    return door.client(door.make("bob")["key"])


@pytest.fixture
def ids(anna: httpx.Client, maker: Maker) -> dict[str, str]:
    """The ids of one thing of each kind that is anna's, with all its files."""
    return make_one_of_each(anna, maker)


def routes(api: httpx.Client) -> list[tuple[str, str]]:
    """Return the method and the path of every route under /v1 that names something by its id.

    Those that send files answer `HEAD` too, which the description leaves out.
    """
    paths = api.get("/openapi.json").json()["paths"]
    found = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    naming = [(method, path) for method, path in found if path.startswith("/v1/") and "{" in path]
    assert len(naming) > 40
    sent = [path for method, path in naming if method == "GET" and path.endswith("/audio")]
    return naming + [("HEAD", path) for path in sent if path not in WITHOUT_HEAD]


def filled(path: str, ids: dict[str, str]) -> str:
    values = {f"{name}_id": value for name, value in ids.items()} | {"n": "1", "position": "1"}
    return path.format(**values)


def ask(api: httpx.Client, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    return api.request(method, filled(path, ids), json=BODIES.get(f"{method} {path}"))


def told(answer: httpx.Response, ids: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Return all of an answer that could tell something: without ids and what each answer has of its own."""
    text = answer.text
    for name, value in ids.items():
        text = text.replace(value, name)
    document = json.loads(text) if text else {}
    document.pop("request_id", None)
    own = {"x-request-id", "date", "content-length"}
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, headers, json.dumps(document, sort_keys=True)


def of_the_operator(path: str) -> bool:
    return path.startswith("/v1/keys")


def test_what_is_annas_is_nothing_to_bob_on_any_route(door, anna, bob, ids, maker):
    before = maker.stored()
    for method, path in routes(door.nobody):
        if of_the_operator(path):
            continue
        real, made_up = ask(bob, method, path, ids), ask(bob, method, path, NOTHING)
        assert real.status_code == 404, f"{method} {path}: {real.status_code} {real.text}"
        assert told(real, ids) == told(made_up, NOTHING), f"{method} {path}"
    assert maker.stored() == before


def test_what_is_annas_is_something_to_anna_on_the_same_routes(door, anna, ids):
    """Otherwise the test above would hold of a gateway that finds nothing at all."""
    read = 0
    for method, path in routes(door.nobody):
        if of_the_operator(path) or path in NOT_READ or method not in {"GET", "HEAD"}:
            continue
        if path.endswith("/events"):
            with anna.stream("GET", filled(path, ids)) as answer:
                assert answer.status_code == 200
                assert next(answer.iter_lines()) == "event: job"
        else:
            answer = ask(anna, method, path, ids)
            assert answer.status_code == 200, f"{method} {path}: {answer.text}"
        read += 1
    assert read > 25


def test_keys_are_the_operators_whatever_their_id(door, bob):
    known = door.make("carla")["id"]
    for method, path in routes(door.nobody):
        if of_the_operator(path):
            for key in (known, "0" * 12):
                answer = bob.request(method, path.format(key_id=key))
                assert (answer.status_code, slug_of(answer)) == (403, "operator-only")
    assert slug_of(bob.post("/v1/keys", json={"name": "bob's friend"})) == "operator-only"
    assert slug_of(bob.get("/v1/keys")) == "operator-only"


@pytest.mark.parametrize(("kind", "request_of"), NAMING)
def test_what_is_annas_cannot_be_used_by_bob(bob, ids, kind, request_of):
    real = bob.post(f"/v1/{kind}", json=request_of(ids))
    made_up = bob.post(f"/v1/{kind}", json=request_of(NOTHING))
    assert real.status_code == 404, real.text
    assert told(real, ids) == told(made_up, NOTHING)


def test_bobs_lists_are_empty(door, anna, bob, ids):
    paths = door.nobody.get("/openapi.json").json()["paths"]
    listed = 0
    for path, methods in paths.items():
        if "get" not in methods or "{" in path or not path.startswith("/v1/") or of_the_operator(path):
            continue
        shown = bob.get(path)
        assert not [value for value in ids.values() if value in shown.text], path
        if shown.is_success and isinstance(shown.json(), dict) and "items" in shown.json():
            assert shown.json()["items"] == [], path
            listed += bool(anna.get(path).json()["items"])
    assert listed == 8, "songs, cuts, models, reports, pools, mixes, votes, jobs: anna has some of each"
    system = bob.get("/v1/system").json()
    assert (system["stored"], system["open_jobs"]) == ({}, 0)


def test_an_upload_does_not_tell_that_another_has_the_same_file(anna, bob, ids, maker):
    song = hashlib.sha256(SOUND).hexdigest()
    assert song == ids["song"]
    first = bob.post("/v1/songs", params={"name": "mine.mp3"}, content=SOUND)
    assert (first.status_code, first.json()["state"], first.json()["name"]) == (201, "received", "mine.mp3")
    assert bob.post("/v1/songs", content=SOUND).status_code == 200
    assert bob.get(f"/v1/songs/{song}/audio").status_code == 409, "anna's is decoded, bob's is not"
    assert anna.get(f"/v1/songs/{song}").json()["name"] == "Night Drive.mp3"
    assert anna.post("/v1/songs", content=SOUND).status_code == 200


def test_the_same_idempotency_key_gives_each_a_job_of_their_own(anna, bob, ids):
    asked = {"headers": {"Idempotency-Key": "night"}, "json": {"songs": [ids["song"]]}}
    bob.post("/v1/songs", content=SOUND)
    jobs = [client.post("/v1/cuts", **asked) for client in (anna, bob)]
    assert [answer.status_code for answer in jobs] == [202, 202]
    assert jobs[0].json()["id"] != jobs[1].json()["id"]
    assert bob.get(f"/v1/jobs/{jobs[0].json()['id']}").status_code == 404


def test_no_route_answers_without_a_key(door, ids):
    paths = door.nobody.get("/openapi.json").json()["paths"]
    asked = 0
    for path, methods in paths.items():
        for method in methods:
            answer = ask(door.nobody, method.upper(), path.replace("{key_id}", "0" * 12), ids)
            if (method, path) in OPEN:
                assert answer.status_code in {200, 204, 503}
                continue
            assert answer.status_code == 401, f"{method} {path}"
            assert method == "head" or slug_of(answer) == "key-needed", f"{method} {path}"
            assert answer.headers["www-authenticate"].startswith("Bearer")
            asked += 1
    assert asked > 60
