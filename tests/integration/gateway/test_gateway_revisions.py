"""Changes of mixes through the API: what is accepted, what is refused, and the history."""

from __future__ import annotations

import httpx
import pytest

from shared.parameters import Output, Sequencing
from shared.store.keys import Artifact, Kind
from shared.store.manifests import PoolFacts, PreviewFacts, SequenceFacts, Step
from shared.store.objects import to_json
from shared.store.specs import (
    ChosenSpec,
    CutSpec,
    DatasetSpec,
    MixSpec,
    ModelSpec,
    PoolSpec,
    PreviewSpec,
    SequenceSpec,
    SongSpec,
)
from shared.store.views import Candidates, PoolMap
from tests.integration.gateway.conftest import Maker, slug_of
from tests.support.library import CUT, LINEAR, cut_facts, facts_of, mix_facts, model_facts, song_facts

pytestmark = pytest.mark.integration
STEPS = (2, 0, 1)


def make_mix(maker: Maker, song: str, *, seams: str = "blend") -> str:
    """Put a mix of three chunks, and all that it was made of, where workers would."""
    maker.commit(SongSpec(song=song), song_facts(title="Drive"))
    cut = maker.commit(CutSpec(song=song, cut=CUT), cut_facts(song, chunks=6))
    dataset = DatasetSpec(cuts=(cut.key,), spectra=(), seed=0).artifact(maker.tenant)
    model = maker.commit(ModelSpec(dataset=dataset.key, training=LINEAR), model_facts())
    pool = maker.commit(
        PoolSpec(cuts=(cut.key,), model=model.key, weights_sha256="w"),
        PoolFacts(approach="linear", cuts=[cut.key], songs=[song], counts=[6]),
    )
    chosen = SequenceSpec(
        pool=pool.key, model=model.key, weights_sha256="w", sequencing=Sequencing(chunks=len(STEPS))
    )
    sequence = maker.commit(chosen, sequence_facts(song, cut.key))
    output = Output.model_validate({"seams": seams})
    mix = maker.commit(MixSpec(sequence=sequence.key, output=output), mix_facts(), {"mix.mp3": b"sound"})
    maker.leases.note_deletion()
    return mix.key


def sequence_facts(song: str, cut: str) -> SequenceFacts:
    steps = [Step(song=song, cut=cut, chunk=chunk, score=None) for chunk in STEPS]
    return SequenceFacts(steps=[steps[0], *(step.model_copy(update={"score": 0.5}) for step in steps[1:])])


def work(maker: Maker, job_id: str) -> None:
    """Make what a job lacks, as workers would."""
    while (job := maker.dispatcher.records.get(maker.tenant, job_id)).outcome is None:
        for spec in maker.dispatcher.advance(job).ready:
            if isinstance(spec, ChosenSpec):
                (cut,) = (one for one in maker.dispatcher.artifacts.keys(maker.tenant, Kind.CUT))
                (song,) = (one for one in maker.dispatcher.artifacts.keys(maker.tenant, Kind.SONG))
                maker.commit(spec, sequence_facts(song, cut))
            elif isinstance(spec, PreviewSpec):
                facts = PreviewFacts(format="mp3", duration_s=10.0, seam_s=5.0, manner="cut")
                maker.commit(spec, facts, {"preview.mp3": b"seam"})
            elif isinstance(spec, MixSpec):
                maker.commit(spec, mix_facts(), {"mix.mp3": b"new sound"})
            else:
                maker.commit(spec, facts_of(spec))
        maker.leases.note_deletion()


@pytest.fixture
def mix(maker: Maker, song: str) -> str:
    return make_mix(maker, song)


def revised(api: httpx.Client, maker: Maker, mix: str, *edits: dict) -> str:
    answer = api.post(f"/v1/mixes/{mix}/revisions", json={"edits": edits})
    assert answer.status_code == 202, answer.text
    work(maker, answer.json()["id"])
    return api.get(answer.headers["location"]).json()["mix"]


def test_a_revision_is_a_mix_of_its_own_that_names_what_it_was_made_of(api, maker, mix):
    edits = [{"edit": "swap", "position": 1}, {"edit": "seam", "position": 2, "manner": "cut"}]
    new = revised(api, maker, mix, *edits)
    assert new != mix
    shown = api.get(f"/v1/mixes/{new}").json()
    assert (shown["revision_of"], [edit["edit"] for edit in shown["edits"]]) == (mix, ["swap", "seam"])
    assert shown["sequencing"]["chunks"] == 3
    before = api.get(f"/v1/mixes/{mix}").json()
    assert (before["revision_of"], before["edits"]) == (None, [])
    assert api.get(f"/v1/mixes/{mix}/audio").content == b"sound"
    assert api.get(f"/v1/mixes/{new}/audio").content == b"new sound"


def test_a_job_tells_of_a_revision_by_its_goal_and_two_stages(api, maker, mix):
    job = api.post(f"/v1/mixes/{mix}/revisions", json={"edits": [{"edit": "remove", "position": 0}]}).json()
    assert (job["goal"], job["mix"]) == ("revision", None)
    assert [(stage["name"], stage["total"]) for stage in job["stages"]] == [("sequence", 1), ("render", 1)]


def test_the_same_edits_give_the_same_revision_and_a_key_the_same_job(api, maker, mix):
    edits = [{"edit": "swap", "position": 1}]
    first = revised(api, maker, mix, *edits)
    again = api.post(f"/v1/mixes/{mix}/revisions", json={"edits": edits}).json()
    assert (again["state"], again["mix"]) == ("succeeded", first)
    asked = [
        api.post(
            f"/v1/mixes/{mix}/revisions",
            json={"edits": [{"edit": "remove", "position": position}]},
            headers={"Idempotency-Key": "mine"},
        )
        for position in (0, 0, 1)
    ]
    assert asked[0].json()["id"] == asked[1].json()["id"]
    assert slug_of(asked[2]) == "key-reused"


def test_the_history_goes_back_to_the_first_and_forth_to_every_revision(api, maker, mix):
    one = revised(api, maker, mix, {"edit": "swap", "position": 1})
    other = revised(api, maker, mix, {"edit": "remove", "position": 0})
    two = revised(api, maker, one, {"edit": "swap", "position": 1})
    history = api.get(f"/v1/mixes/{one}/revisions").json()
    assert [version["id"] for version in history["ancestors"]] == [mix]
    assert [version["id"] for version in history["revisions"]] == [two]
    assert (history["mix"]["id"], history["mix"]["edits"][0]["edit"]) == (one, "swap")
    first = api.get(f"/v1/mixes/{mix}/revisions").json()
    assert {version["id"] for version in first["revisions"]} == {one, other}
    assert [version["id"] for version in api.get(f"/v1/mixes/{two}/revisions").json()["ancestors"]] == [
        mix,
        one,
    ]
    # What was deleted ends the line; what was made of it stays.
    assert api.delete(f"/v1/mixes/{one}").status_code == 204
    line = api.get(f"/v1/mixes/{two}/revisions").json()["ancestors"]
    assert [(version["id"], version["created_at"]) for version in line] == [(one, None)]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"edit": "swap", "position": 3}, "the mix has 3 chunks"),
        ({"edit": "seam", "position": 3, "manner": "cut"}, "the mix has 2 seams"),
        ({"edit": "seam", "position": 2, "manner": "cut"}, "the song plays on"),
        ({"edit": "ban", "song": "f" * 64}, "not among those"),
        ({"edit": "lengthen", "chunks": 3}, "the mix has 3"),
    ],
)
def test_edits_that_cannot_be_are_refused_at_once(api, mix, edit, said):
    answer = api.post(f"/v1/mixes/{mix}/revisions", json={"edits": [edit]})
    assert (answer.status_code, slug_of(answer)) == (422, "edit-impossible")
    assert said in answer.json()["detail"]


def test_what_is_no_edit_names_the_field(api, mix):
    answer = api.post(f"/v1/mixes/{mix}/revisions", json={"edits": [{"edit": "swap"}]})
    assert answer.status_code == 422
    assert "position" in answer.json()["errors"][0]["field"]
    assert api.post(f"/v1/mixes/{mix}/revisions", json={"edits": []}).status_code == 422


def test_a_mix_that_is_not_there_or_whose_pool_is_gone_cannot_be_revised(api, maker, mix):
    edits = {"edits": [{"edit": "remove", "position": 0}]}
    for unknown in ("0" * 64, "nothing"):
        assert slug_of(api.post(f"/v1/mixes/{unknown}/revisions", json=edits)) == "not-found"
    pool = api.get(f"/v1/mixes/{mix}").json()["pool"]
    assert api.delete(f"/v1/pools/{pool}").status_code == 204
    answer = api.post(f"/v1/mixes/{mix}/revisions", json=edits)
    assert (answer.status_code, slug_of(answer)) == (404, "parts-gone")
    assert pool in answer.json()["detail"]


def test_what_a_revision_needs_is_not_deleted_under_it(api, mix):
    job = api.post(f"/v1/mixes/{mix}/revisions", json={"edits": [{"edit": "remove", "position": 0}]}).json()
    pool = api.get(f"/v1/mixes/{mix}").json()["pool"]
    for path in (f"mixes/{mix}", f"pools/{pool}"):
        answer = api.delete(f"/v1/{path}")
        assert (answer.status_code, slug_of(answer)) == (409, "in-use"), path
        assert job["id"] in answer.json()["detail"]


def test_a_seam_is_heard_without_a_mix_being_made(api, maker, mix):
    answer = api.post(f"/v1/mixes/{mix}/seams/1/preview", json={"manner": "cut", "nudge_ms": -20})
    assert (answer.status_code, answer.json()["goal"]) == (202, "preview")
    work(maker, answer.json()["id"])
    job = api.get(answer.headers["location"]).json()
    assert (job["state"], job["mix"]) == ("succeeded", None)
    shown = api.get(job["links"]["preview"]).json()
    assert (shown["mix"], shown["position"], shown["manner"]) == (mix, 1, "cut")
    assert api.get(shown["links"]["audio"]).content == b"seam"
    assert maker.dispatcher.artifacts.find(Artifact(maker.tenant, Kind.PREVIEW, job["preview"])) is not None
    assert len(api.get("/v1/mixes").json()["items"]) == 1
    # Without a body it is heard as it is.
    assert api.post(f"/v1/mixes/{mix}/seams/2/preview").status_code == 202


def test_the_pool_of_a_mix_is_looked_into_as_a_whole_and_for_a_place(api, maker, mix):
    drawn = PoolMap(approach="linear", chunks=6, explained=[0.5, 0.25], songs=[], points=[], path=[])
    for path, seen in (("map", drawn), ("chunks/1/candidates", Candidates(position=1, candidates=[]))):
        missing = api.get(f"/v1/mixes/{mix}/{path}")
        assert (missing.status_code, slug_of(missing)) == (404, "not-looked-at")
        answer = api.post(f"/v1/mixes/{mix}/{path}")
        assert (answer.status_code, answer.json()["goal"]) == (202, "view")
        job = maker.dispatcher.records.get(maker.tenant, answer.json()["id"])
        (spec,) = maker.dispatcher.advance(job).ready
        maker.commit(spec, facts_of(spec), {"view.json": to_json(seen)})
        assert maker.dispatcher.advance(job).complete
        ended = api.get(answer.headers["location"]).json()
        assert (ended["state"], ended["mix"]) == ("succeeded", None)
        assert api.get(f"/v1/mixes/{mix}/{path}").json() == seen.model_dump(mode="json")
    for unknown, status in ((f"{mix}/chunks/{len(STEPS)}/candidates", 422), (f"{'0' * 64}/map", 404)):
        assert api.post(f"/v1/mixes/{unknown}").status_code == status
    assert slug_of(api.get(f"/v1/mixes/{'0' * 64}/map")) == "not-found"


def test_seams_that_there_are_not_are_not_heard(api, maker, mix, song):
    beyond = api.post(f"/v1/mixes/{mix}/seams/3/preview")
    assert (beyond.status_code, slug_of(beyond)) == (422, "edit-impossible")
    assert api.post(f"/v1/mixes/{mix}/seams/0/preview").status_code == 422
    assert api.post(f"/v1/mixes/{mix}/seams/1/preview", json={"around_s": 60}).status_code == 422
    plain = make_mix(maker, song, seams="plain")
    assert api.post(f"/v1/mixes/{plain}/seams/1/preview").status_code == 202
    changed = api.post(f"/v1/mixes/{plain}/seams/1/preview", json={"manner": "cut"})
    assert "joined plainly" in changed.json()["detail"]
