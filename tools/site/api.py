"""The reference of the HTTP API, from its own description: what can be asked, and what comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import SecretStr

from services.gateway.app import create_app
from shared.settings import Settings
from tools.site.tables import table

__all__ = ["described", "pages"]

_HEAD = """# The HTTP API

{description}

A running gateway describes itself at `/docs`, and for programs at `/openapi.json`. This page is made of the
same description. `{{...}}` in a path is an id. What an answer may also be, everywhere: 401, 421, 429 and 503,
each with a [problem](../problems/index.md).

"""
_DOCUMENTS = """# Documents of the API

What requests send and answers hold, by name. Fields without a default have to be there.

"""
_EVERYWHERE = {"401", "421", "429", "503"}


@cache
def described() -> dict[str, Any]:
    """Return the gateway's description of its API."""
    return dict(create_app(Settings(s3_secret_key=SecretStr("unused"))).openapi())


def pages() -> dict[str, str]:
    """Return the page of requests and the page of documents."""
    api = described()
    schemas = sorted(api["components"]["schemas"].items())
    return {
        "reference/api/index.md": _HEAD.format(description=api["info"]["description"].strip())
        + "\n".join(_sections(api)),
        "reference/api/documents.md": _DOCUMENTS + "\n".join(_document(*one) for one in schemas),
    }


def _sections(api: dict[str, Any]) -> Iterator[str]:
    for tag in api["tags"]:
        yield f"## {tag['name'].capitalize()}\n\n{tag['description']}\n"
        for path, methods in api["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield _operation(f"{method.upper()} {path}", operation)


def _operation(name: str, operation: dict[str, Any]) -> str:
    parts = [f"### `{name}`\n", operation["description"], ""]
    if parameters := operation.get("parameters"):
        rows = [
            (
                f"`{one['name']}`",
                one["in"],
                _type(one["schema"]),
                _default(one["schema"]),
                one.get("description", ""),
            )
            for one in parameters
        ]
        parts.append(table(("parameter", "in", "takes", "default", "means"), rows))
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"Body, `{media}`: {_type(content.get('schema', {}))}\n")
    rows = [
        (status, _answers(response), response.get("description", ""))
        for status, response in operation["responses"].items()
        if status not in _EVERYWHERE
    ]
    parts.append(table(("answer", "holds", "means"), rows))
    return "\n".join(parts)


def _answers(response: dict[str, Any]) -> str:
    held = [
        f"`{media}`" if media != "application/json" else _type(content.get("schema", {}))
        for media, content in response.get("content", {}).items()
        if media != "application/problem+json"
    ]
    problem = (
        ["[problem](../problems/index.md)"]
        if "application/problem+json" in response.get("content", {})
        else []
    )
    return ", ".join(held + problem)


def _document(name: str, schema: dict[str, Any]) -> str:
    parts = [f"## {_shown(name)} {{ #{name.lower()} }}\n", schema.get("description", ""), ""]
    if "enum" in schema:
        parts.append(f"One of {_choices(schema['enum'])}.\n")
    if fields := schema.get("properties"):
        rows = [
            (f"`{field}`", _type(facts), _needed(field, facts, schema), facts.get("description", ""))
            for field, facts in fields.items()
        ]
        parts.append(table(("field", "takes", "default", "means"), rows))
    return "\n".join(parts)


def _needed(field: str, facts: dict[str, Any], schema: dict[str, Any]) -> str:
    return "" if field in schema.get("required", ()) else _default(facts) or "null"


def _default(facts: dict[str, Any]) -> str:
    value = facts.get("default")
    if value is None or isinstance(value, dict):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type(schema: dict[str, Any]) -> str:
    """Return the type of a schema in words, documents linked."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{_shown(name)}](documents.md#{name.lower()})"
    if "enum" in schema or "const" in schema:
        return _choices(schema.get("enum", [schema.get("const")]))
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if several:
        return " or ".join(dict.fromkeys(_type(one) for one in several))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return (schema.get("type") or "anything") + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    words = {
        "minimum": "from",
        "exclusiveMinimum": "above",
        "maximum": "to",
        "exclusiveMaximum": "below",
        "minLength": "at least",
        "maxLength": "at most",
    }
    told = [f"{word} {schema[name]:.15g}" for name, word in words.items() if name in schema]
    return f" ({' '.join(told)})" if told else ""


def _choices(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _shown(name: str) -> str:
    return name.rstrip("_").replace("_", " of ", 1)
