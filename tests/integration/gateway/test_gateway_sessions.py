"""Pages: the cookie that they read with, and what browsers are told that they may do."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie

import httpx
import pytest

from shared.jobs.recipes import DecodeSong
from tests.integration.gateway.conftest import slug_of, upload
from tests.support.keys import Door, locked_gateway

pytestmark = pytest.mark.integration


@pytest.fixture
def door(settings) -> Iterator[Door]:
    with locked_gateway(settings) as door:
        yield door


def begin(client: httpx.Client, **options) -> Morsel:
    answer = client.post("/v1/session", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    client.cookies.clear()
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return cookie


def page_with(door: Door, cookie: Morsel) -> httpx.Client:
    """Return what a browser is that has the cookie, and no key."""
    return httpx.Client(
        base_url=door.nobody.base_url, headers={"Cookie": f"{cookie.key}={cookie.value}"}, timeout=30
    )


def test_no_script_reads_the_cookie_and_no_other_site_has_it_sent(door):
    made = door.make("anna")
    cookie = begin(door.client(made["key"]))
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "strict", "/")
    assert 0 < int(cookie["max-age"]) <= 8 * 3600
    assert made["key"].split("_", 2)[2] not in cookie.value


def test_over_tls_the_cookie_goes_over_tls_alone(door):
    client = door.client(door.make("anna")["key"])
    # As a proxy on this machine says that ends the encryption.
    cookie = begin(client, headers={"X-Forwarded-Proto": "https"})
    assert (cookie.key, cookie["secure"]) == ("__Host-segue_session", True)


def test_a_page_reads_by_its_cookie_and_changes_nothing(door, maker):
    made = door.make("anna", "local")
    anna = door.client(made["key"])
    song = upload(anna, b"some bytes")
    job = maker.submit(DecodeSong(song=maker.upload_bytes(b"another")))
    page = page_with(door, begin(anna))
    assert page.get(f"/v1/songs/{song}").status_code == 200
    with page.stream("GET", f"/v1/jobs/{job.id}/events") as events:
        assert next(events.iter_lines()) == "event: job"
    changes = [
        ("POST", "/v1/songs"),
        ("DELETE", f"/v1/songs/{song}"),
        ("DELETE", f"/v1/jobs/{job.id}"),
        ("PUT", f"/v1/songs/{song}/correction"),
        ("POST", "/v1/gc"),
        ("POST", "/v1/session"),
    ]
    for method, path in changes:
        refused = page.request(method, path, content=b"{}", headers={"Content-Type": "application/json"})
        assert (refused.status_code, slug_of(refused)) == (401, "key-needed"), f"{method} {path}"


def test_a_page_sees_what_its_key_opens_and_nothing_else(door):
    song = upload(door.client(door.make("anna")["key"]), b"annas")
    page = page_with(door, begin(door.client(door.make("bob")["key"])))
    assert page.get("/v1/songs").json()["items"] == []
    assert page.get(f"/v1/songs/{song}").status_code == 404


def test_a_session_ends_with_its_key_and_by_itself(door):
    made = door.make("anna")
    anna = door.client(made["key"])
    pages = [page_with(door, begin(anna)) for _ in range(2)]
    assert [page.get("/v1/songs").status_code for page in pages] == [200, 200]
    ended = pages[0].delete("/v1/session")
    assert ended.status_code == 204
    (cookie,) = SimpleCookie(ended.headers["set-cookie"]).values()
    assert cookie.value == ""
    assert [page.get("/v1/songs").status_code for page in pages] == [401, 200]
    door.operator.delete(f"/v1/keys/{made['id']}")
    assert pages[1].get("/v1/songs").status_code == 401


def test_the_operators_page_reads_what_is_local_and_no_keys(door):
    song = upload(door.operator, b"some bytes")
    page = page_with(door, begin(door.operator))
    assert page.get(f"/v1/songs/{song}").status_code == 200
    assert slug_of(page.get("/v1/keys")) == "operator-only"
    assert page.get("/metrics").status_code == 403


def test_a_key_that_opens_nothing_is_not_made_good_by_a_cookie(door):
    page = page_with(door, begin(door.client(door.make("anna")["key"])))
    assert page.get("/v1/songs", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_where_nobody_is_asked_a_page_needs_no_cookie(api):
    answer = api.post("/v1/session")
    assert (answer.status_code, answer.json()) == (200, {"tenant": "local", "expires_at": None})
    assert "set-cookie" not in answer.headers


def test_pages_may_do_nothing_with_answers_and_those_of_other_sites_not_even_read(door):
    key = door.make("anna")["key"]
    elsewhere = {"Origin": "https://elsewhere.example"}
    answers = [
        door.client(key).get("/v1/songs", headers=elsewhere),
        door.nobody.get("/v1/songs", headers=elsewhere),
        door.nobody.get("/nowhere"),
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    asked = {**elsewhere, "Access-Control-Request-Method": "POST"}
    preflight = door.nobody.options("/v1/songs", headers=asked)
    assert not [name for name in preflight.headers if name.startswith("access-control-")]
    assert not preflight.is_success
    assert door.client(key).post("/v1/gc", headers=elsewhere).status_code == 403


def test_what_a_browser_keeps_is_for_the_caller_alone(door):
    answer = door.client(door.make("anna")["key"]).get("/v1/songs")
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer.headers["vary"].split(",")}
    assert answer.headers["cache-control"] == "no-store"
    assert door.nobody.delete("/v1/session").headers["clear-site-data"] == '"cache"'


def test_the_description_runs_its_own_scripts_and_no_others(door):
    page = door.nobody.get("/docs")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy["script-src"]
    sources = re.findall(r'(?:src|href)="([^"]+)', page.text)
    assert {source.rsplit(".", 1)[-1] for source in sources} == {"css", "js", "data:,"}
    for source in set(sources) - {"data:,"}:
        assert source.startswith("/")
        assert len(door.nobody.get(source).content) > 100_000
    assert door.nobody.get("/redoc").status_code == 404
