"""What was found about seams as one page without any other file."""

from __future__ import annotations

from html import escape

from cli.experiments.findings import Findings, Table

__all__ = ["page_of"]

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}"
    "td,th{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:left;white-space:nowrap}"
    "svg{max-width:100%;height:auto}"
)


def page_of(findings: Findings) -> str:
    """Return findings as HTML, plots included."""
    title = escape(findings.question)
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
        f"<h1>{title}</h1>",
        "<ul>",
        *(f"<li>{escape(sentence)}</li>" for sentence in findings.sentences),
        "</ul>",
        # The plots are drawn by ourselves: their text was escaped when they were.
        *(f"<h2>{escape(plot.title)}</h2>{plot.svg[plot.svg.index('<svg') :]}" for plot in findings.plots),
        *map(_table, findings.tables),
    ]
    return "\n".join([*parts, "</html>"]) + "\n"


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.headings)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return f"<h2>{escape(table.title)}</h2><table><tr>{head}</tr>{rows}</table>"
