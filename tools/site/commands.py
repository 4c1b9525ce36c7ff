"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from cli.endings import EXIT_CODES
from cli.main import app
from tools.site.tables import table

__all__ = ["commands", "pages"]

_HEAD = f"""# All commands

`segue COMMAND --help` shows the same in a terminal. Ids may be shortened, as in git. With `--json` a command
prints JSON alone on standard output, of what went wrong as well ([problems](problems/index.md)); progress
goes to standard error.

{EXIT_CODES}

"""


def commands() -> list[tuple[str, Any]]:
    """Return all commands with their whole names, groups left out, in the order in which help lists them."""
    return list(_below("segue", typer.main.get_command(app)))


def pages() -> dict[str, str]:
    """Return the page of the command line."""
    return {"reference/commands.md": _HEAD + "\n".join(_section(*one) for one in commands())}


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for word, inner in command.commands.items():
        if not inner.hidden:
            yield from _below(f"{name} {word}", inner)


def _section(name: str, command: Any) -> str:
    context = typer.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    rows = [
        (" ".join(f"`{option}`" for option in (*one.opts, *one.secondary_opts)), _takes(one), _text(one))
        for one in command.get_params(context)
        if isinstance(one, TyperOption) and not one.hidden and "--help" not in one.opts
    ]
    parts = [f"## `{name}`\n", f"`{name} {usage}`\n", command.help or "", ""]
    return "\n".join([*parts, table(("option", "takes", "does"), rows)])


def _takes(option: TyperOption) -> str:
    if option.is_flag:
        return ""
    bounds = [f"{word} {one}" for word, one in (("from", option.min), ("to", option.max)) if one is not None]
    return f"`{option.metavar}`" if option.metavar else " ".join(bounds) or "a value"


def _text(option: TyperOption) -> str:
    told = option.help or ""
    default = option.default
    if default is None or callable(default) or default in (False, True, ()) or not option.show_default:
        return told
    return f"{told} By default `{default}`."
