"""Which optimizer, how many epochs, which batch size, MP3 or WAV, and whether the pool's order matters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from cli.documents import Shown
from cli.experiments.conditions import BATCH, NETWORK, Condition, Outcome, best_of, epochs_for
from cli.experiments.findings import Findings, Plot, Table, outcome_table, parted
from cli.experiments.laboratory import Laboratory
from cli.experiments.music import as_mp3
from cli.experiments.plots import curve_plot, figure_plot
from cli.output import number

QUESTION = "Which optimizer, how many epochs, which batch size, MP3 or WAV, and does the pool's order matter?"
_ACCEPT_ABOVE = (0.99, 0.5)
"""The study's code took the first above 0.99 at once, which a network reaches only when it is very sure."""
_STUDY_RATE = 0.01
_OPTIMIZERS = ("rmsprop", "adam", "sgd")
_BATCHES = (BATCH // 2, BATCH, 2 * BATCH)
_EDGES = (("0.1 s", 6), ("0.37 s", 29), ("1.5 s", 128))
_ORDERS = 3


def run(laboratory: Laboratory) -> Findings:
    """Change one thing at a time, gradient steps held fixed."""
    findings = Findings("training", QUESTION)
    bench, some_of = _Bench(laboratory), laboratory.scale.some_of
    optimizers = [
        bench.condition(name, optimizer=name, learning_rate=_STUDY_RATE) for name in some_of(_OPTIMIZERS)
    ]
    batches = [bench.condition(f"batch {size}", batch=size) for size in some_of(_BATCHES)]
    edges = [bench.condition(f"edge {name}", edge_frames=frames) for name, frames in some_of(_EDGES)]
    epochs = [bench.condition(f"{count} epochs", epochs=count) for count in laboratory.scale.epochs]
    outcomes = laboratory.measure([*optimizers, *batches, *edges, *epochs], laboratory.pool())
    parts = iter(outcomes)
    for name, title, group in (
        ("optimizers", f"Optimizers at a rate of {_STUDY_RATE}, as many gradient steps", optimizers),
        ("batches", "Batch sizes, as many gradient steps", batches),
        ("edges", "What is seen on each side of the cut", edges),
    ):
        _tell_best(findings, name, title, [next(parts) for _ in group])
    _tell_epochs(findings, laboratory.scale.epochs, list(parts))
    _tell_formats(findings, laboratory, bench)
    _tell_orders(findings, laboratory, outcomes[-1])
    return findings


class _Bench:
    """Makes conditions that differ from the common network in one thing."""

    def __init__(self, laboratory: Laboratory) -> None:
        self._laboratory = laboratory
        self._chunks = laboratory.chunks(laboratory.train)

    def condition(
        self,
        name: str,
        *,
        songs: tuple[str, ...] | None = None,
        batch: int = BATCH,
        epochs: int | None = None,
        **changed: Any,
    ) -> Condition:
        scale = self._laboratory.scale
        chosen = songs or self._laboratory.train
        cuts = scale.random_cuts
        enough = epochs_for(scale.steps, chunks=self._chunks[: len(chosen)], random_cuts=cuts, batch=batch)
        settings = {**NETWORK, "random_cuts_per_epoch": cuts, "batch_size": batch, "epochs": epochs or enough}
        return Condition(name, chosen, self._laboratory.cut, {**settings, **changed})


def _tell_best(findings: Findings, name: str, title: str, outcomes: list[Outcome]) -> None:
    best, worst = best_of(outcomes), min(outcomes, key=lambda one: one.figure().mean)
    findings.sentences.append(
        f"{title}: {best.condition.name} ranks best, {worst.condition.name} worst: {parted(best, worst)}."
    )
    chance = outcomes[0].reports[0]["pool"]["chance_mrr"]
    figures = {one.condition.name: one.figure() for one in outcomes}
    findings.plots.append(Plot(name, title, figure_plot(figures, chance=chance, axis="MRR at 0.1 s")))
    findings.tables.append(outcome_table(name, title, outcomes, baselines=("linear",)))
    findings.add(name, outcomes)


def _tell_epochs(findings: Findings, epochs: Sequence[int], outcomes: list[Outcome]) -> None:
    best, last = best_of(outcomes), outcomes[-1]
    accuracy = number(last.trained("accuracy"))
    findings.sentences.append(
        f"Held-out rank is best after {best.condition.name} ({best.figure().mean:.3f}); after "
        f"{last.condition.name} training accuracy is {accuracy}, and rank {last.figure().mean:.3f}."
    )
    curve = list(zip(map(float, epochs), (one.figure() for one in outcomes), strict=True))
    title = "Epochs against held-out rank"
    svg = curve_plot({"MRR at 0.1 s": curve}, across="epochs", axis="MRR", logarithmic=True)
    findings.plots.append(Plot("epochs", title, svg))
    findings.tables.append(outcome_table("epochs", title, outcomes, baselines=("linear",)))
    findings.add("epochs", outcomes)


def _tell_formats(findings: Findings, laboratory: Laboratory, bench: _Bench) -> None:
    """Compare WAV with MP3, for learning and for judging; two songs, of which a fit holds none out.

    Of more, one is held out by its bytes, which differ between formats.
    """
    files = laboratory.files
    chosen = [*laboratory.train[:2], *laboratory.judged]
    encoded = {song: as_mp3(files[song]) for song in chosen}
    ids = laboratory.upload(list(encoded.values()))
    lossy = {song: ids[path] for song, path in encoded.items()}
    wav, mp3 = laboratory.train[:2], tuple(lossy[song] for song in laboratory.train[:2])
    conditions = [
        bench.condition("learned from WAV", songs=wav),
        bench.condition("learned from MP3", songs=mp3),
    ]
    fits = laboratory.fit(conditions)
    heard = {"WAV": laboratory.judged, "MP3": tuple(lossy[song] for song in laboratory.judged)}
    for name, songs in heard.items():
        outcomes = laboratory.judge(conditions, fits, laboratory.pool(songs))
        _tell_best(findings, f"judged-on-{name.lower()}", f"Formats, judged on {name}", outcomes)


def _tell_orders(findings: Findings, laboratory: Laboratory, outcome: Outcome) -> None:
    """Make mixes from pools in other orders, with the study's early stop and without, by the longest fit."""
    model = outcome.fits[0].model["id"]
    songs = list(laboratory.judged)
    first = {"song": songs[0], "chunk": 0}
    rotated = [songs[at:] + songs[:at] for at in range(0, len(songs), max(1, len(songs) // _ORDERS))][
        :_ORDERS
    ]
    cut = laboratory.cut.model_dump(mode="json")
    common = {"cut": cut, "model": model, "start": first, "method": "greedy"}
    rules = {"best of all": None} | {f"first above {score}": score for score in _ACCEPT_ABOVE}
    requests = [
        (rule, {**common, "songs": order, "accept_above": above, "chunks": laboratory.scale.mix_chunks})
        for rule, above in rules.items()
        for order in rotated
    ]
    reports = [report for _, report in laboratory.mixes(requests)]
    rows = []
    for at, (rule, accepted) in enumerate(rules.items()):
        own = reports[at * len(rotated) : (at + 1) * len(rotated)]
        steps = [_steps(report) for report in own]
        same = [len(steps[0] & other) / max(1, len(steps[0])) for other in steps[1:]]
        scores = [entry["score"] for report in own for entry in report["sequence"][1:]]
        early = number(sum(score > accepted for score in scores) / len(scores), 2) if accepted else "-"
        shared = number(sum(same) / len(same), 2) if same else "-"
        rows.append([rule, shared, early, number(sum(scores) / len(scores))])
        findings.sentences.append(
            f"Taking the {rule}, mixes from pools in another order share {shared} of their transitions."
        )
    headings = ["rule", "transitions in common", "steps that took the first", "mean score"]
    findings.tables.append(
        Table("orders", "The same pool in other orders, the same first chunk", headings, rows)
    )
    findings.data["orders"] = [dict(zip(headings, row, strict=True)) for row in rows]


def _steps(report: Shown) -> set[tuple[Any, ...]]:
    chunks = [(entry["song"], entry["chunk"]) for entry in report["sequence"]]
    return set(pairwise(chunks))
