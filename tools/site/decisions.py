"""The list of decisions."""

from __future__ import annotations

from pathlib import Path

__all__ = ["pages"]

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
_HEAD = """# Decisions

What was decided, why, and what was rejected: a page each, in the order in which they were made.

"""


def pages() -> dict[str, str]:
    """Return the page that names all decisions."""
    listed = [
        f"- [{path.read_text().splitlines()[0].lstrip('# ')}]({path.name})"
        for path in sorted(FOLDER.glob("0*.md"))
    ]
    return {"decisions/index.md": _HEAD + "\n".join(listed) + "\n"}
