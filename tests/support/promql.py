"""Read from PromQL which metrics and labels it asks for."""

from __future__ import annotations

import re

_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"\{([^}]*)\}")
_MATCHER = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"[^\"]*\"")
_RANGE = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"\b([a-zA-Z_:][a-zA-Z0-9_:]*)\b(?!\s*\()")
_OPERATORS = {"and", "or", "unless", "bool", "offset", "sum", "by"}


def metrics_of(query: str) -> set[str]:
    """Return every metric that a query names."""
    bare = _GROUPING.sub(" ", query)
    bare = _RANGE.sub(" ", _SELECTOR.sub(" ", bare))
    return {name for name in _NAME.findall(bare) if name not in _OPERATORS}


def labels_of(query: str) -> set[str]:
    """Return every label that a query selects or groups by."""
    grouped = {label.strip() for found in _GROUPING.findall(query) for label in found.split(",")}
    return grouped | {name for found in _SELECTOR.findall(query) for name in _MATCHER.findall(found)}
