"""Print what types of clients are made from: the API's description, with the report of a mix as a document.

    python tools/describe_api.py > openapi.json

The API itself only says that a report is an object, since the gateway relays what an assembler wrote. Words
for people are left out, so that types change only when the API does.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import SecretStr

from services.assembler.reports import MixReport
from services.gateway.app import create_app
from shared.settings import Settings

_FOR_PEOPLE = frozenset({"description", "examples", "summary", "title"})
_NAMED_BY_USERS = frozenset({"properties", "schemas", "paths"})
"""Below these, names are those of the API, and none is a word for people."""
_REFERENCE = "#/components/schemas/{model}"


def describe() -> dict[str, Any]:
    """Return the OpenAPI document, without words for people."""
    document = create_app(Settings(s3_secret_key=SecretStr("unused"))).openapi()
    report = MixReport.model_json_schema(mode="serialization", ref_template=_REFERENCE)
    schemas = document["components"]["schemas"]
    for name, schema in {**report.pop("$defs"), "MixReport": report}.items():
        # A report is written whole, what has a default included.
        schemas.setdefault(name, schema | {"required": [*schema.get("properties", {})]})
    content = document["paths"]["/v1/mixes/{mix_id}/report"]["get"]["responses"]["200"]["content"]
    content["application/json"] = {"schema": {"$ref": _REFERENCE.format(model="MixReport")}}
    bare: dict[str, Any] = _without_words(document)
    return bare


def _without_words(part: Any, *, below: str = "") -> Any:
    if isinstance(part, list):
        return [_without_words(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = part if below in _NAMED_BY_USERS else {n: one for n, one in part.items() if n not in _FOR_PEOPLE}
    return {name: _without_words(one, below=name) for name, one in kept.items()}


if __name__ == "__main__":
    json.dump(describe(), sys.stdout, indent=1)
