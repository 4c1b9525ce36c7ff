"""The description of the API is complete: it is what people read first."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from services.gateway.app import create_app
from shared.settings import Settings

OF_PARAMETERS = {"Cut", "End", "Limits", "Output", "Protocol", "Sequencing", "Start"}
"""Documents of `shared.parameters`: their defaults are their examples."""
OF_MIXES = (
    *("mixes/{mix_id}/revisions", "mixes/{mix_id}/seams/{position}/preview"),
    *("mixes/{mix_id}/map", "mixes/{mix_id}/chunks/{position}/candidates"),
)
OF_REVISIONS = {
    *("Ban", "ChunkName", "Lengthen", "Move", "Pin", "PreviewRequest", "Remove", "SeamEdit", "Swap", "Unpin")
}
"""Edits: requests show them as examples."""


@pytest.fixture(scope="module")
def schema():
    return create_app(Settings(s3_secret_key=SecretStr("unused"))).openapi()


def operations(schema):
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_field_is_described(schema):
    silent = [
        f"{name}.{field}"
        for name, document in schema["components"]["schemas"].items()
        for field, facts in document.get("properties", {}).items()
        if not facts.get("description")
    ]
    assert silent == []


def test_every_field_has_an_example_unless_its_type_has(schema):
    def explained(facts):
        inner = [*facts.get("anyOf", []), facts.get("items", {}), facts]
        return "examples" in facts or any("$ref" in one or "enum" in one for one in inner)

    bare = [
        f"{name}.{field}"
        for name, document in schema["components"]["schemas"].items()
        if name not in OF_PARAMETERS | OF_REVISIONS
        for field, facts in document.get("properties", {}).items()
        if not explained(facts)
    ]
    assert bare == []


def test_every_operation_and_parameter_is_described(schema):
    for name, operation in operations(schema):
        assert operation.get("description"), name
        assert operation["tags"], name


def test_errors_are_documented_as_problems(schema):
    found = 0
    for name, operation in operations(schema):
        for status, response in operation["responses"].items():
            if status >= "400" and name != "GET /readyz":
                assert list(response["content"]) == ["application/problem+json"], name
                found += 1
    assert found > 50
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_documents_have_names_that_people_would_give(schema):
    assert not [name for name in schema["components"]["schemas"] if "__" in name]


def test_what_makes_jobs_takes_an_idempotency_key(schema):
    for kind in ("cuts", "pools", "models", "mixes", "models/{model_id}/report", *OF_MIXES):
        operation = schema["paths"][f"/v1/{kind}"]["post"]
        assert "idempotency-key" in {one["name"].lower() for one in operation["parameters"]}
        assert "202" in operation["responses"]


def test_links_lead_to_operations_and_fill_their_parameters(schema):
    named = {operation["operationId"]: operation for _, operation in operations(schema)}
    links = [
        (name, link)
        for name, operation in operations(schema)
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert len(links) > 50
    for name, link in links:
        target = named[link["operationId"]]
        path = {one["name"] for one in target.get("parameters", []) if one["in"] == "path"}
        assert link["parameters"].keys() == path, f"{name} to {link['operationId']}"
        assert ("requestBody" in target) or ("requestBody" not in link), name


def test_whatever_makes_a_job_leads_to_it(schema):
    for name, operation in operations(schema):
        if "202" in operation["responses"] and "radio" not in name:
            assert {"job", "events", "cancel"} <= operation["responses"]["202"]["links"].keys(), name
