"""The page of the settings that operators may make, from the settings themselves."""

from __future__ import annotations

import typing
from typing import Any, Literal

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from shared.settings import Settings
from tools.site.tables import table

__all__ = ["pages"]

_HEAD = """# Settings

Every service reads these from its environment. Secrets may come from files instead, as containers mount them:
`/run/secrets/` and the name in lower case. `segue up` passes on what is set where it is started.

"""
_NAMES = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", SecretStr: "secret"}


def pages() -> dict[str, str]:
    """Return the page of settings."""
    rows = [
        (f"`SEGUE_{name.upper()}`", _default(facts), _type(facts.annotation), facts.description or "")
        for name, facts in Settings.model_fields.items()
    ]
    return {"reference/settings.md": _HEAD + table(("variable", "default", "takes", "means"), rows)}


def _default(facts: FieldInfo) -> str:
    value = facts.default.get_secret_value() if isinstance(facts.default, SecretStr) else facts.default
    if value is None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type(annotation: Any) -> str:
    if typing.get_origin(annotation) is Literal:
        return ", ".join(f"`{one}`" for one in typing.get_args(annotation))
    inner = [one for one in typing.get_args(annotation) if one is not type(None)]
    return _NAMES[inner[0] if inner else annotation]
