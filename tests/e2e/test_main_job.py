"""From songs to a mix, through the API alone: what a user gets, and what the mix sounds like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from shared.sound.loudness import LoudnessMeter
from tests.support.listening import decode_mono, hear, longest_hole_ms
from tests.support.servers import until

pytestmark = pytest.mark.e2e

CHUNKS = 8


def upload(api: httpx.Client, path: Path) -> dict[str, Any]:
    answer = api.post("/songs", params={"name": path.name}, content=path.read_bytes())
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def ended(api: httpx.Client, job: dict[str, Any], timeout_s: float = 240) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = api.get(f"/jobs/{job['id']}").json()
        return found if found["state"] in ("succeeded", "failed", "cancelled") else None

    found = until(look, timeout_s=timeout_s)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def songs(api: httpx.Client, demo_songs: list[Path]) -> list[str]:
    return [upload(api, path)["id"] for path in demo_songs]


@pytest.fixture(scope="module")
def request_body(songs: list[str]) -> dict[str, Any]:
    # Not stretched: it is held against its songs, sample by sample.
    training, output = {"approach": "linear"}, {"stretch": False}
    return {"songs": songs, "chunks": CHUNKS, "training": training, "output": output}


@pytest.fixture(scope="module")
def job(api: httpx.Client, request_body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/mixes", json=request_body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"].endswith(answer.json()["id"])
    done = ended(api, answer.json())
    assert done["state"] == "succeeded", done["problem"]
    return done


@pytest.fixture(scope="module")
def report(api: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    return api.get(f"/mixes/{job['mix']}/report").json()


def test_the_job_tells_how_it_went(job: dict[str, Any]) -> None:
    assert job["progress"] == 1
    names = [stage["name"] for stage in job["stages"]]
    assert names == ["decode", "cut", "analyse", "spectra", "dataset", "fit", "pool", "sequence", "render"]
    assert all(stage["done"] == stage["total"] for stage in job["stages"])


def test_the_mix_is_the_chunks_that_the_report_names_in_that_order(
    api: httpx.Client, job: dict[str, Any], report: dict[str, Any], songs: list[str]
) -> None:
    audio = api.get(f"/mixes/{job['mix']}/audio")
    assert audio.headers["content-type"] == "audio/mpeg"
    mix, rate = decode_mono(audio.content)
    sources = {}
    for song in songs:
        sources[song], source_rate = decode_mono(api.get(f"/songs/{song}/audio").content)
        assert source_rate == rate == 44_100
    frames = round(report["duration_s"] * rate)
    assert abs(len(mix) - frames) <= 1152, "within one MP3 frame"
    chunks = hear(mix[:frames], rate, report, sources)
    for heard in chunks:
        assert heard.correlation > (0.9 if heard is chunks[-1] else 0.95), "the last one fades out"
        assert heard.lag == 0
    meter = LoudnessMeter(rate)
    meter.feed(mix[:, None])
    # Songs are at that loudness as wholes, the chunks of a mix need not be.
    assert meter.integrated_lufs() == pytest.approx(report["loudness_lufs"], abs=3)
    ends = [entry["mix_end_s"] for entry in report["sequence"]]
    assert [entry["mix_start_s"] for entry in report["sequence"]] == pytest.approx([0.0, *ends[:-1]])
    quietest = max(longest_hole_ms(source, rate) for source in sources.values())
    assert longest_hole_ms(mix, rate) <= 2 * quietest + 30
    assert 0.01 < float(np.sqrt(np.mean(mix**2))) < 0.5


def test_a_plain_mix_of_the_same_chunks_is_the_songs_themselves(
    api: httpx.Client, request_body: dict[str, Any], report: dict[str, Any]
) -> None:
    job = ended(api, api.post("/mixes", json={**request_body, "output": {"seams": "plain"}}).json())
    plain = api.get(f"/mixes/{job['mix']}/report").json()
    chunks = [[(one["song"], one["chunk"]) for one in told["sequence"]] for told in (plain, report)]
    assert chunks[0] == chunks[1]
    assert plain["loudness_lufs"] is None
    mix, rate = decode_mono(api.get(f"/mixes/{job['mix']}/audio").content)
    sources = {
        song: decode_mono(api.get(f"/songs/{song}/audio").content)[0] for song in request_body["songs"]
    }
    for heard in hear(mix[: round(plain["duration_s"] * rate)], rate, plain, sources):
        assert heard.correlation > 0.95
        assert heard.lag == 0
        assert abs(heard.level_db) < 0.5


def test_no_chunk_appears_twice_and_every_step_has_its_score(report: dict[str, Any]) -> None:
    places = [(entry["song"], entry["chunk"]) for entry in report["sequence"]]
    assert len(set(places)) == len(places) == CHUNKS
    assert report["sequence"][0]["score"] is None
    assert all(0 <= entry["score"] <= 1 for entry in report["sequence"][1:])


def test_a_second_identical_request_enqueues_nothing_and_gives_the_same_mix(
    api: httpx.Client, job: dict[str, Any], request_body: dict[str, Any]
) -> None:
    again = api.post("/mixes", json=request_body).json()
    assert again["state"] == "succeeded"
    assert again["mix"] == job["mix"]
    assert again["id"] != job["id"]


def test_the_model_reports_itself_beside_the_baselines(api: httpx.Client, job: dict[str, Any]) -> None:
    (model,) = job["result"]["models"]
    found = api.get(f"/models/{model}/figures").json()
    assert {"random", "spectral", "linear"} <= set(found["held_out"])
    assert found["other_channel_auc"] is not None


def test_the_fit_is_followed_by_a_full_report(api: httpx.Client, job: dict[str, Any]) -> None:
    (model,) = job["result"]["models"]
    found = until(lambda: api.get(f"/models/{model}/report").json().get("approaches"), timeout_s=240)
    assert {"random", "spectral", "linear"} <= set(found)
    board = api.get("/leaderboard").json()
    assert model in board["rows"][0]["models"]


def test_a_mix_keeps_to_its_limits(report: dict[str, Any]) -> None:
    assert report["method"] == "beam"
    limits, seams = report["limits"], len(report["sequence"]) - 1
    assert report["replay_share"] == pytest.approx(report["replays"] / seams)
    assert report["replay_share"] <= limits["most_replay"] == 0.5
    assert report["longest_run_s"] <= limits["longest_run_s"]
    assert report["songs"] >= limits["least_songs"] > 1


def test_wishes_are_fulfilled_or_refused(api: httpx.Client, job: dict[str, Any], songs: list[str]) -> None:
    wish = {"duration_s": 25, "end": {"song": songs[1]}, "must": songs[2:3], "without": songs[3:]}
    done = ended(api, api.post("/mixes", json={"songs": songs, **wish}).json())
    assert done["state"] == "succeeded", done["problem"]
    found = api.get(f"/mixes/{done['mix']}/report").json()
    assert found["duration_s"] == pytest.approx(25, abs=1.5)
    used = [entry["song"] for entry in found["sequence"]]
    assert used[-1] == songs[1]
    assert set(songs[1:3]) <= set(used) <= set(songs[:3])
    refused = api.post("/mixes", json={"songs": songs, "must": songs[:1], "without": songs[:1]})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("wishes-contradict")


def test_what_comes_with_a_mix(api: httpx.Client, job: dict[str, Any], report: dict[str, Any]) -> None:
    cue = api.get(f"/mixes/{job['mix']}/cue").text
    assert cue.count("TRACK") == 1 + sum(
        before["song"] != after["song"]
        for before, after in zip(report["sequence"], report["sequence"][1:], strict=False)
    )
    assert len(api.get(f"/mixes/{job['mix']}/labels").text.splitlines()) == CHUNKS
    peaks = json.loads(api.get(f"/mixes/{job['mix']}/peaks").content)["peaks"]
    assert max(max(-low, high) for low, high in peaks) == pytest.approx(report["peak"], abs=0.02)
    song = api.get(f"/songs/{report['sequence'][0]['song']}").json()
    outline = api.get(f"/songs/{song['id']}/peaks").json()["peaks"]
    assert max(max(-low, high) for low, high in outline) == pytest.approx(song["peak"], abs=0.01)
    part = api.get(f"/mixes/{job['mix']}/audio", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert len(part.content) == 100


def test_chunks_of_a_cut_laid_end_to_end_are_the_song(api: httpx.Client, job: dict[str, Any]) -> None:
    cut = api.get(f"/cuts/{job['result']['cuts'][0]}").json()
    song, _ = decode_mono(api.get(f"/songs/{cut['song']}/audio").content)
    chunks = [
        decode_mono(api.get(f"/cuts/{cut['id']}/chunks/{chunk['n']}/audio").content)[0]
        for chunk in cut["chunks"]
    ]
    assert np.array_equal(np.concatenate(chunks), song)


def test_songs_are_analysed_and_cut_on_their_bars(api: httpx.Client, songs: list[str]) -> None:
    posted = api.post(f"/songs/{songs[0]}/analysis")
    assert posted.status_code == 202, posted.text
    assert ended(api, posted.json())["state"] == "succeeded"
    found = api.get(f"/songs/{songs[0]}/analysis").json()
    assert found["tempo_bpm"] == pytest.approx(122, rel=0.01)  # As it was written.
    done = ended(api, api.post("/cuts", json={"songs": songs[:1], "cut": {"method": "beats"}}).json())
    assert done["state"] == "succeeded", done["problem"]
    cut = api.get(f"/cuts/{done['result']['cuts'][0]}").json()
    starts_s = np.array([chunk["start_s"] for chunk in cut["chunks"][1:]])
    early_s = np.abs(np.array(found["bars_s"])[None, :] - starts_s[:, None]).min(axis=1)
    np.testing.assert_allclose(early_s, 0.008, atol=0.001)
    assert cut["note"] is None


def test_what_is_known_of_a_song_is_kept_and_gone_by(api: httpx.Client, songs: list[str]) -> None:
    path = f"/songs/{songs[3]}"
    known = {"tempo_bpm": None, "beats_per_bar": 3, "downbeat_s": 2.0, "key": "Eb minor"}
    assert api.put(f"{path}/correction", json=known).json() == known
    assert api.get(f"{path}/correction").json() == known
    assert api.get(f"{path}/analysis").status_code == 404  # What there may be does not know it.
    assert ended(api, api.post(f"{path}/analysis").json())["state"] == "succeeded"
    found = api.get(f"{path}/analysis").json()
    assert (found["beats_per_bar"], found["key"], found["correction"]) == (3, "Eb minor", known)
    beat_s = 60 / found["tempo_bpm"]
    assert np.abs(np.array(found["bars_s"]) - 2.0).min() <= beat_s / 2 + 0.05
    np.testing.assert_allclose(np.diff(found["bars_s"]), 3 * beat_s, rtol=0.25)
    refused = api.put(f"{path}/correction", json={"downbeat_s": 3000})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("bad-setting")
    assert "The song lasts" in refused.json()["detail"]
    assert api.put(f"{path}/correction", json={"key": "H minor"}).status_code == 422
    assert api.delete(f"{path}/correction").status_code == 204
    assert api.get(f"{path}/correction").json()["key"] is None


def test_music_without_a_beat_is_cut_at_silence_and_says_so(api: httpx.Client, tmp_path: Path) -> None:
    path = tmp_path / "hiss.wav"
    soundfile.write(path, np.random.default_rng(0).normal(size=44_100 * 12) * 0.05, 44_100)
    song = upload(api, path)["id"]
    done = ended(api, api.post("/cuts", json={"songs": [song], "cut": {"method": "beats"}}).json())
    assert done["state"] == "succeeded", done["problem"]
    assert "not on beats" in api.get(f"/cuts/{done['result']['cuts'][0]}").json()["note"]


def test_a_text_file_is_rejected_with_a_reason_and_nothing_is_lost(
    api: httpx.Client, songs: list[str], tmp_path: Path
) -> None:
    (tmp_path / "notes.mp3").write_text("these are no sounds\n" * 100)
    text = upload(api, tmp_path / "notes.mp3")
    state = until(lambda: (s := api.get(f"/songs/{text['id']}").json())["state"] != "received" and s)
    assert state["state"] == "rejected"
    assert state["problem"]["type"].endswith("not-audio")
    refused = api.post("/mixes", json={"songs": [*songs, text["id"]], "chunks": 3})
    assert refused.status_code == 422
    assert api.get(f"/songs/{songs[0]}").json()["state"] == "ready"


def test_a_pool_smaller_than_the_mix_is_refused(
    api: httpx.Client, songs: list[str], job: dict[str, Any]
) -> None:
    answer = api.post("/mixes", json={"songs": songs, "chunks": 5000})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("pool-too-small")
    assert "5000" in answer.json()["detail"]


def test_other_formats_and_rates(api: httpx.Client, songs: list[str], job: dict[str, Any]) -> None:
    output = {"format": "wav", "sample_rate_hz": 22050, "channels": 1}
    answer = api.post("/mixes", json={"songs": songs, "chunks": 3, "output": output})
    done = ended(api, answer.json())
    assert done["state"] == "succeeded", done["problem"]
    assert "fit" not in [stage["name"] for stage in done["stages"]], "the shipped model judges"
    found = api.get(f"/mixes/{done['mix']}/report").json()
    mix, rate = decode_mono(api.get(f"/mixes/{done['mix']}/audio").content)
    assert rate == 22050
    assert len(mix) == round(found["duration_s"] * rate)


def test_events_end_with_the_terminal_state(api: httpx.Client, job: dict[str, Any]) -> None:
    with api.stream("GET", f"/jobs/{job['id']}/events") as stream:
        text = "".join(stream.iter_text())
    last = [line for line in text.splitlines() if line.startswith("data:")][-1]
    assert json.loads(last.removeprefix("data:"))["state"] == "succeeded"
