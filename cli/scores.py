"""Reports and leaderboards as tables: approaches in rows, best first, each figure with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cli.documents import Shown
from cli.output import counted, note, print_table, say, short_id

_KINDS = {
    "random_song": "another song",
    "same_song": "same song",
    "reversed_pair": "the two swapped",
    "level_matched": "as loud",
}
Cell = Callable[[Shown], str]


def show_report(report: Shown, report_id: str | None = None) -> None:
    """Print every main figure of all approaches, and what was asked."""
    pool, gap = report["pool"], f"{report['protocol']['headline_gap_s']:g}"
    for song in pool["left_out"]:
        note(f"left out {song['title']}: {song['reason']}", style="yellow")
    for title, headings, rows in tables_of(report):
        say(title)
        print_table(headings, rows)
        say("")
    say(
        f"{counted(pool['chunks'], 'chunk')} of {counted(pool['songs'], 'song')}, the first "
        f"{pool['chunks_per_song']} of each; {counted(pool['transitions'], 'transition')}. In brackets: "
        f"95 %. Chance at the cut: MRR {pool['chance_mrr']:.3f}. The headline is MRR at {gap} s."
    )
    if pool["resampled"] != "songs":
        note("With fewer than five songs the intervals are too narrow.", style="yellow")
    if report_id is not None:
        say(f"Report {short_id(report_id)}, of pool {short_id(pool['digest'])}.")


def tables_of(report: Shown) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return title, headings and rows of each table."""
    protocol = report["protocol"]
    gap, gaps = f"{protocol['headline_gap_s']:g}", [f"{one:g}" for one in protocol["gaps_s"]]
    approaches = dict(sorted(report["approaches"].items(), key=lambda item: -item[1]["headline"]["mrr"]))

    def rows(cells: Mapping[str, Cell]) -> tuple[list[str], list[list[str]]]:
        table = [[name, *(cell(found) for cell in cells.values())] for name, found in approaches.items()]
        return ["approach", *cells], table

    ranks: dict[str, Cell] = {"MRR": _ranked("mrr"), "over linear": _gain}
    ranks |= {"R@1": _ranked("r_at_1"), "R@10": _ranked("r_at_10")}
    more: dict[str, Cell] = {"R@5": _ranked("r_at_5"), "median rank": _ranked("median_rank", digits=1)}
    more |= {"R@1 in its song": _ranked("in_song_r_at_1"), "strict MRR": _strict(gap)}
    return [
        (f"Where the true successor ranks, {gap} s left out on each side", *rows(ranks)),
        ("The same, more closely", *rows(more)),
        ("MRR by what is left out on each side", *rows({f"{one} s": _at_gap(one) for one in gaps})),
        (
            "AUC against false successors: of",
            *rows({title: _auc(gap, kind) for kind, title in _KINDS.items()}),
        ),
        (
            "Puzzles put in order without a fault, of",
            *rows({f"{size} chunks": _puzzle(gap, size) for size in "358"}),
        ),
    ]


def show_leaderboard(board: Shown) -> None:
    """Print who ranks true successors best, and whose mixes are liked better."""
    print_table(*leaderboard_table(board))
    say(
        f"MRR with {board['headline_gap_s']:g} s left out on each side, among "
        f"{counted(board['chunks'], 'chunk')} of {counted(board['songs'], 'song')}; in brackets: 95 %. "
        f"Pool {short_id(board['pool'])}."
    )
    if board["votes"]:
        say("")
        say("How mixes were liked beside each other, by the model that judged them:")
        print_table(*tally_table(board["votes"]))


def leaderboard_table(board: Shown) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of a leaderboard."""
    headings = ["place", "approach", "MRR", "over linear", "R@1", "R@10", "R@1 in its song", "model"]
    rows = [
        [
            str(row["place"]),
            row["approach"],
            _figure(row["mrr"]["value"], row["mrr"]),
            "-"
            if row["vs_linear"] is None
            else _figure(row["vs_linear"]["mrr_gain"], row["vs_linear"], signed=True),
            f"{row['r_at_1']:.3f}",
            f"{row['r_at_10']:.3f}",
            f"{row['in_song_r_at_1']:.3f}",
            short_id(row["models"][0]) if len(row["models"]) == 1 else f"beside {len(row['models'])} models",
        ]
        for row in board["rows"]
    ]
    return headings, rows


def tally_table(rows: Sequence[Shown]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of how models' mixes were liked beside each other."""
    headings = ["approach", "won", "lost", "tied", "share", "model"]
    cells = [
        [
            row["approach"],
            *(str(row[name]) for name in ("won", "lost", "tied")),
            f"{100 * row['share']:.0f} %",
            short_id(row["model"]) if row["model"] else "-",
        ]
        for row in rows
    ]
    return headings, cells


def _figure(value: float, interval: Shown | None, *, digits: int = 3, signed: bool = False) -> str:
    """Return a figure with its interval, such as `0.412 (0.37 to 0.46)`."""
    sign = "+" if signed else ""
    shown = f"{value:{sign}.{digits}f}"
    if interval is None:
        return shown
    fewer = max(1, digits - 1)
    return f"{shown} ({interval['low']:{sign}.{fewer}f} to {interval['high']:{sign}.{fewer}f})"


def _ranked(name: str, *, digits: int = 3) -> Cell:
    def cell(found: Shown) -> str:
        headline = found["headline"]
        return _figure(headline[name], headline["intervals"].get(name), digits=digits)

    return cell


def _gain(found: Shown) -> str:
    gain = found["vs_linear"]
    return "-" if gain is None else _figure(gain["mrr_gain"], gain, signed=True)


def _strict(gap: str) -> Cell:
    def cell(found: Shown) -> str:
        strict = found["by_gap"][gap]["strict"]
        return _figure(strict["mrr"], strict["intervals"].get("mrr"))

    return cell


def _at_gap(gap: str) -> Cell:
    return lambda found: _figure(found["gap_mrr"][gap], found["gap_intervals"][gap])


def _auc(gap: str, kind: str) -> Cell:
    return lambda found: _estimate(found["by_gap"][gap]["auc"].get(kind))


def _puzzle(gap: str, size: str) -> Cell:
    def cell(found: Shown) -> str:
        puzzle = found["by_gap"][gap]["puzzles"].get(size)
        return _estimate(puzzle["exact"] if puzzle else None)

    return cell


def _estimate(found: Any) -> str:
    return "-" if found is None else _figure(found["value"], found)
