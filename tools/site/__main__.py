"""Build the documentation and check it: `python -m tools.site`."""

from __future__ import annotations

import logging
import sys

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException

from tools.site.checking import faults_of


def main() -> int:
    """Return 0 if the site was built and every link of it leads somewhere, else 1 and say what is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    config = load_config("mkdocs.yml")
    try:
        build(config)
    except MkDocsException as error:
        print(error, file=sys.stderr)
        return 1
    faults = faults_of(config.site_dir)
    print(*faults, sep="\n", file=sys.stderr)
    print(f"{config.site_dir}/index.html" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
