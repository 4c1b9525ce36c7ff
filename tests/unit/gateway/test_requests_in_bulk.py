"""Requests with far too many wrong things in them: each place of each body is sent such a bulk.

What is refused costs by the number of faults, so that is what is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from services.gateway.app import create_app
from services.gateway.problems import LONGEST_FOUND, LONGEST_NEEDED, describe_fields
from services.gateway.resolution import resolve_training
from services.gateway.schemas.requests import MixRequest, TrainingRequest
from shared.bulk import Bounded
from shared.errors import BadSetting
from shared.learning.approaches import APPROACHES
from shared.settings import Settings

MANY = 20_000
FEW = 40
"""More than a body of a few wrong fields has: one for each place that it could be."""
SONG = "a" * 64
ITEMS: list[Any] = [{}, {"song": 1}, "x", None, 1.5, []]
NAMES = {f"{number:060}": None for number in range(MANY)}
Json = dict[str, Any]


def bulks(schema: Json, known: Json, where: str = "body") -> Iterator[tuple[str, Any]]:
    """Yield where each list and each object of a schema lies, and a document that is a bulk there."""
    schema = known[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    for option in (*schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from bulks(option, known, where)
    if schema.get("type") == "array":
        for item in ITEMS:
            yield f"{where} of {item}", [item] * MANY
        for inner in (*schema.get("prefixItems", []), *([schema["items"]] if "items" in schema else [])):
            yield from ((name, [found]) for name, found in bulks(inner, known, f"{where}[]"))
    if schema.get("type") == "object":
        fixed = {name: one["const"] for name, one in schema.get("properties", {}).items() if "const" in one}
        yield f"{where} of names", NAMES | fixed
        for name, inner in schema.get("properties", {}).items():
            found_inside = bulks(inner, known, f"{where}.{name}")
            yield from ((path, {**fixed, name: found}) for path, found in found_inside)


def descendants(kind: type[BaseModel]) -> dict[str, type[BaseModel]]:
    children = {child.__name__: child for child in kind.__subclasses__()}
    return children | {name: one for child in children.values() for name, one in descendants(child).items()}


def bodies() -> Iterator[tuple[type[BaseModel], str, Any]]:
    """Yield every model that a route takes as its body, with each of its bulks."""
    api = create_app(Settings(s3_secret_key=SecretStr("unused"))).openapi()
    known = api["components"]["schemas"]
    asked = [
        way["requestBody"] for ways in api["paths"].values() for way in ways.values() if "requestBody" in way
    ]
    schemas = [
        body["content"]["application/json"]["schema"]
        for body in asked
        if "application/json" in body["content"]
    ]
    refs = {
        option["$ref"]
        for schema in schemas
        for option in (schema, *schema.get("anyOf", []))
        if "$ref" in option
    }
    assert len(refs) > 10
    for name in sorted(ref.rsplit("/", 1)[1] for ref in refs):
        kind = descendants(Bounded)[name]
        yield from ((kind, f"{name}: {where}", bulk) for where, bulk in bulks(known[name], known))


BODIES = list(bodies())


@pytest.mark.parametrize(
    ("kind", "bulk"), [(kind, bulk) for kind, _, bulk in BODIES], ids=[one[1] for one in BODIES]
)
def test_a_bulk_of_wrong_things_is_refused_with_few_errors(kind: type[BaseModel], bulk: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(bulk)
    assert refused.value.error_count() <= FEW
    problem = describe_fields([dict(fault) for fault in refused.value.errors()])
    assert len(problem.model_dump_json()) < FEW * (LONGEST_FOUND + LONGEST_NEEDED)


def test_bulks_are_sent_to_the_depths_of_requests() -> None:
    places = {where for _, where, _ in BODIES}
    for place in (
        "MixRequest: body.must[] of names",
        "MixRequest: body.without of {}",
        "MixRequest: body.energy[] of 1.5",
        "MixRequest: body.training.settings of names",
        "MixRequest: body.limits of names",
        "ModelRequest: body.cut of names",
        "ReportRequest: body.protocol.gaps_s of x",
        "RevisionRequest: body.edits of None",
        "RevisionRequest: body.edits[].by of names",
    ):
        assert place in places


@pytest.mark.parametrize("approach", APPROACHES)
def test_a_bulk_in_a_setting_is_refused_with_few_errors(approach: str) -> None:
    schema = APPROACHES[approach].settings_type.model_json_schema()
    for _, bulk in bulks(schema, schema.get("$defs", {})):
        if bulk.keys() & NAMES.keys():
            continue  # A training has no more settings than that in all: see above.
        with pytest.raises(ValidationError) as refused:
            APPROACHES[approach].settings_type.model_validate(bulk)
        assert refused.value.error_count() <= FEW


@pytest.mark.parametrize("preset", [[], {}, None, 1, ["x"] * MANY, "x" * MANY])
def test_a_preset_that_is_no_name_is_refused_in_a_few_words(preset: Any) -> None:
    with pytest.raises(BadSetting, match="has no preset") as refused:
        resolve_training(TrainingRequest(settings={"preset": preset}))
    assert len(str(refused.value)) < 300


def test_of_a_few_wrong_things_each_is_named() -> None:
    body = {"songs": [SONG], "must": [{}, "x"], "bars": 4, "phrase": 1, "limits": {"most": 1}}
    told = faults_of(body)
    assert {
        "must.0.constrained-str",
        "must.1.constrained-str",
        "bars",
        "phrase",
        "limits.most",
    } <= told.keys()


def test_too_much_is_told_with_how_much_there_may_be() -> None:
    assert faults_of({"songs": [SONG] * MANY}) == {
        "songs": f"List should have at most 2000 items, not {MANY}"
    }
    assert faults_of({"songs": [SONG], "limits": NAMES}) == {
        "limits": f"Object should have at most 7 names, not {MANY}"
    }


@pytest.mark.parametrize("body", [{"x" * 100_000: 1}, {"songs": [SONG], "limits": {"x" * 100_000: 1}}])
def test_long_names_are_not_echoed(body: Json) -> None:
    with pytest.raises(ValidationError) as refused:
        MixRequest.model_validate(body)
    assert len(describe_fields([dict(fault) for fault in refused.value.errors()]).model_dump_json()) < 5000


@pytest.mark.parametrize("depth", [10, 200, 900])
def test_what_is_found_is_told_however_deep_it_is(depth: int) -> None:
    deep = json.loads("[" * depth + "]" * depth)
    assert faults_of({"songs": deep})
    with pytest.raises(BadSetting):
        resolve_training(TrainingRequest(settings={"epochs": deep}))


def faults_of(body: Json) -> dict[str, str]:
    """Return what is needed by the field that is wrong."""
    with pytest.raises(ValidationError) as refused:
        MixRequest.model_validate(body)
    errors = describe_fields([dict(fault) for fault in refused.value.errors()]).errors
    return {fault.field: fault.needed for fault in errors or []}
