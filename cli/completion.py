"""Completion of ids by the shell: those that begin so, asked of the gateway, quickly or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import typer

from cli.credentials import key_for, remember_key_of
from cli.documents import Shown
from cli.ids import group_of
from cli.output import short_id
from cli.reaching import find_gateway
from segue_client import Client, ClientError
from shared.errors import SegueError

__all__ = ["complete_id", "complete_model"]

MOST = 200
"""So many of the newest are looked at: one page, one request."""
PATIENCE_S = 1.0
_OF_OTHERS = {
    "radio": "pools",
    "model": "models",
    "song": "songs",
    "mix": "mixes",
    "steps": "mixes",
    "seams": "mixes",
    "map": "mixes",
}
"""Whose ids a command takes that is not called after them."""
_RESOURCES = ("songs", "cuts", "pools", "models", "reports", "mixes", "jobs", "votes")


def complete_id(context: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the ids that begin so of the things that a command is about, each with what it is called."""
    words = context.command_path.split()[1:]
    named = next((word for word in words if word in _RESOURCES or word in _OF_OTHERS), None)
    if named is not None:
        yield from _beginning(context, _OF_OTHERS.get(named, named), incomplete)


def complete_model(context: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the ids of models that begin so."""
    yield from _beginning(context, "models", incomplete)


def _beginning(context: typer.Context, resource: str, incomplete: str) -> list[tuple[str, str]]:
    """Return ids of a resource, shortened; none where no gateway answers in time: a shell shows no errors."""
    try:
        remember_key_of(cast(typer.Context, context.find_root()))
        url: str | None = context.params.get("url")
        data: Path | None = context.params.get("data")
        found = find_gateway(url, data, transport=context.obj)
        if found is None:
            return []
        with Client(found, key=key_for(found, data), transport=context.obj, timeout_s=PATIENCE_S) as gateway:
            listed = group_of(gateway, resource).list(left_out=lambda key: None)
            items = list(islice(listed, MOST))
    except (ClientError, SegueError, OSError):
        return []
    return [
        (short_id(item["id"]), _called(item)) for item in items if item["id"].startswith(incomplete.lower())
    ]


def _called(item: Shown) -> str:
    for name in ("title", "approach", "goal", "song"):
        told: Any = item.get(name)
        if told:
            state = f", {item['state']}" if name == "goal" else ""
            return short_id(str(told)) + state if name == "song" else f"{told}{state}"
    return ""
