"""Lay findings out in a folder: a page, every figure as JSON, tables as CSV, plots as SVG."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

from cli.experiments.findings import Findings, Table
from cli.experiments.scales import Scale


def write_findings(findings: Findings, scale: Scale, folder: Path) -> Path:
    """Write `NAME/README.md`, `results.json`, `*.csv` and `*.svg` below a folder; return the page.

    What another run wrote under these names is replaced; prose of one's own belongs elsewhere.
    """
    own = folder / findings.name
    own.mkdir(parents=True, exist_ok=True)
    for plot in findings.plots:
        (own / f"{plot.name}.svg").write_text(plot.svg)
    for table in findings.tables:
        (own / f"{table.name}.csv").write_text(_csv(table))
    document = {
        "experiment": findings.name,
        "question": findings.question,
        "scale": vars(scale),
        "findings": findings.sentences,
        **findings.data,
    }
    text = json.dumps(finite(document), indent=1, ensure_ascii=False)
    (own / "results.json").write_text(f"{text}\n")
    page = own / "README.md"
    page.write_text(_page(findings, scale))
    return page


def _page(findings: Findings, scale: Scale) -> str:
    lines = [
        f"# {findings.question}",
        "",
        f"Written by `segue experiment {findings.name} --scale {scale.name}`; not to be edited.",
        "",
        *(f"- {sentence}" for sentence in findings.sentences),
        "",
    ]
    for plot in findings.plots:
        lines += [f"![{plot.title}]({plot.name}.svg)", "", f"*{plot.title}*", ""]
    for table in findings.tables:
        lines += [f"## {table.title}", "", *_markdown(table), ""]
    return "\n".join(lines)


def _markdown(table: Table) -> list[str]:
    rule = ["---"] * len(table.headings)
    return [f"| {' | '.join(cells)} |" for cells in (table.headings, rule, *table.rows)]


def _csv(table: Table) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows([table.headings, *table.rows])
    return target.getvalue()


def finite(value: Any) -> Any:
    """Return a document without NaN, which JSON does not know, and with no more digits than mean anything."""
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value
