"""Must loudness, tempo, spectrum and key be told? `binary` with and without, under each normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.experiments.conditions import NETWORK, POINTS, Condition, Outcome, best_of, epochs_for
from cli.experiments.findings import Findings, Plot, outcome_table, parted
from cli.experiments.laboratory import Laboratory
from cli.experiments.plots import figure_plot

QUESTION = "Must metadata such as loudness, tempo, spectrum and key be told?"
METADATA = ("loudness", "tempo", "spectrum", "key")
NORMALISATIONS = ("chunk_peak", "chunk_l2", "song", "none")
_WITHOUT, _ALL = "nothing", "all four"


def run(laboratory: Laboratory) -> Findings:
    """Compare networks that see points, or frames, and are told of metadata or not."""
    scale = laboratory.scale
    chunks = laboratory.chunks(laboratory.train)

    def condition(name: str, settings: Mapping[str, Any], told: tuple[str, ...], steps: int) -> Condition:
        epochs = epochs_for(steps, chunks=chunks)
        return Condition(
            name, laboratory.train, laboratory.cut, {**settings, "metadata": list(told), "epochs": epochs}
        )

    told_of = {_WITHOUT: (), _ALL: METADATA}
    told_of_frames = {_WITHOUT: (), **{name: (name,) for name in METADATA}, _ALL: METADATA}
    by_norm = [
        condition(f"{norm}, {name}", {**POINTS, "normalise": norm}, told, scale.points_steps)
        for norm in scale.some_of(NORMALISATIONS)
        for name, told in told_of.items()
    ]
    frames = [
        condition(f"frames, {name}", NETWORK, told, scale.pair_steps)
        for name, told in scale.some_of(list(told_of_frames.items()))
    ]
    pool = laboratory.pool()
    frame_outcomes = laboratory.measure(frames, pool)
    fits = laboratory.fit(by_norm, scale.points_seeds)
    return _findings(laboratory.judge(by_norm, fits, pool), frame_outcomes)


def _findings(by_norm: list[Outcome], frames: list[Outcome]) -> Findings:
    findings = Findings("metadata", QUESTION)
    for without, told in zip(by_norm[::2], by_norm[1::2], strict=True):
        norm = without.condition.name.partition(",")[0]
        better, worse = (told, without) if told.figure().mean >= without.figure().mean else (without, told)
        more = "more" if better is told else "less"
        findings.sentences.append(
            f"Points normalised by `{norm}`: told all four, the network knows {more}, "
            f"{parted(better, worse)}."
        )
    seen, *told_one, everything = frames
    best = best_of(told_one) if told_one else everything
    findings.sentences += [
        f"A network that sees log-mel frames: {seen.figure().mean:.3f} untold, "
        f"{everything.figure().mean:.3f} told all four; of one kind alone, "
        f"{best.condition.name.partition(', ')[2]} is best: {best.figure().mean:.3f}.",
    ]
    chance = by_norm[0].reports[0]["pool"]["chance_mrr"]
    for name, title, outcomes in (
        ("points", "A network that sees raw points, told of metadata or not", by_norm),
        ("frames", "A network that sees log-mel frames, told of metadata or not", frames),
    ):
        figures = {outcome.condition.name: outcome.figure() for outcome in outcomes}
        findings.plots.append(Plot(name, title, figure_plot(figures, chance=chance, axis="MRR at 0.1 s")))
        findings.tables.append(outcome_table(name, title, outcomes))
        findings.add(name, outcomes)
    return findings
