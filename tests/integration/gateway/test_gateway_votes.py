"""Votes between mixes: cast once, counted by what judged the mixes, kept when these are gone."""

from __future__ import annotations

import pytest

from shared.parameters import Output, Sequencing
from shared.store import keys
from shared.store.keys import Artifact, Kind
from shared.store.manifests import SequenceFacts
from shared.store.specs import MixSpec, SequenceSpec
from tests.integration.gateway.conftest import Maker, slug_of
from tests.support.library import Library, mix_facts, report_facts

pytestmark = pytest.mark.integration


def make_mix(maker: Maker, approach: str) -> str:
    model = {"segue": "1", "linear": "2"}[approach] * 64
    chosen = SequenceSpec(pool="9" * 64, model=model, weights_sha256="w", sequencing=Sequencing(chunks=2))
    sequence: Artifact = maker.commit(chosen, SequenceFacts(steps=[]))
    facts = mix_facts().model_copy(update={"approach": approach})
    return maker.commit(MixSpec(sequence=sequence.key, output=Output()), facts).key


@pytest.fixture
def mixes(maker: Maker) -> tuple[str, str]:
    return make_mix(maker, "segue"), make_mix(maker, "linear")


def vote(api, a, b, choice="a", key=None):
    headers = {"Idempotency-Key": key} if key else {}
    return api.post("/v1/votes", json={"a": a, "b": b, "choice": choice}, headers=headers)


def test_a_vote_is_kept_counted_and_taken_back(api, mixes):
    cast = vote(api, *mixes)
    assert cast.status_code == 201
    told = cast.json()
    assert (told["a"], told["b"], told["choice"], told["approaches"]) == (*mixes, "a", ["segue", "linear"])
    assert api.get(cast.headers["location"]).json() == told
    assert api.get("/v1/votes").json() == {"items": [told], "next_cursor": None, "unreadable": []}
    rows = api.get("/v1/tally").json()["rows"]
    assert [(row["approach"], row["won"], row["lost"]) for row in rows] == [("segue", 1, 0), ("linear", 0, 1)]
    assert api.delete(f"/v1/votes/{told['id']}").status_code == 204
    assert api.get("/v1/tally").json() == {"rows": []}
    for gone in (api.get(f"/v1/votes/{told['id']}"), api.delete(f"/v1/votes/{told['id']}")):
        assert slug_of(gone) == "not-found"


def test_the_same_key_is_the_same_vote_and_stands_for_no_other(api, mixes):
    first, again = vote(api, *mixes, key="mine"), vote(api, *mixes, key="mine")
    assert (first.json(), again.status_code) == (again.json(), 201)
    assert slug_of(vote(api, *mixes, "b", key="mine")) == "key-reused"
    assert len(api.get("/v1/votes").json()["items"]) == 1
    assert vote(api, *mixes).json()["id"] != vote(api, *mixes).json()["id"]


def test_votes_are_listed_page_by_page(api, mixes):
    cast = {vote(api, *mixes).json()["id"] for _ in range(3)}
    first = api.get("/v1/votes", params={"limit": 2}).json()
    rest = api.get("/v1/votes", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [len(page["items"]) for page in (first, rest)] == [2, 1]
    assert {one["id"] for page in (first, rest) for one in page["items"]} == cast


def test_a_mix_that_is_not_there_or_the_same_twice_is_not_voted_on(api, mixes):
    assert slug_of(vote(api, mixes[0], "0" * 64)) == "not-found"
    assert slug_of(vote(api, mixes[0], mixes[0])) == "bad-setting"
    assert vote(api, *mixes, "neither").status_code == 422


def test_votes_count_when_their_mixes_are_gone(api, mixes):
    vote(api, *mixes, "b")
    for mix in mixes:
        assert api.delete(f"/v1/mixes/{mix}").status_code == 204
    assert [row["won"] for row in api.get("/v1/tally").json()["rows"]] == [1, 0]


def test_the_leaderboard_shows_votes(api, maker, mixes):
    library = Library()
    report = library.report()
    maker.commit(library[report].spec, report_facts())
    assert api.get("/v1/leaderboard").json()["votes"] == []
    vote(api, *mixes)
    assert [row["won"] for row in api.get("/v1/leaderboard").json()["votes"]] == [1, 0]


def test_damaged_votes_and_reports_spoil_no_count(api, maker, mixes):
    library = Library()
    report = library.report()
    maker.commit(library[report].spec, report_facts())
    vote(api, *mixes)
    maker.store.put(keys.vote(maker.tenant, "0" * 32), b"{")
    maker.store.put(Artifact(maker.tenant, Kind.REPORT, "0" * 64).manifest, b"{")
    board = api.get("/v1/leaderboard").json()
    assert [row["won"] for row in board["votes"]] == [1, 0]
    assert len(board["rows"]) > 0
    assert api.get("/v1/tally").json() == {"rows": board["votes"]}
    page = api.get("/v1/votes").json()
    assert (len(page["items"]), page["unreadable"]) == (1, [keys.vote(maker.tenant, "0" * 32)])
