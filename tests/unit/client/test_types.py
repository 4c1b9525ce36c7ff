"""The types of the API's documents, and which of its calls the clients have."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

import segue_client
from segue_client import AsyncClient, Client
from segue_client.groups import Done, Group, Told
from tests.support.routes import routes_of_the_api
from tools.type_client import type_client

KEPT = Path(segue_client.__file__).parent / "documents.py"
OF_BROWSERS = {("POST", "/v1/session"), ("DELETE", "/v1/session")}
"""Cookies in the place of a key, which programs have no use for."""
OF_TUS = {("OPTIONS", "/v1/uploads"), ("HEAD", "/v1/uploads/{upload_id}")}
"""What clients of any server that speaks tus ask; GET tells more."""
PARTS = ("cue", "labels", "report", "peaks", "cover", "plot", "edl", "rpp", "rekordbox", "package")


def test_the_types_are_those_of_the_api(tmp_path: Path) -> None:
    made = tmp_path / "documents.py"
    type_client(made)
    assert made.read_text() == KEPT.read_text(), "the API has changed: run `make client`"


def test_every_call_of_the_api_is_a_method(tmp_path: Path) -> None:
    asked: set[tuple[str, str]] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        asked.add((request.method, request.url.path))
        if request.url.path.endswith("/events"):
            return httpx.Response(200, text='data: {"state": "succeeded"}\n\n')
        if request.method == "PATCH":
            pieces.append(request)
            return httpx.Response(204, headers={"upload-offset": "5"})
        upload = {"size_bytes": 5, "offset_bytes": 0, "song": "7" if pieces else None}
        return httpx.Response(200, json={"items": [], "next_cursor": None} | upload)

    pieces: list[httpx.Request] = []
    file = tmp_path / "song.mp3"
    file.write_bytes(b"sound")
    given: dict[str, Any] = {"target": tmp_path / "got", "file": file}
    with Client("http://gateway.test", transport=httpx.MockTransport(handler)) as client:
        for method in methods_of(client).values():
            found = method(*(given.get(name, "7") for name in needed_by(method)))
            if isinstance(found, Iterator):
                list(found)
        for part in (*PARTS, "seams/7/audio"):
            client.mixes.save(given["target"], "7", part)
    described = routes_of_the_api()
    unasked = OF_BROWSERS | OF_TUS
    assert described >= unasked
    assert {(way, re.sub("{[^}]*}", "7", path)) for way, path in described - unasked} == asked


def test_both_clients_have_the_same_methods() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    clients: tuple[Any, ...] = (Client(transport=transport), AsyncClient(transport=transport))
    waiting, awaiting = (list(methods_of(client)) for client in clients)
    assert waiting == awaiting
    assert {"songs.upload", "jobs.follow", "system"} <= {*waiting}


def methods_of(client: Any) -> dict[str, Callable[..., Any]]:
    """The methods of a client by name, such as `songs.get`."""
    groups = {"": client} | {
        f"{name}.": group for name, group in vars(client).items() if isinstance(group, Group)
    }
    return {
        before + name: getattr(group, name)
        for before, group in groups.items()
        for kind in type(group).__mro__
        for name, one in vars(kind).items()
        if isinstance(one, Done | Told)
    }


def needed_by(method: Callable[..., Any]) -> list[str]:
    """The arguments that have to be given."""
    parameters = inspect.signature(method).parameters.values()
    return [
        one.name for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]
