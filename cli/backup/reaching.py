"""Which bucket is meant: that of the data folder, or the one that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.settings import Settings
from shared.store.objects import ObjectStore, connect

__all__ = ["local_bucket", "named_bucket"]


def named_bucket() -> ObjectStore | None:
    """Return the bucket that `SEGUE_S3_ENDPOINT` and its siblings name, made if missing, or None."""
    settings = Settings()
    return _made(settings) if "s3_endpoint" in settings.model_fields_set else None


@contextmanager
def local_bucket(data: Path | None, *, may_be_new: bool) -> Iterator[ObjectStore]:
    """Yield the bucket of a data folder; its servers run as long as the block, unless they run already.

    Args:
        data: the folder; None: the user's own.
        may_be_new: whether an empty one will do.

    Raises:
        NothingStored: nothing is stored there.
        ServerFailed, ToolMissing: the servers do not start.
    """
    from cli.errors import NothingStored
    from cli.stack.folder import DataFolder, LocalSettings, find_running
    from cli.stack.stack import Stack, settings_of

    folder = DataFolder(data or LocalSettings().data)
    identity = folder.read_identity()
    if identity is None and not may_be_new:
        raise NothingStored(str(folder.root))
    if identity is not None and find_running(folder.root) is not None:
        yield _made(settings_of(folder, identity))
        return
    with Stack(folder.root, services=()) as stack:
        yield _made(stack.settings())


def _made(settings: Settings) -> ObjectStore:
    store = connect(settings)
    store.ensure_bucket()
    return store
