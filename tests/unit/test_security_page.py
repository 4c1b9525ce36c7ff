"""What docs/reference/security.md promises is shown by tests that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "security.md"
_ROW = re.compile(r"^\| (V\d+\.\d+\.\d+.*?) \|.*\|([^|]*)\|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def functions_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_names_a_test_that_is_there():
    rows = _ROW.findall(PAGE.read_text())
    assert len(rows) > 30
    for requirement, shown_by in rows:
        named = _TEST.findall(shown_by)
        assert named, f"{requirement} names no test"
        for path, name in named:
            assert name in functions_in(ROOT / path), f"{requirement}: {path} has no {name}"


def test_every_test_that_the_page_names_stands_in_a_row():
    text = PAGE.read_text()
    in_rows = [found for _, shown_by in _ROW.findall(text) for found in _TEST.findall(shown_by)]
    assert in_rows == _TEST.findall(text)
