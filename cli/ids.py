"""Ids shortened as in git: any beginning that fits only one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

from cli.documents import Shown
from cli.errors import AmbiguousId
from cli.output import note_left_out
from segue_client import Client
from shared.errors import BadSetting, NotFound

SHORTEST = 4
_FULL = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}")
_NOUNS = {
    "songs": "song",
    "cuts": "cut",
    "pools": "pool",
    "models": "model",
    "reports": "report",
    "mixes": "mix",
    "jobs": "job",
    "votes": "vote",
}


class Group(Protocol):
    """What all kinds of things can be asked for."""

    def list(self, **filters: Any) -> Iterator[Shown]:
        """Yield all of them, the newest first."""

    def get(self, identifier: str) -> Shown:
        """Return one."""

    def delete(self, identifier: str) -> None:
        """Delete one."""


def group_of(gateway: Client, resource: str) -> Group:
    """Return the client's methods about a resource: they are called as it is in the API's paths."""
    group: Group = getattr(gateway, resource)
    return group


def full_id(gateway: Client, resource: str, given: str) -> str:
    """Return the full id of the one thing of a resource whose id begins so.

    Raises:
        BadSetting: the beginning has fewer than `SHORTEST` characters.
        NotFound: none does.
        AmbiguousId: several do.
    """
    prefix = given.lower()
    if _FULL.fullmatch(prefix):
        return prefix
    if len(prefix) < SHORTEST:
        raise BadSetting(f"{given!r} is too short for an id. Give its first {SHORTEST} characters or more.")
    items = group_of(gateway, resource).list(left_out=note_left_out)
    fitting: list[str] = [item["id"] for item in items if item["id"].startswith(prefix)]
    if not fitting:
        raise NotFound(_NOUNS[resource], given)
    if len(fitting) > 1:
        raise AmbiguousId(resource, given, fitting)
    return fitting[0]
