"""What the gateway says that it answers."""

from __future__ import annotations

from functools import cache

from tools.describe_api import describe


@cache
def routes_of_the_api() -> frozenset[tuple[str, str]]:
    """Methods and paths, such as `("GET", "/v1/songs/{song_id}")`."""
    paths = describe()["paths"]
    return frozenset((method.upper(), path) for path, ways in paths.items() for method in ways)
