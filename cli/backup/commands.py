"""`segue backup` and `segue restore`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.errors import BackupDamaged
from cli.options import Data, Json
from cli.output import print_json, say, size
from cli.stack.signals import ended_like_ctrl_c
from cli.versions import version

if TYPE_CHECKING:
    from cli.backup.copying import Done
    from shared.store.objects import ObjectStore

__all__ = ["backup", "restore"]

Into = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER", file_okay=False, help="A new or an empty folder, or that of an earlier backup."
    ),
]
From = Annotated[
    Path, typer.Argument(metavar="FOLDER", file_okay=False, exists=True, help="The folder of a backup.")
]


def backup(folder: Into, data: Data = None, as_json: Json = False) -> None:
    """Copy all that is stored into a folder, also while Segue runs; a second time, what is new.

    Of the local stack, or of the object store that SEGUE_S3_ENDPOINT and its siblings name.
    """
    from cli.backup.folder import BackupFolder
    from cli.backup.running import take

    def run(store: ObjectStore, tell: Callable[[int, int], None]) -> Done:
        return take(store, BackupFolder(folder), release=version(), tell=tell)

    _carry_out(run, data, may_be_new=False, as_json=as_json)


def restore(folder: From, data: Data = None, as_json: Json = False) -> None:
    """Copy a backup into the local stack, or into the object store that is named; what is there stays."""
    from cli.backup.folder import BackupFolder
    from cli.backup.running import bring_back

    source = BackupFolder(folder)
    source.read_taken()  # Before any server is started.
    _carry_out(
        lambda store, tell: bring_back(source, store, tell=tell), data, may_be_new=True, as_json=as_json
    )


def _carry_out(
    run: Callable[[ObjectStore, Callable[[int, int], None]], Done],
    data: Path | None,
    *,
    may_be_new: bool,
    as_json: bool,
) -> None:
    from cli.backup.reaching import local_bucket, named_bucket
    from cli.backup.running import describe

    named = named_bucket() if data is None else None
    bucket = local_bucket(data, may_be_new=may_be_new) if named is None else nullcontext(named)
    with ended_like_ctrl_c(), output.notes.status("Copying") as status, bucket as store:
        done = run(store, lambda told, of: status.update(f"Copying: {told} of {of} records"))
    if done.damaged:
        raise BackupDamaged(done.damaged)
    if as_json:
        print_json({name: getattr(done, name) for name in ("copied", "copied_bytes", "unchanged", "removed")})
    else:
        say(describe(done, size=size))
