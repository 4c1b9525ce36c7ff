"""Run the benchmarks: a table on the screen, and all of it as JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.material import Bench
from bench.measuring import Row

SECTIONS = ("cut", "score", "train", "render", "mix", "scale", "growth")


def main() -> int:
    """Run the sections that are asked for; return the exit status, 1 where two sides disagree."""
    asked = _parser().parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        bench = Bench(Path(folder), asked.songs, asked.smoke, 1 if asked.smoke else asked.rounds)
        for row in _rows(asked.only, bench):
            rows.append(row)
            sys.stderr.write(f"{_told(row)}\n")
            asked.output.parent.mkdir(parents=True, exist_ok=True)
            asked.output.write_text(json.dumps({"rows": [each.to_json() for each in rows]}, indent=2) + "\n")
    Console().print(_table(rows))
    return int(any(row.agrees is False for row in rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", type=_sections, default=SECTIONS, help=f"some of {','.join(SECTIONS)}")
    parser.add_argument("--songs", type=Path, help="a folder of songs (else some are synthesised)")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes: only agreement means something")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is timed")
    parser.add_argument("--output", type=Path, default=Path("out/bench.json"), help="where the JSON goes")
    return parser


def _sections(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    if unknown := set(names) - set(SECTIONS):
        raise argparse.ArgumentTypeError(f"no section {', '.join(sorted(unknown))}")
    return names or SECTIONS


def _rows(sections: tuple[str, ...], bench: Bench) -> Iterator[Row]:
    for name in sections:
        yield from importlib.import_module(f"bench.{name}").rows(bench)


def _table(rows: list[Row]) -> Table:
    table = Table(title="Segue beside its peers (medians; ratio: the peer's time over Segue's)")
    for heading in ("what", "peer"):
        table.add_column(heading, overflow="fold")
    for heading in ("peer s", "Segue s", "ratio"):
        table.add_column(heading, justify="right")
    for heading in ("goal", "reached", "agrees"):
        table.add_column(heading)
    for row in rows:
        times = [_digits(value) for value in (row.peer_s, row.segue_s, row.ratio)]
        goal = "" if row.goal is None else row.goal.text
        table.add_row(row.name, row.peer, *times, goal, _word(row.reached), _word(row.agrees))
    return table


def _told(row: Row) -> str:
    beside = "" if row.ratio is None else f", {row.peer} {_digits(row.peer_s)} s, ratio {_digits(row.ratio)}"
    return f"{row.name}: {_digits(row.segue_s)} s{beside}{f' ({row.note})' if row.note else ''}"


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _word(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


if __name__ == "__main__":
    sys.exit(main())
