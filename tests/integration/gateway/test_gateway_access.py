"""Keys from end to end: made, used, rotated, revoked, and what a gateway asks of whom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from services.gateway.access import doorkeeper, quotas
from shared.jobs.progress import Progress
from shared.jobs.recipes import DecodeSong
from shared.store.keys import Artifact, Kind
from tests.integration.gateway.conftest import slug_of, upload
from tests.support.gateway import running_gateway
from tests.support.keys import ADMIN_KEY, Door, client_with, locked_gateway
from tests.support.servers import until

pytestmark = pytest.mark.integration


@pytest.fixture
def door(settings) -> Iterator[Door]:
    with locked_gateway(settings) as door:
        yield door


def test_a_key_is_told_once_and_kept_as_a_hash(door, store):
    made = door.make("anna")
    assert made["key"].startswith(f"segue_{made['id']}_")
    assert made["tenant"] == made["id"]
    secret = made["key"].split("_", 2)[2]
    kept = {stored.key: store.get(stored.key) for stored in store.list("")}
    assert any(key.startswith(f"keys/{made['id']}/") for key in kept)
    assert not [key for key, data in kept.items() if secret.encode() in data]
    listed = door.operator.get("/v1/keys")
    assert [one["id"] for one in listed.json()["items"]] == [made["id"]]
    assert secret not in listed.text


def test_the_answer_that_tells_a_key_is_not_to_be_kept(door):
    answer = door.operator.post("/v1/keys", json={"name": "anna"})
    assert answer.headers["cache-control"] == "no-store"


def test_a_key_opens_its_own_tenants_things(door):
    made = door.make("anna")
    song = upload(door.client(made["key"]), b"annas")
    second = door.make("anna's other machine", made["tenant"])
    assert door.client(second["key"]).get(f"/v1/songs/{song}").status_code == 200
    assert door.operator.get(f"/v1/songs/{song}").status_code == 404, "the operator's tenant is `local`"


def test_a_revoked_key_opens_nothing_at_once_and_soon_at_other_gateways(door, settings, monkeypatch):
    monkeypatch.setattr(doorkeeper, "REMEMBERED_S", 0.5)
    made = door.make("anna")
    anna = door.client(made["key"])
    with locked_gateway(settings) as other_door:
        elsewhere = other_door.client(made["key"])
        assert anna.get("/v1/songs").status_code == elsewhere.get("/v1/songs").status_code == 200
        assert door.operator.delete(f"/v1/keys/{made['id']}").status_code == 204
        refused = anna.get("/v1/songs")
        assert (refused.status_code, slug_of(refused)) == (401, "key-refused")
        until(lambda: elsewhere.get("/v1/songs").status_code == 401)
    assert door.operator.delete(f"/v1/keys/{made['id']}").status_code == 204
    shown = door.operator.get("/v1/keys").json()["items"]
    assert [one["revoked_at"] is not None for one in shown] == [True]


def test_a_rotated_key_opens_the_same_and_the_old_one_nothing(door):
    old = door.make("anna")
    song = upload(door.client(old["key"]), b"annas")
    answer = door.operator.post(f"/v1/keys/{old['id']}/rotation")
    new = answer.json()
    assert (answer.status_code, new["name"], new["tenant"]) == (201, "anna", old["tenant"])
    assert new["id"] != old["id"]
    assert door.client(new["key"]).get(f"/v1/songs/{song}").status_code == 200
    assert door.client(old["key"]).get(f"/v1/songs/{song}").status_code == 401


@pytest.mark.parametrize("identifier", ["0" * 12, "..", "%2E%2E%2Ft", "x" * 300])
def test_a_key_that_there_is_not_cannot_be_revoked_or_rotated(door, identifier):
    for answer in (
        door.operator.delete(f"/v1/keys/{identifier}"),
        door.operator.post(f"/v1/keys/{identifier}/rotation"),
    ):
        assert answer.status_code in {404, 405}


def test_names_and_tenants_that_would_be_paths_are_refused(door):
    for wish in (
        {"name": ""},
        {"name": "a\nb"},
        {"name": "a", "tenant": "../x"},
        {"name": "a", "tenant": "A"},
    ):
        answer = door.operator.post("/v1/keys", json=wish)
        assert (answer.status_code, slug_of(answer)) == (422, "bad-request")


def test_a_key_is_taken_from_the_header_alone(door):
    key = door.make("anna")["key"]
    for name in ("key", "api_key", "token", "access_token", "authorization"):
        refused = door.nobody.get("/v1/songs", params={name: key})
        assert (refused.status_code, slug_of(refused)) == (401, "key-needed")
        assert key not in refused.text
    for cookie in ("key", "authorization", "segue_session"):
        assert door.nobody.get("/v1/songs", headers={"Cookie": f"{cookie}={key}"}).status_code == 401
    twice = [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")]
    assert door.nobody.get("/v1/songs", headers=twice).status_code == 401


def test_logs_hold_no_key(door, capfd):
    made = door.make("anna")
    anna = door.client(made["key"])
    anna.get("/v1/songs")
    door.nobody.get("/v1/songs", headers={"Authorization": f"Bearer {made['key'][:-1]}x"})
    anna.get("/v1/keys")
    told = "".join(capfd.readouterr())
    assert made["id"] in told, "who called is told"
    assert all(action in told for action in ("key_made", "key_refused", "operator-only"))
    assert made["key"].split("_", 2)[2][:-1] not in told
    assert ADMIN_KEY not in told


def test_on_loopback_all_is_open_until_the_first_key_is_made(settings):
    with running_gateway(settings.model_copy(update={"admin_key": SecretStr(ADMIN_KEY)})) as api:
        song = upload(api, b"some bytes")
        operator = client_with(api, ADMIN_KEY)
        assert slug_of(api.post("/v1/keys", json={"name": "anna"})) == "key-needed"
        made = operator.post("/v1/keys", json={"name": "anna"}).json()
        assert slug_of(api.get(f"/v1/songs/{song}")) == "key-needed"
        assert operator.get(f"/v1/songs/{song}").status_code == 200, (
            "the operator goes on with what there was"
        )
        assert operator.delete(f"/v1/keys/{made['id']}").status_code == 204
        assert slug_of(api.get(f"/v1/songs/{song}")) == "key-needed", "it does not open again"


def test_an_open_gateway_answers_to_its_own_names_alone(api):
    """A page of another site can have its own name lead to 127.0.0.1."""
    rebound = api.get("/v1/songs", headers={"Host": "rebound.example:8000"})
    assert (rebound.status_code, slug_of(rebound)) == (421, "wrong-host")
    assert api.get("/v1/songs", headers={"Host": "localhost:8000"}).status_code == 200


def test_a_gateway_that_is_open_by_setting_answers_to_the_names_that_it_is_given(settings):
    """Containers listen on all addresses, and their port is published on loopback."""
    published = {"host": "0.0.0.0", "allow_open": True, "admin_key": SecretStr(ADMIN_KEY)}
    other = {"Host": "segue.lan:8000"}
    with running_gateway(settings.model_copy(update=published | {"hosts": "segue.lan"})) as api:
        assert api.get("/v1/songs", headers=other).status_code == 200
    with running_gateway(settings.model_copy(update=published)) as api:
        assert api.get("/v1/songs").status_code == 200
        rebound = api.get("/v1/songs", headers=other)
        assert (rebound.status_code, slug_of(rebound)) == (421, "wrong-host")
        assert "SEGUE_HOSTS" in rebound.json()["detail"]
        assert slug_of(api.post("/v1/songs", content=b"some bytes", headers=other)) == "wrong-host"
        assert api.get("/healthz", headers=other).status_code == 200
        operator = client_with(api, ADMIN_KEY)
        assert operator.get("/metrics", headers=other).status_code == 200, "as Prometheus calls it"
        assert operator.post("/v1/keys", json={"name": "anna"}).status_code == 201
        assert slug_of(api.get("/v1/songs", headers=other)) == "key-needed"


def test_metrics_are_the_operators_where_keys_are_asked_for(door, api):
    anna = door.client(door.make("anna")["key"])
    assert [client.get("/metrics").status_code for client in (door.nobody, anna, door.operator)] == [
        401,
        403,
        200,
    ]


def test_requests_beyond_a_tenants_share_are_refused_until_told(settings):
    with locked_gateway(settings, quota_requests_per_minute=5) as door:
        made = door.make("anna")
        anna, bob = door.client(made["key"]), door.client(door.make("bob")["key"])
        for _ in range(5):
            assert anna.get("/v1/approaches").status_code == 200
        refused = anna.get("/v1/approaches")
        assert (refused.status_code, slug_of(refused)) == (429, "too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 12
        assert bob.get("/v1/approaches").status_code == 200
        second = door.client(door.make("anna's other", made["tenant"])["key"])
        assert second.get("/v1/approaches").status_code == 429, "more keys give no more requests"


def test_streams_beyond_a_tenants_share_are_refused_until_one_has_ended(settings, maker):
    job = maker.submit(DecodeSong(song=maker.upload_bytes(b"some bytes")))
    events = f"/v1/jobs/{job.id}/events"
    with locked_gateway(settings, quota_streams=1) as door:
        made = door.make("anna", "local")
        anna, again = door.client(made["key"]), door.client(made["key"])
        with anna.stream("GET", events) as answer:
            lines = answer.iter_lines()  # Named, since it closes the stream when it is gone.
            assert next(lines) == "event: job"
            refused = again.get(events)
            assert (refused.status_code, slug_of(refused)) == (429, "too-many-streams")
            assert int(refused.headers["retry-after"]) > 0

        def let_in() -> bool:
            with again.stream("GET", events) as answer:
                return answer.status_code == 200

        assert until(let_in, timeout_s=30)


def test_jobs_beyond_a_tenants_share_are_refused_until_one_has_ended(settings):
    with locked_gateway(settings, quota_open_jobs=2) as door:
        anna = door.client(door.make("anna")["key"])
        song = upload(anna, b"some bytes")  # One that decodes it.
        asked = {"songs": [song], "cut": {"method": "equal", "chunk_s": 1}}
        first = anna.post("/v1/cuts", json=asked, headers={"Idempotency-Key": "first"})
        assert first.status_code == 202
        refused = anna.post("/v1/cuts", json=asked)
        assert (refused.status_code, slug_of(refused)) == (429, "too-many-jobs")
        assert int(refused.headers["retry-after"]) > 0
        again = anna.post("/v1/cuts", json=asked, headers={"Idempotency-Key": "first"})
        assert again.json()["id"] == first.json()["id"], "what was accepted is no other job"
        anna.delete(f"/v1/jobs/{first.json()['id']}")
        assert anna.post("/v1/cuts", json=asked).status_code == 202


def test_uploads_of_one_tenant_do_not_use_up_the_jobs_of_all(settings):
    with locked_gateway(settings, quota_open_jobs=2, most_open_jobs=4) as door:
        anna, bob = (door.client(door.make(name)["key"]) for name in ("anna", "bob"))
        for number in range(5):
            upload(anna, f"song {number}".encode())  # Each with a job that decodes it.
        song = upload(bob, b"some bytes")
        asked = {"songs": [song], "cut": {"method": "equal", "chunk_s": 1}}
        assert bob.post("/v1/cuts", json=asked).status_code == 202


def test_bytes_beyond_a_tenants_share_are_refused_and_leave_nothing(settings, store):
    def unannounced() -> Iterator[bytes]:
        yield bytes(40_000)
        yield bytes(40_000)

    with locked_gateway(settings, quota_stored_bytes=100_000) as door:
        made = door.make("anna")
        anna = door.client(made["key"])
        song = upload(anna, bytes(60_000))
        for refused in (
            anna.post("/v1/songs", content=bytes(40_001)),
            anna.post("/v1/songs", content=unannounced()),
        ):
            assert (refused.status_code, slug_of(refused)) == (413, "storage-full")
            assert int(refused.headers["retry-after"]) > 0
        folder = f"t/{made['tenant']}"
        sources = [one.key for one in store.list(folder) if one.key.endswith("/source")]
        assert sources == [f"{folder}/songs/{song}/source"]
        assert list(store.list(f"{folder}/uploads/")) == []
        upload(anna, b"a small one")
        upload(door.client(door.make("bob")["key"]), bytes(60_000))


def test_who_is_full_can_ask_for_no_work_until_something_is_deleted(settings, store, monkeypatch):
    monkeypatch.setattr(quotas, "REFUSED_RECOUNT_S", 0.0)
    with locked_gateway(settings) as door:
        made = door.make("anna")
        song = upload(door.client(made["key"]), b"some bytes")
    large = f"t/{made['tenant']}/mixes/{'0' * 64}/attempt/mix.wav"
    store.put(large, bytes(60_000))
    with locked_gateway(settings, quota_stored_bytes=50_000) as door:
        anna = door.client(made["key"])
        refused = anna.post("/v1/cuts", json={"songs": [song]})
        assert (refused.status_code, slug_of(refused)) == (413, "storage-full")
        store.delete(large)
        assert anna.post("/v1/cuts", json={"songs": [song]}).status_code == 202


def test_a_stream_ends_when_its_key_is_revoked(door, maker, monkeypatch):
    monkeypatch.setattr(doorkeeper, "REMEMBERED_S", 0.2)
    job = maker.submit(DecodeSong(song=maker.upload_bytes(b"some bytes")))
    artifact = Artifact("local", Kind.SONG, job.accepted.recipe.song)
    made = door.make("anna", "local")
    with door.client(made["key"]).stream("GET", f"/v1/jobs/{job.id}/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: job"
        door.operator.delete(f"/v1/keys/{made['id']}")
        maker.leases.start(artifact, "token")
        maker.dispatcher.board.report(artifact, Progress(done=1, total=2, unit="seconds"))
        assert not [line for line in lines if "running" in line], "it ends, and tells nothing more"
