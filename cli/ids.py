"""Ids shortened as in git: any beginning that fits only one."""

from __future__ import annotations

import re

from cli.client import Gateway
from cli.errors import AmbiguousId
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
}


def full_id(gateway: Gateway, resource: str, given: str) -> str:
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
    fitting: list[str] = [item["id"] for item in gateway.items(resource) if item["id"].startswith(prefix)]
    if not fitting:
        raise NotFound(_NOUNS[resource], given)
    if len(fitting) > 1:
        raise AmbiguousId(resource, given, fitting)
    (found,) = fitting
    return found
