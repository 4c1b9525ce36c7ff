"""What is read back from the bucket: a document, or an error of our own that names the record."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.gateway.access.keyring import KeyMade, KeyRevoked
from services.gateway.votes import Side, VoteRecord
from shared.airing import Airing
from shared.corrections import Correction
from shared.errors import Illegible
from shared.jobs.recipes import (
    AnalyseSongs,
    BuildPool,
    CutSongs,
    DecodeSong,
    EvaluateModel,
    FitModel,
    Part,
    PreviewSeam,
    Recipe,
    ReviseMix,
    ViewPool,
)
from shared.jobs.records import Accepted, Cancelled, Outcome, State
from shared.jobs.starts import StartRecord
from shared.parameters import Sequencing
from shared.queue import TASK_OF
from shared.revisions import Ban, SeamChange
from shared.store.documents import from_json
from shared.store.manifests import BlockFacts, Manifest, Problem, UploadRecord
from shared.store.objects import to_json
from shared.store.specs import BlockSpec, PreviewSpec, RevisedSpec, ShippedSpec, ViewSpec
from tests.support.fuzzing import VALUES, damaged, each_spoiled, fuzzed
from tests.support.library import (
    CUT,
    LINEAR,
    SONG,
    TENANT,
    Library,
    facts_of,
    mix_recipe,
    model_facts,
)

SIDE = Side(mix=SONG, approach="segue", model=None)
KEY = "t/local/some/record.json"
PROBLEM = Problem(slug="not-audio", title="Not an audio file", detail="It is a text.")


def manifests() -> list[Manifest]:
    """Return one of every kind."""
    library = Library()
    library.song()
    library.mix()
    library.report()
    found = list(library.values())
    model = next(artifact.key for artifact in library if artifact.kind == "models")
    chosen = {"pool": model, "model": model, "weights_sha256": "w", "sequencing": Sequencing()}
    ban = Ban(edit="ban", song=SONG, chunk=1)
    for spec in (
        RevisedSpec(**chosen, mix=model, base=model, edits=(ban,)),
        PreviewSpec(mix=model, position=1, change=SeamChange(), around_s=5.0, format="mp3"),
        ViewSpec(mix=model, position=None),
    ):
        found.append(Manifest(producer=1, spec=spec, attempt="a", facts=facts_of(spec)))
    shipped = ShippedSpec(approach="linear", weights_sha256="w")
    found.append(Manifest(producer=1, spec=shipped, attempt="a", facts=model_facts()))
    block = BlockSpec(station="s", pool=model, airing=Airing(), former=None, number=0)
    facts = BlockFacts(number=0, frames=1, sample_rate_hz=44100, bitrate_kbps=192)
    found.append(Manifest(producer=1, spec=block, attempt="a", facts=facts))
    return [*found, Manifest(producer=1, spec=found[0].spec, attempt="a", problem=PROBLEM)]


def recipes() -> list[Recipe]:
    """Return one of every kind."""
    parts = (Part(song=SONG, cut=CUT),)
    return [
        DecodeSong(song=SONG),
        AnalyseSongs(songs=(SONG,), corrections={SONG: Correction(tempo_bpm=90)}),
        CutSongs(parts=parts),
        FitModel(parts=parts, training=LINEAR),
        BuildPool(parts=parts, model=SONG),
        mix_recipe(SONG),
        ReviseMix(mix=SONG, edits=(Ban(edit="ban", song=SONG, chunk=1),)),
        PreviewSeam(mix=SONG, position=1),
        ViewPool(mix=SONG, position=1),
        EvaluateModel(parts=parts, model=SONG),
    ]


DOCUMENTS: list[BaseModel] = [
    *manifests(),
    *(Accepted(id="j", tenant=TENANT, recipe=recipe) for recipe in recipes()),
    Cancelled(),
    Outcome(state=State.SUCCEEDED, result={"songs": [SONG]}),
    Outcome(state=State.FAILED, problem=PROBLEM),
    StartRecord(number=1, worker="w", cause="killed"),
    UploadRecord(name="Night Drive.mp3", size_bytes=7),
    Correction(tempo_bpm=90, key="A minor"),
    KeyMade(id="0" * 12, name="anna", tenant=TENANT, secret_sha256="0" * 64),
    KeyRevoked(),
    VoteRecord(a=SIDE, b=SIDE, choice="tie"),
]
KINDS = list(dict.fromkeys(type(document) for document in DOCUMENTS))


def test_one_of_every_kind_of_artifact_is_tried() -> None:
    assert {one.spec.artifact_kind for one in DOCUMENTS if isinstance(one, Manifest)} == set(TASK_OF)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: type(one).__name__)
def test_a_document_is_read_as_it_was_written(document: BaseModel) -> None:
    assert from_json(type(document), to_json(document), key=KEY) == document


def read_or_refuse(kind: type[BaseModel], data: bytes) -> None:
    """Read a record and look at it as the services do."""
    try:
        document = from_json(kind, data, key=KEY)
    except Illegible as error:
        told = str(error)
    else:
        told = KEY
        if isinstance(document, Manifest):
            assert document.spec.artifact(TENANT).folder.startswith(f"t/{TENANT}/")
            assert (document.facts is None) != (document.problem is None)
    assert KEY in told
    assert len(told) < 1000


@given(st.sampled_from(KINDS), VALUES.map(json.dumps).map(str.encode) | st.binary(max_size=60))
@fuzzed(200)
def test_any_bytes_are_a_document_or_a_clear_error(kind: type[BaseModel], data: bytes) -> None:
    read_or_refuse(kind, data)


@given(st.data(), st.integers(0, len(DOCUMENTS) - 1))
@fuzzed(400)
def test_a_damaged_document_is_one_still_or_a_clear_error(data: st.DataObject, number: int) -> None:
    document = DOCUMENTS[number]
    read_or_refuse(type(document), data.draw(damaged(json_of(document))))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: type(one).__name__)
def test_a_document_with_one_thing_wrong_is_one_still_or_a_clear_error(document: BaseModel) -> None:
    for spoilt in each_spoiled(json_of(document)):
        read_or_refuse(type(document), json.dumps(spoilt).encode())


def json_of(document: BaseModel) -> object:
    return json.loads(to_json(document))


def test_a_manifest_holds_facts_of_its_kind_or_a_problem() -> None:
    library = Library()
    artifact = library.song()
    told = json.loads(to_json(library[artifact]))
    for spoilt in (told | {"problem": PROBLEM.model_dump()}, told | {"facts": None}):
        with pytest.raises(Illegible, match="either facts or a problem"):
            from_json(Manifest, json.dumps(spoilt).encode(), key=KEY)
    facts = json.loads(model_facts().model_dump_json())
    with pytest.raises(Illegible, match="facts of a model"):
        from_json(Manifest, json.dumps(told | {"facts": facts}).encode(), key=KEY)
