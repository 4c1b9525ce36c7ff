"""One backup, one restore: what the commands and the container have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cli.backup.copying import Done, Tell
from cli.backup.folder import BackupFolder, Taken
from cli.backup.restoring import restore
from cli.backup.saving import save
from shared.store.objects import ObjectStore

__all__ = ["bring_back", "describe", "take"]


def take(store: ObjectStore, folder: BackupFolder, *, release: str, tell: Tell) -> Done:
    """Take a backup, or bring the one that is there up to date.

    Raises:
        NotABackup: the folder holds something else.
        StoreUnavailable: the store does not answer; what was copied counts next time.
    """
    folder.prepare()
    begun = datetime.now(UTC)
    done = save(store, folder, tell=tell)
    folder.write_taken(Taken(release=release, begun_at=begun))
    return done


def bring_back(folder: BackupFolder, store: ObjectStore, *, tell: Tell) -> Done:
    """Bring a backup back into a bucket.

    Raises:
        NotABackup: the folder holds no whole one.
        StoreUnavailable: the store does not answer; what was copied counts next time.
    """
    folder.read_taken()
    return restore(folder, store, tell=tell)


def describe(done: Done, *, size: Callable[[float], str]) -> str:
    """Return in a sentence what was done."""
    parts = [
        f"Copied {done.copied} objects, {size(done.copied_bytes)}",
        f"{done.unchanged} records were there",
    ]
    parts += [f"{done.removed} objects removed"] if done.removed else []
    return "; ".join(parts) + "."
