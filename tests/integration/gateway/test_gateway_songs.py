from __future__ import annotations

import hashlib
import http.client
import json

import pytest

from shared.jobs.recipes import DecodeSong
from shared.jobs.records import Outcome, State
from shared.parameters import Cut
from shared.store import keys
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Problem
from shared.store.specs import CutSpec, SongSpec
from tests.integration.gateway.conftest import LIMIT_BYTES, slug_of, upload
from tests.support.library import cut_facts, song_facts
from tests.support.servers import until

pytestmark = pytest.mark.integration
AUDIO = bytes(range(256)) * 40
PEAKS = b'{"peaks": [[-0.5, 0.25]]}'


def ready(maker, song: str) -> None:
    payloads = {"audio.flac": AUDIO, "peaks.json": PEAKS}
    maker.commit(SongSpec(song=song), song_facts(title="Drive"), payloads)


def test_an_upload_is_stored_named_by_its_bytes_and_queued_to_be_decoded(api, maker):
    data = b"\x00\x01" * 5000
    answer = api.post("/v1/songs", params={"name": "a/Night Drive.mp3"}, content=data)
    song = answer.json()
    assert (answer.status_code, song["id"]) == (201, hashlib.sha256(data).hexdigest())
    assert (song["state"], song["name"], song["title"]) == ("received", "Night Drive.mp3", "Night Drive")
    assert song["size_bytes"] == len(data)
    assert answer.headers["location"] == song["links"]["self"]
    assert maker.store.get(f"t/local/songs/{song['id']}/source") == data
    assert maker.stored("uploads/") == []
    assert [order.key for order in maker.leases.queued("chunker")] == [song["id"]]
    assert api.get(f"/v1/jobs/{song['job']}").json()["goal"] == "song"


def test_the_same_bytes_are_the_same_song_and_one_job(api, maker):
    first = api.post("/v1/songs", params={"name": "one.mp3"}, content=b"same")
    second = api.post("/v1/songs", files={"file": ("two.mp3", b"same")})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert len(api.get("/v1/jobs").json()["items"]) == 1


def test_a_form_is_taken_as_the_file_in_it(api, maker):
    data = b"\r\n--not a boundary" * 20_000
    song = api.post("/v1/songs", files={"file": ("Lounge.flac", data)}).json()
    assert (song["name"], song["id"]) == ("Lounge.flac", hashlib.sha256(data).hexdigest())
    assert maker.store.get(f"t/local/songs/{song['id']}/source") == data


def test_a_song_of_several_parts_is_stored_whole(settings, maker):
    from tests.support.gateway import running_gateway

    data = hashlib.sha256(b"seed").digest() * (40 << 15)  # 40 MiB: two parts and a rest.
    with running_gateway(settings) as api:
        song = upload(api, data)
    assert song == hashlib.sha256(data).hexdigest()
    stored = hashlib.sha256()
    for block in maker.store.stream(f"t/local/songs/{song}/source"):
        stored.update(block)
    assert stored.hexdigest() == song


def test_an_empty_upload_is_refused_and_leaves_nothing(api, maker):
    assert slug_of(api.post("/v1/songs", content=b"")) == "song-empty"
    assert slug_of(api.post("/v1/songs", files={"file": ("a.mp3", b"")})) == "song-empty"
    assert maker.stored() == []


def test_a_file_above_the_limit_is_refused_and_leaves_nothing(api, maker):
    def unannounced():
        for _ in range(11):
            yield bytes(LIMIT_BYTES // 10)

    for answer in (
        api.post("/v1/songs", content=bytes(LIMIT_BYTES + 1)),
        api.post("/v1/songs", content=unannounced()),
        api.post("/v1/songs", files={"file": ("a.mp3", bytes(LIMIT_BYTES + 1))}),
    ):
        assert (answer.status_code, slug_of(answer)) == (413, "song-too-large")
    assert maker.stored() == []
    assert upload(api, bytes(LIMIT_BYTES))


def test_a_form_without_a_file_is_refused(api, maker):
    answer = api.post("/v1/songs", files={"song": ("a.mp3", b"some")})
    assert (answer.status_code, slug_of(answer)) == (422, "bad-input")
    assert maker.stored() == []


def test_a_client_that_goes_away_leaves_nothing(api, maker):
    connection = http.client.HTTPConnection(api.base_url.host, api.base_url.port)
    connection.putrequest("POST", "/v1/songs")
    connection.putheader("Content-Length", "100000")
    connection.endheaders(b"x" * 50_000)
    connection.close()
    counted = 'handler="/v1/songs",method="POST",status="4xx"'
    until(lambda: counted in api.get("/metrics").text)
    assert maker.stored() == []


def test_a_decoded_song_shows_its_figures_and_sounds(api, maker, song):
    early = api.get(f"/v1/songs/{song}/audio")
    assert (early.status_code, slug_of(early)) == (409, "conflict")
    ready(maker, song)
    shown = api.get(f"/v1/songs/{song}").json()
    assert (shown["state"], shown["title"], shown["duration_s"], shown["job"]) == (
        "ready",
        "Drive",
        4.0,
        None,
    )
    answer = api.get(shown["links"]["audio"])
    assert (answer.content, answer.headers["content-type"]) == (AUDIO, "audio/flac")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-disposition"].endswith("Drive.flac")


def test_a_decoded_song_has_its_outline(api, maker, song):
    early = api.get(f"/v1/songs/{song}/peaks")
    assert (early.status_code, slug_of(early)) == (409, "conflict")
    ready(maker, song)
    answer = api.get(api.get(f"/v1/songs/{song}").json()["links"]["peaks"])
    assert (answer.json(), answer.headers["content-type"]) == (json.loads(PEAKS), "application/json")


def test_a_song_that_an_earlier_release_decoded_has_no_outline(api, maker, song):
    maker.commit(SongSpec(song=song), song_facts(), {"audio.flac": AUDIO})
    assert "peaks" not in api.get(f"/v1/songs/{song}").json()["links"]
    answer = api.get(f"/v1/songs/{song}/peaks")
    assert (answer.status_code, slug_of(answer)) == (404, "not-found")


def test_ranges_give_slices_and_validators_hold(api, maker, song):
    ready(maker, song)
    path = f"/v1/songs/{song}/audio"
    whole = api.get(path)
    part = api.get(path, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, AUDIO[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(AUDIO)}"
    assert api.get(path, headers={"Range": "bytes=-7"}).content == AUDIO[-7:]
    beyond = api.get(path, headers={"Range": f"bytes={len(AUDIO)}-"})
    assert (beyond.status_code, slug_of(beyond)) == (416, "range-not-satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(AUDIO)}"
    etag = whole.headers["etag"]
    assert api.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert api.get(path, headers={"Range": "bytes=0-1", "If-Range": etag}).status_code == 206
    assert api.get(path, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).content == AUDIO
    head = api.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(AUDIO)))


def test_a_rejected_song_tells_why_and_cannot_be_used(api, maker, song):
    problem = Problem(slug="not-audio", title="Not an audio file", detail="It is a text.")
    maker.reject(SongSpec(song=song), problem)
    shown = api.get(f"/v1/songs/{song}").json()
    assert (shown["state"], shown["problem"]["detail"]) == ("rejected", "It is a text.")
    for refused in (api.post("/v1/cuts", json={"songs": [song]}), api.get(f"/v1/songs/{song}/audio")):
        assert (refused.status_code, slug_of(refused)) == (422, "not-audio")
    # The same bytes can give nothing else: no further job.
    upload(api, b"some bytes")
    assert len(api.get("/v1/jobs").json()["items"]) == 1


def test_a_song_that_failed_to_decode_is_tried_again_when_uploaded_again(api, maker, song):
    first = api.get(f"/v1/songs/{song}").json()["job"]
    gave_up = Problem(slug="gave-up", title="A step failed", detail="Killed thrice.")
    records = maker.dispatcher.records
    records.finish(records.get("local", first), Outcome(state=State.FAILED, problem=gave_up))
    failed = api.get(f"/v1/songs/{song}").json()
    assert (failed["state"], failed["problem"]["detail"]) == ("received", "Killed thrice.")
    upload(api, b"some bytes")
    again = api.get(f"/v1/songs/{song}").json()
    assert again["job"] != first
    assert again["problem"] is None


def test_songs_are_listed_page_by_page(api):
    songs = sorted(upload(api, data, f"{data.decode()}.mp3") for data in (b"a", b"b", b"c"))
    first = api.get("/v1/songs", params={"limit": 2}).json()
    second = api.get("/v1/songs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [song["id"] for song in first["items"] + second["items"]] == songs
    assert second["next_cursor"] is None
    assert slug_of(api.get("/v1/songs", params={"limit": 0})) == "bad-request"


def test_a_song_that_a_job_needs_cannot_be_deleted_until_the_job_ends(api, maker, song):
    job = api.get(f"/v1/songs/{song}").json()["job"]
    refused = api.delete(f"/v1/songs/{song}")
    assert (refused.status_code, slug_of(refused)) == (409, "in-use")
    assert job in refused.json()["detail"]
    ready(maker, song)  # No open mark is dropped by this: the job ends when someone plans it.
    maker.dispatcher.advance(maker.dispatcher.records.get("local", job))
    assert api.delete(f"/v1/songs/{song}").status_code == 204
    assert api.get(f"/v1/songs/{song}").status_code == 404
    assert api.delete(f"/v1/songs/{song}").status_code == 404
    assert maker.stored(f"songs/{song}/") == []


def test_a_song_that_a_worker_is_still_at_cannot_be_deleted(api, maker, song):
    decoded = Artifact("local", Kind.SONG, song)
    api.delete(f"/v1/jobs/{api.get(f'/v1/songs/{song}').json()['job']}")
    maker.leases.start(decoded, "a worker that has not heard of the cancel")
    refused = api.delete(f"/v1/songs/{song}")
    assert (refused.status_code, slug_of(refused)) == (409, "under-way")
    assert maker.store.exists(keys.song_source("local", song))
    maker.leases.end(decoded, "a worker")
    assert api.delete(f"/v1/songs/{song}").status_code == 204


def test_a_job_that_cannot_be_read_keeps_nothing_from_being_deleted(api, maker, song):
    api.delete(f"/v1/jobs/{api.get(f'/v1/songs/{song}').json()['job']}")
    maker.dispatcher.records.accept("local", "of a later release", DecodeSong(song=song))
    maker.store.put(keys.job_record("local", "of a later release", "accepted"), b"{}")
    assert api.get("/v1/system").status_code == 200
    assert api.delete(f"/v1/songs/{song}").status_code == 204


def test_a_deleted_song_can_come_back(api, maker, song):
    job = api.get(f"/v1/songs/{song}").json()["job"]
    ready(maker, song)
    maker.dispatcher.advance(maker.dispatcher.records.get("local", job))
    assert api.delete(f"/v1/songs/{song}").status_code == 204
    assert upload(api, b"some bytes") == song
    shown = api.get(f"/v1/songs/{song}").json()
    assert shown["state"] == "received"
    assert shown["job"] not in (None, job)


@pytest.mark.parametrize("path", ["/v1/songs/abc", f"/v1/songs/{'0' * 64}", "/v1/songs/..%2F..%2Fetc/audio"])
def test_unknown_songs_are_not_found(api, path):
    for answer in (api.get(path), api.get(f"/v1/songs/{'0' * 64}/audio")):
        assert (answer.status_code, slug_of(answer)) == (404, "not-found")


def test_documents_of_the_api_are_json(api, song):
    assert json.loads(api.get("/openapi.json").text)["info"]["title"] == "Segue"
    assert api.get("/docs").status_code == 200


def test_the_cuts_of_one_song_are_listed_page_by_page(api, maker):
    first, second = (upload(api, sound) for sound in (b"one", b"two"))
    made = {
        song: [
            maker.commit(CutSpec(song=song, cut=Cut(method="equal", chunk_s=s)), cut_facts(song)).key
            for s in (2, 3)
        ]
        for song in (first, second)
    }
    for song, cuts in made.items():
        pages = [api.get("/v1/cuts", params={"song": song, "limit": 1}).json()]
        while cursor := pages[-1]["next_cursor"]:
            pages.append(api.get("/v1/cuts", params={"song": song, "limit": 1, "cursor": cursor}).json())
        assert [one["id"] for page in pages for one in page["items"]] == sorted(cuts)
    assert api.get("/v1/cuts", params={"song": "0" * 64}).json()["items"] == []
    assert len(api.get("/v1/cuts").json()["items"]) == 4
    assert api.get("/v1/cuts", params={"song": "Night"}).status_code == 422
