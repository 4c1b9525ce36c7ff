"""`python -m cli.demo FOLDER`: write the demo songs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cli.demo.writing import write_demo_songs
from shared.errors import BadSetting


def main() -> int:
    """Write the demo songs into the folder that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m cli.demo", description="Synthesise the five demo songs.")
    parser.add_argument("folder", type=Path, help="where the files go; made when it is not there")
    parser.add_argument(
        "--seconds", type=float, help="about how long each song should be (own length: 60 to 90 s)"
    )
    parser.add_argument("--format", choices=("flac", "ogg"), default="flac", help="of the files")
    arguments = parser.parse_args()
    try:
        paths = write_demo_songs(arguments.folder, seconds=arguments.seconds, format=arguments.format)
    except BadSetting as error:
        parser.error(str(error))
    sys.stdout.writelines(f"{path}\n" for path in paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
