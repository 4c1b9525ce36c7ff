"""`segue keys`: make, list, rotate, revoke. The operator's: they need the key that makes keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, cast

import httpx
import typer

from cli import output
from cli.credentials import operator_key_for
from cli.documents import Document, Shown
from cli.options import Data, Json, Url
from cli.output import moment
from cli.reaching import find_gateway
from segue_client import Client, NoGateway
from segue_client.documents import NewKey

keys = typer.Typer(
    name="keys",
    help="Keys: who may use this Segue. From the first one on, all need one.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What to call it: a person, or a program.")]
KeyId = Annotated[
    str, typer.Argument(metavar="ID", help="Its id, the part between `segue_` and the next `_`.")
]
OfTenant = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        metavar="TENANT",
        help="Whose things it opens: another key's tenant, or local, what was made without a key. By default "
        "those of a new tenant, who has nothing yet.",
    ),
]
IntoFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        dir_okay=False,
        help="Write the key into a new file that only you can read, rather than show it.",
    ),
]
AdminKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--admin-key-file",
        envvar="SEGUE_ADMIN_KEY_FILE",
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="The operator's key; by default SEGUE_ADMIN_KEY, else that of the local stack that runs.",
    ),
]


@contextmanager
def _as_operator(
    context: typer.Context, url: str | None, data: Path | None, key_file: Path | None
) -> Iterator[Client]:
    transport: httpx.BaseTransport | None = context.obj
    found = find_gateway(url, data, transport=transport)
    if found is None:
        raise NoGateway()
    with Client(found, key=operator_key_for(found, data, key_file), transport=transport) as gateway:
        yield gateway


@keys.command("make")
def make(
    context: typer.Context,
    name: Name,
    tenant: OfTenant = None,
    target: IntoFile = None,
    admin_key_file: AdminKeyFile = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key, and show it, once."""
    wish: Document = {"name": name} | ({"tenant": tenant} if tenant else {})
    with _new_file(target), _as_operator(context, url, data, admin_key_file) as gateway:
        _tell(gateway.keys.make(**wish), target, as_json=as_json)


@keys.command("rotate")
def rotate(
    context: typer.Context,
    identifier: KeyId,
    target: IntoFile = None,
    admin_key_file: AdminKeyFile = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key that opens what another does, and revoke that one."""
    with _new_file(target), _as_operator(context, url, data, admin_key_file) as gateway:
        _tell(gateway.keys.rotate(identifier), target, as_json=as_json)


@keys.command("list")
def list_keys(
    context: typer.Context,
    admin_key_file: AdminKeyFile = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List keys, those that were revoked as well; none is shown whole."""
    with _as_operator(context, url, data, admin_key_file) as gateway:
        found = list(gateway.keys.list(left_out=output.note_left_out))
    if as_json:
        output.print_json(found)
        return
    rows = (
        [
            one["id"],
            one["name"],
            one["tenant"],
            moment(one["made_at"]),
            moment(one["revoked_at"]) if one["revoked_at"] else "-",
        ]
        for one in found
    )
    output.print_table(["id", "name", "tenant", "made", "revoked"], rows)


@keys.command("revoke")
def revoke(
    context: typer.Context,
    identifier: KeyId,
    admin_key_file: AdminKeyFile = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Let a key open nothing any more, within seconds. What was made with it stays."""
    with _as_operator(context, url, data, admin_key_file) as gateway:
        gateway.keys.revoke(identifier)
    if as_json:
        output.print_json({"revoked": identifier})
    else:
        output.say(f"Revoked {identifier}.")


@contextmanager
def _new_file(target: Path | None) -> Iterator[None]:
    """Make the file before the key, which would be lost with it; an empty one is not left behind."""
    if target is None:
        yield
        return
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield
    finally:
        if target.stat().st_size == 0:
            target.unlink()


def _tell(told: NewKey, target: Path | None, *, as_json: bool) -> None:
    key, made = told["key"], cast(Shown, told)
    if target is not None:
        target.write_text(f"{key}\n")
        made = {name: value for name, value in made.items() if name != "key"} | {"file": str(target)}
    if as_json:
        output.print_json(made)
        return
    output.say(key if target is None else f"The key is in {target}.")
    output.note(
        f"Key {made['id']} of {made['name']} opens what tenant {made['tenant']} has. It is kept nowhere: who "
        "loses it needs another."
    )
