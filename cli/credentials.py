"""Which key goes with a request: one that is typed, else the data folder's, else one in the environment.

A local stack's own key, the operator's, lies in its data folder, which only its owner can read. So the owner
of a stack needs to name no key, whether others are asked for one or not.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.stack.folder import DataFolder, LocalSettings, find_running
from shared.errors import BadSetting

__all__ = ["Key", "KeyFile", "key_for", "operator_key_for", "remember_key", "remember_key_of"]


@dataclass(frozen=True)
class _Given:
    key: str | None = None
    typed: bool = False
    """On this command line, rather than in the environment, where it may be meant for another gateway."""


_given: ContextVar[_Given] = ContextVar("segue.key", default=_Given())  # noqa: B039  # frozen
"""Set anew by every command line."""

Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="SEGUE_KEY",
        metavar="KEY",
        show_envvar=True,
        help="Your key, where the gateway asks for one. Others on this machine can see it in the list of "
        "processes; SEGUE_KEY and --key-file they cannot.",
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        envvar="SEGUE_KEY_FILE",
        metavar="FILE",
        dir_okay=False,
        show_envvar=True,
        help="A file that holds your key.",
    ),
]


def remember_key(key: str | None, key_file: Path | None, *, typed: bool) -> None:
    """Keep the key that was given for the commands below; one that is given itself comes before a file.

    Args:
        key: the key.
        key_file: the file that holds it.
        typed: whether either is on the command line.
    """
    found = key or (key_file.read_text() if key_file else "")
    _given.set(_Given(_plain(found), typed))


def remember_key_of(context: typer.Context) -> None:
    """Keep the key that was given to `segue` itself, before any command.

    Args:
        context: of `segue`, its options read.
    """
    sources = [context.get_parameter_source(name) for name in ("key", "key_file")]
    typed = any(source is not None and source.name == "COMMANDLINE" for source in sources)
    remember_key(context.params.get("key"), context.params.get("key_file"), typed=typed)


def key_for(url: str, data: Path | None) -> str | None:
    """Return the key that goes with requests to a gateway; None: there is none.

    Args:
        url: the gateway's address.
        data: the data folder, if the user names one.
    """
    given = _given.get()
    return (given.key if given.typed else None) or _own_key(url, data) or given.key


def operator_key_for(url: str, data: Path | None, key_file: Path | None) -> str | None:
    """Return the operator's key of a gateway; None: it is not known here.

    Args:
        url: the gateway's address.
        data: the data folder, if the user names one.
        key_file: the file that holds it, if the user names one.
    """
    given = key_file.read_text() if key_file else os.environ.get("SEGUE_ADMIN_KEY", "")
    return _own_key(url, data) or _plain(given)


def _own_key(url: str, data: Path | None) -> str | None:
    """Return the key of the stack that runs on the data folder, if the address is that stack's."""
    running = find_running(data)
    if running is None or running.url != url:
        return None
    identity = DataFolder(data or LocalSettings().data).read_identity()
    return identity.admin_key if identity else None


def _plain(text: str) -> str | None:
    key = text.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadSetting(
            "What was given as a key is none: a key is one word. Check the file or the variable."
        )
    return key or None
