"""The description of the API (OpenAPI): FastAPI's, its problems filed as such, and links to what comes next.

A link says which request can be made with what an answer tells: a job's id with its state, a song's with its
cuts. People read them as documentation; the tests that make requests out of the description follow them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway import problems

__all__ = ["describe"]

_ID, _FIRST = "$response.body#/id", "$response.body#/items/0/id"


@dataclass(frozen=True)
class _Link:
    """A request that an answer leads to.

    Attributes:
        name: what it is called there.
        operation: its method and path.
        parameters: where each of its parameters is found.
        body: what it sends; expressions in it are filled in.
    """

    name: str
    operation: str
    parameters: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


_OF_DOCUMENTS: dict[str, tuple[_Link, ...]] = {
    "Job": (
        _Link("job", "GET /v1/jobs/{job_id}", {"job_id": _ID}),
        _Link("events", "GET /v1/jobs/{job_id}/events", {"job_id": _ID}),
        _Link("cancel", "DELETE /v1/jobs/{job_id}", {"job_id": _ID}),
        _Link("mix", "GET /v1/mixes/{mix_id}", {"mix_id": "$response.body#/mix"}),
        _Link("preview", "GET /v1/previews/{preview_id}", {"preview_id": "$response.body#/preview"}),
        _Link("report", "GET /v1/reports/{report_id}", {"report_id": "$response.body#/report"}),
    ),
    "Song": (
        _Link("song", "GET /v1/songs/{song_id}", {"song_id": _ID}),
        _Link("audio", "GET /v1/songs/{song_id}/audio", {"song_id": _ID}),
        _Link("analyse", "POST /v1/songs/{song_id}/analysis", {"song_id": _ID}),
        _Link("cut", "POST /v1/cuts", body={"songs": [_ID]}),
        _Link("mix", "POST /v1/mixes", body={"songs": [_ID], "chunks": 30}),
        _Link("delete", "DELETE /v1/songs/{song_id}", {"song_id": _ID}),
    ),
    "Upload": (
        _Link("upload", "GET /v1/uploads/{upload_id}", {"upload_id": _ID}),
        _Link("offset", "HEAD /v1/uploads/{upload_id}", {"upload_id": _ID}),
        _Link("piece", "PATCH /v1/uploads/{upload_id}", {"upload_id": _ID}),
        _Link("end", "DELETE /v1/uploads/{upload_id}", {"upload_id": _ID}),
    ),
    "CutDetails": (
        _Link("pool", "POST /v1/pools", body={"cuts": [_ID]}),
        _Link("chunk", "GET /v1/cuts/{cut_id}/chunks/{n}/audio", {"cut_id": _ID, "n": "0"}),
    ),
    "Pool": (
        _Link("radio", "GET /v1/radio/{pool_id}", {"pool_id": _ID}),
        _Link("stream", "GET /v1/radio/{pool_id}.mp3", {"pool_id": _ID}),
    ),
    "Model": (
        _Link("model", "GET /v1/models/{model_id}", {"model_id": _ID}),
        _Link("judge", "POST /v1/models/{model_id}/report", {"model_id": _ID}),
        _Link("report", "GET /v1/models/{model_id}/report", {"model_id": _ID}),
    ),
    "Mix": (
        _Link("audio", "GET /v1/mixes/{mix_id}/audio", {"mix_id": _ID}),
        _Link("report", "GET /v1/mixes/{mix_id}/report", {"mix_id": _ID}),
        _Link("package", "GET /v1/mixes/{mix_id}/package", {"mix_id": _ID}),
        _Link("history", "GET /v1/mixes/{mix_id}/revisions", {"mix_id": _ID}),
        _Link("revise", "POST /v1/mixes/{mix_id}/revisions", {"mix_id": _ID}),
        _Link("draw", "POST /v1/mixes/{mix_id}/map", {"mix_id": _ID}),
        _Link("map", "GET /v1/mixes/{mix_id}/map", {"mix_id": _ID}),
    ),
    "Vote": (
        _Link("vote", "GET /v1/votes/{vote_id}", {"vote_id": _ID}),
        _Link("delete", "DELETE /v1/votes/{vote_id}", {"vote_id": _ID}),
    ),
    "Preview": (_Link("audio", "GET /v1/previews/{preview_id}/audio", {"preview_id": _ID}),),
    "Page_Song_": (_Link("song", "GET /v1/songs/{song_id}", {"song_id": _FIRST}),),
    "Page_CutSummary_": (_Link("cut", "GET /v1/cuts/{cut_id}", {"cut_id": _FIRST}),),
    "Page_Model_": (_Link("model", "GET /v1/models/{model_id}", {"model_id": _FIRST}),),
    "Page_ReportSummary_": (_Link("report", "GET /v1/reports/{report_id}", {"report_id": _FIRST}),),
    "Page_Pool_": (_Link("pool", "GET /v1/pools/{pool_id}", {"pool_id": _FIRST}),),
    "Page_Mix_": (_Link("mix", "GET /v1/mixes/{mix_id}", {"mix_id": _FIRST}),),
    "Page_Vote_": (_Link("vote", "GET /v1/votes/{vote_id}", {"vote_id": _FIRST}),),
    "Page_JobSummary_": (_Link("job", "GET /v1/jobs/{job_id}", {"job_id": _FIRST}),),
    "Page_Key_": (_Link("revoke", "DELETE /v1/keys/{key_id}", {"key_id": _FIRST}),),
    "NewKey": (
        _Link("rotate", "POST /v1/keys/{key_id}/rotation", {"key_id": _ID}),
        _Link("revoke", "DELETE /v1/keys/{key_id}", {"key_id": _ID}),
    ),
}
"""By the document that an answer is."""


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of an application, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            tags=app.openapi_tags,
            routes=app.routes,
        )
        operations = {
            f"{method.upper()} {path}": operation
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
        }
        ids = {name: operation["operationId"] for name, operation in operations.items()}
        for name, operation in operations.items():
            for response in operation["responses"].values():
                _file(response)
                _link(response, ids, asked=name)
        app.openapi_schema = schema
    return app.openapi_schema


def _file(response: dict[str, Any]) -> None:
    """File a problem under its media type; FastAPI takes the route's."""
    for content in list(response.get("content", {}).values()):
        if _document(content) == "Problem":
            response["content"] = {problems.MEDIA_TYPE: content}


def _link(response: dict[str, Any], ids: dict[str, str], *, asked: str) -> None:
    """Add the links of what a response holds, but for one to where it came from."""
    for content in response.get("content", {}).values():
        links = {
            link.name: {"operationId": ids[link.operation], "parameters": link.parameters}
            | ({} if link.body is None else {"requestBody": link.body})
            for link in _OF_DOCUMENTS.get(_document(content), ())
            if link.operation != asked
        }
        if links:
            response["links"] = links


def _document(content: dict[str, Any]) -> str:
    return str(content.get("schema", {}).get("$ref", "")).rsplit("/", 1)[-1]
