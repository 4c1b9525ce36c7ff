"""Reports over HTTP: asked for, read as JSON and as a page, listed, ranked, deleted with their models."""

from __future__ import annotations

import json

import pytest

from shared.store.keys import Artifact, Kind
from shared.store.manifests import DatasetFacts, Problem
from shared.store.specs import CutSpec, DatasetSpec, ModelSpec, ReportSpec, SongSpec
from tests.integration.gateway.conftest import slug_of, upload
from tests.support.library import CUT, LINEAR, cut_facts, facts_of, model_facts, report_facts, song_facts

pytestmark = pytest.mark.integration
FIGURES = {"pool": {"digest": "d" * 64}, "approaches": {}}
PAGE = "<!doctype html><title>Report</title>"


@pytest.fixture
def songs(api) -> list[str]:
    return [upload(api, f"song {number}".encode()) for number in range(4)]


@pytest.fixture
def model(maker, songs) -> str:
    """A model whose dataset holds out the first two songs."""
    cuts = []
    for song in songs[:2]:
        maker.commit(SongSpec(song=song), song_facts())
        cuts.append(maker.commit(CutSpec(song=song, cut=CUT), cut_facts(song)).key)
    dataset = maker.commit(
        DatasetSpec(cuts=tuple(cuts), spectra=(), seed=0),
        DatasetFacts(chunks=8, train_songs=[], held_out_songs=songs[:2]),
    )
    spec = ModelSpec(dataset=dataset.key, training=LINEAR)
    payloads = {"report.json": b'{"held_out": null}'}
    return maker.commit(spec, model_facts(held_out=songs[:2]), payloads).key


def make_report(maker, job_id: str, **facts) -> str:
    """Make what a job for a report lacks; return the report's id."""
    while True:
        job = maker.dispatcher.records.get(maker.tenant, job_id)
        if job.outcome is not None:
            return job.outcome.result["reports"][0]
        for spec in maker.dispatcher.advance(job).ready:
            if isinstance(spec, ReportSpec):
                payloads = {"report.json": json.dumps(FIGURES).encode(), "report.html": PAGE.encode()}
                maker.commit(spec, report_facts(**facts), payloads)
            else:
                maker.commit(spec, facts_of(spec))
        maker.leases.note_deletion()


def ask(api, model, **body):
    return api.post(f"/v1/models/{model}/report", json=body)


def test_a_report_is_asked_for_and_read_in_both_forms(api, maker, model):
    answer = api.post(f"/v1/models/{model}/report")
    job = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/jobs/{job['id']}")
    assert (job["goal"], job["report"]) == ("report", None)
    assert [(stage["name"], stage["total"]) for stage in job["stages"]] == [
        ("decode", 2),
        ("cut", 2),
        ("gaps", 2),
        ("spectra", 2),
        ("report", 1),
    ]
    report = make_report(maker, job["id"])
    ended = api.get(f"/v1/jobs/{job['id']}").json()
    assert (ended["state"], ended["report"], ended["result"]["reports"]) == ("succeeded", report, [report])
    for path in (f"/v1/reports/{report}", f"/v1/models/{model}/report"):
        assert api.get(path).json() == FIGURES
    pages = [f"/v1/reports/{report}/page", f"/v1/models/{model}/report.html"]
    for page in pages:
        shown = api.get(page)
        assert shown.text == PAGE
        assert shown.headers["content-type"].startswith("text/html")
    asked_as_browsers_do = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert api.get(f"/v1/models/{model}/report", headers=asked_as_browsers_do).text == PAGE


def test_pages_run_no_script_and_only_what_never_changes_is_kept(api, maker, model):
    report = make_report(maker, ask(api, model).json()["id"])
    own, newest = api.get(f"/v1/reports/{report}/page"), api.get(f"/v1/models/{model}/report.html")
    for page in (own, newest):
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        etag = page.headers["etag"]
        assert api.get(page.request.url.path, headers={"If-None-Match": etag}).status_code == 304
    assert "immutable" in own.headers["cache-control"]
    assert newest.headers["cache-control"] == "private, no-cache"
    assert newest.headers["content-location"] == f"/v1/reports/{report}/page"


def test_where_there_is_no_report_it_says_what_is_under_way_and_how_to_ask(api, maker, model):
    path = f"/v1/models/{model}/report"
    assert slug_of(api.get(path)) == "no-report"
    assert f"POST {path}" in api.get(path).json()["detail"]
    job = ask(api, model).json()["id"]
    assert f"Job {job} is at one" in api.get(path).json()["detail"]
    assert api.get(f"/v1/models/{model}/figures").json() == {"held_out": None}
    assert slug_of(api.get(f"/v1/models/{'0' * 64}/report")) == "not-found"


def test_a_report_after_the_fit_that_failed_is_told_with_its_cause(api, maker, songs):
    parts = {"songs": songs, "cut": CUT.model_dump(mode="json")}
    fit = api.post("/v1/models", json=parts).json()["id"]
    while maker.dispatcher.records.get(maker.tenant, fit).outcome is None:
        for spec in maker.dispatcher.advance(maker.dispatcher.records.get(maker.tenant, fit)).ready:
            facts = facts_of(spec)
            if isinstance(spec, CutSpec):
                facts = cut_facts(spec.song)
            elif isinstance(spec, DatasetSpec):
                facts = DatasetFacts(chunks=4, train_songs=[], held_out_songs=songs[:2])
            elif isinstance(spec, ModelSpec):
                facts = model_facts(held_out=songs[:2])
            maker.commit(spec, facts)
    maker.leases.note_deletion()
    (model,) = api.get(f"/v1/jobs/{fit}").json()["result"]["models"]
    assert "is at one" in api.get(f"/v1/models/{model}/report").json()["detail"]
    (job,) = (one for one in api.get("/v1/jobs").json()["items"] if one["goal"] == "report")
    stored = maker.dispatcher.records.get(maker.tenant, job["id"])
    for spec in maker.dispatcher.advance(stored).ready:
        maker.reject(spec, Problem(slug="bad-setting", title="Bad", detail="No gap is left."))
    maker.dispatcher.draw()
    told = api.get(f"/v1/models/{model}/report").json()["detail"]
    assert job["id"] in told
    assert "failed: No gap is left." in told
    assert api.get(f"/v1/jobs/{fit}").json()["state"] == "succeeded"


def test_songs_cut_and_protocol_may_be_named(api, model, songs):
    named = {
        "songs": songs[2:],
        "cut": {"method": "equal", "chunk_s": 4.0},
        "protocol": {"chunks_per_song": 9},
    }
    job = ask(api, model, **named).json()
    assert [stage["total"] for stage in job["stages"]] == [2, 2, 2, 2, 1]
    headers = {"Idempotency-Key": "once"}
    made = [api.post(f"/v1/models/{model}/report", json=named, headers=headers).json()["id"] for _ in "ab"]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"songs": ["0" * 64, "1" * 64]}, 404, "not-found"),
        ({"cut": {"method": "equal"}}, 422, "bad-request"),
        ({"protocol": {"gaps_s": [0.2, 0.1]}}, 422, "bad-request"),
        ({"protocol": {"headline_gap_s": 0.3}}, 422, "bad-request"),
        ({"songs": []}, 422, "bad-request"),
    ],
)
def test_what_cannot_be_judged_is_refused_and_leaves_no_job(api, maker, model, body, status, slug):
    jobs = maker.stored("jobs/")
    refused = ask(api, model, **body)
    assert (refused.status_code, slug_of(refused)) == (status, slug)
    assert maker.stored("jobs/") == jobs


def test_one_song_is_too_few_and_an_unknown_model_is_not_found(api, model, songs):
    assert slug_of(ask(api, model, songs=songs[:1])) == "too-few-songs"
    assert slug_of(ask(api, "0" * 64)) == "not-found"
    assert slug_of(ask(api, "nonesuch")) == "not-found"


def test_reports_are_listed_ranked_and_deleted_with_their_model(api, maker, model, songs):
    report = make_report(maker, ask(api, model).json()["id"], mrr=0.6, pool="a" * 64)
    other = make_report(maker, ask(api, model, songs=songs[2:]).json()["id"], mrr=0.7, pool="b" * 64)
    listed = {item["id"]: item for item in api.get("/v1/reports").json()["items"]}
    assert set(listed) == {report, other}
    assert listed[report]["figures"]["binary"]["mrr"]["value"] == 0.6
    assert listed[report]["model"] == model
    board = api.get("/v1/leaderboard", params={"pool": "a" * 64}).json()
    assert [(row["approach"], row["models"]) for row in board["rows"]] == [
        ("binary", [model]),
        ("linear", [model]),
    ]
    assert api.get("/v1/leaderboard").json()["pool"] == "b" * 64
    assert slug_of(api.get("/v1/leaderboard", params={"pool": "cafe"})) == "no-report"
    assert slug_of(api.get("/v1/leaderboard", params={"pool": "x"})) == "bad-request"
    assert api.delete(f"/v1/reports/{other}").status_code == 204
    assert api.get(f"/v1/reports/{other}").status_code == 404
    assert api.delete(f"/v1/models/{model}").status_code == 204
    assert api.get("/v1/reports").json()["items"] == []
    assert slug_of(api.get("/v1/leaderboard")) == "no-report"
    assert maker.stored("reports/") == []


def test_a_model_that_is_being_judged_cannot_be_deleted(api, maker, model):
    job = ask(api, model).json()["id"]
    refused = api.delete(f"/v1/models/{model}")
    assert (refused.status_code, slug_of(refused)) == (409, "in-use")
    assert job in refused.json()["detail"]


def test_a_model_fitted_anew_does_not_show_the_reports_of_the_one_before(api, maker, model):
    make_report(maker, ask(api, model).json()["id"])
    artifact = Artifact("local", Kind.MODEL, model)
    manifest = maker.dispatcher.artifacts.get(artifact)
    maker.dispatcher.artifacts.delete(artifact)
    facts = model_facts().model_copy(update={"weights_sha256": "other"})
    maker.commit(manifest.spec, facts)
    maker.leases.note_deletion()
    assert slug_of(api.get(f"/v1/models/{model}/report")) == "no-report"


def test_a_shipped_model_is_a_model_like_any_other_once_it_was_asked_for(api, songs):
    first = api.post("/v1/models/pretrained", json={})
    assert first.status_code == 200, first.text
    shipped = first.json()
    assert (shipped["approach"], shipped["held_out_songs"]) == ("segue", [])
    assert len(shipped["train_songs"]) > 10
    assert api.post("/v1/models/pretrained", json={"approach": "segue"}).json()["id"] == shipped["id"]
    assert api.get(f"/v1/models/{shipped['id']}").json() == shipped
    other = api.post("/v1/models/pretrained", json={"approach": "linear"}).json()
    assert other["id"] != shipped["id"]
    mix = api.post("/v1/mixes", json={"songs": songs, "model": shipped["id"], "chunks": 3})
    assert mix.status_code == 202, mix.text
    assert "fit" not in {stage["name"] for stage in mix.json()["stages"]}


@pytest.mark.parametrize("kind", ["mixes", "pools"])
def test_who_names_no_model_gets_the_shipped_one_and_no_fit(api, maker, songs, kind):
    asked = api.post(f"/v1/{kind}", json={"songs": songs[:1]})
    assert asked.status_code == 202, asked.text
    recipe = maker.dispatcher.records.get(maker.tenant, asked.json()["id"]).accepted.recipe
    assert recipe.model == api.post("/v1/models/pretrained", json={}).json()["id"]
    assert "fit" not in {stage["name"] for stage in asked.json()["stages"]}


def test_a_shipped_model_is_judged_on_songs_that_are_named(api, maker, songs):
    shipped = api.post("/v1/models/pretrained", json={}).json()["id"]
    assert slug_of(ask(api, shipped)) == "too-few-songs"
    asked = ask(api, shipped, songs=songs)
    assert asked.status_code == 202, asked.text
    report = make_report(maker, asked.json()["id"])
    assert api.get(f"/v1/models/{shipped}/report").json() == FIGURES
    assert api.get(f"/v1/reports/{report}").status_code == 200


def test_what_is_not_shipped_is_refused(api):
    answer = api.post("/v1/models/pretrained", json={"approach": "binary"})
    assert (answer.status_code, slug_of(answer)) == (422, "bad-setting")
    assert "segue, linear" in answer.json()["detail"]
