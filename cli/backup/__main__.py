"""Backups in a container, of the store that its settings name: `python -m cli.backup save|restore FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cli.backup.folder import BackupFolder
from cli.backup.reaching import named_bucket
from cli.backup.running import bring_back, describe, take
from shared.errors import SegueError


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m cli.backup", description=__doc__)
    parser.add_argument("act", choices=["save", "restore"])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("/backup"))
    chosen = parser.parse_args()
    folder = BackupFolder(chosen.folder)
    try:
        store = named_bucket()
        if store is None:
            parser.error("SEGUE_S3_ENDPOINT names no object store")
        if chosen.act == "save":
            done = take(store, folder, release="source", tell=lambda *_: None)
        else:
            done = bring_back(folder, store, tell=lambda *_: None)
    except SegueError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(describe(done, size=lambda size_bytes: f"{size_bytes / 1e6:.1f} MB"))  # noqa: T201
    for damage in done.damaged:
        print(f"damaged, and left out: {damage}", file=sys.stderr)  # noqa: T201
    return 1 if done.damaged else 0


if __name__ == "__main__":
    sys.exit(main())
