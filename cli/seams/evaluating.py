"""`segue evaluate --seams`: from songs to findings."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli.experiments.findings import Findings
from cli.experiments.laboratory import Laboratory
from cli.experiments.scales import FULL
from cli.mixing import gather_songs
from cli.output import print_table, say
from cli.progress import Bars
from cli.seams.gathering import Wanted, take
from cli.seams.listening import listen
from cli.seams.study import findings_of, judgements_of
from cli.sources import find_sources
from segue_client import Client

__all__ = ["evaluate_seams", "kinds_of", "show_findings"]


def kinds_of(given: Sequence[Path]) -> dict[str, tuple[Path, ...]]:
    """Return songs by kind: those of each folder, and those that were named, together.

    Raises:
        NoSongs: a folder holds none.
    """
    folders = {str(path): find_sources([path]).files for path in given if path.is_dir()}
    files = tuple(path for path in given if not path.is_dir())
    names = {path: Path(path).absolute().name for path in folders}
    alike = len(set(names.values())) < len(names)
    kinds = {path if alike else names[path]: found for path, found in folders.items()}
    return kinds | ({"songs": files} if files else {})


def evaluate_seams(gateway: Client, given: Sequence[Path], wanted: Wanted, bars: Bars) -> Findings:
    """Make mixes of songs by default settings, measure their seams, and try to find them.

    Mixes are made within each kind; detectors learn from all kinds together.
    """
    with tempfile.TemporaryDirectory() as folder:
        laboratory = Laboratory(gateway, FULL, bars, Path(folder))
        taken = [
            take(laboratory, name, gather_songs(gateway, files, bars).ids(), wanted)
            for name, files in kinds_of(given).items()
        ]
        listened = listen(
            taken,
            wanted.seed,
            lambda done, total: bars.set("listen", done, total, count=f"{done}/{total}"),
        )
    detectors = judgements_of(
        listened.examples,
        wanted.seed,
        lambda done, total: bars.set("detect", done, total, count=f"{done}/{total}"),
    )
    return findings_of(listened, detectors)


def show_findings(findings: Findings) -> None:
    """Print the tables, and what follows from them."""
    for table in findings.tables:
        say(table.title)
        print_table(table.headings, table.rows)
        say("")
    for sentence in findings.sentences:
        say(f"- {sentence}")
