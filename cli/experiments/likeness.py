"""How alike must the songs be? Fits on one kind of music, on another and on both, judged on each kind."""

from __future__ import annotations

from cli.experiments.conditions import NETWORK, Condition, Outcome, epochs_for
from cli.experiments.findings import Findings, Plot, outcome_table, parted
from cli.experiments.laboratory import Laboratory
from cli.experiments.plots import figure_plot
from shared.errors import BadSetting

QUESTION = "How alike must the songs be?"
_LEAST_KINDS = 2


def run(laboratory: Laboratory) -> Findings:
    """Compare fits on songs of one kind with fits on as many songs of several.

    Raises:
        BadSetting: there is but one kind of music.
    """
    kinds, scale = laboratory.kinds, laboratory.scale
    if len(kinds) < _LEAST_KINDS:
        raise BadSetting(
            f"`likeness` compares kinds of music, one folder each, and was given {len(kinds)}. Give "
            "--songs once for each kind."
        )
    chosen = {kind.name: kind.train for kind in kinds} | {"mixed": laboratory.train}
    conditions = []
    for name, songs in chosen.items():
        epochs = epochs_for(scale.steps, chunks=laboratory.chunks(songs), random_cuts=scale.random_cuts)
        settings = {**NETWORK, "random_cuts_per_epoch": scale.random_cuts, "epochs": epochs}
        conditions.append(Condition(f"learned from {name}", songs, laboratory.cut, settings))
    fits = laboratory.fit(conditions)
    findings = Findings("likeness", QUESTION)
    for kind in kinds:
        outcomes = laboratory.judge(conditions, fits, laboratory.pool(kind.judged))
        _tell(findings, kind.name, outcomes)
    return findings


def _tell(findings: Findings, judged: str, outcomes: list[Outcome]) -> None:
    *alone, mixed = outcomes
    same = next(one for one in alone if one.condition.name == f"learned from {judged}")
    other = max((one for one in alone if one is not same), key=lambda one: one.figure().mean)
    ranked = sorted((same, other, mixed), key=lambda one: -one.figure().mean)
    findings.sentences += [
        f"Judged on {judged} music, {ranked[0].condition.name} ranks best and "
        f"{ranked[-1].condition.name} worst: {parted(ranked[0], ranked[-1])}.",
        f"`linear`, fitted on the same songs: {same.figure('linear').mean:.3f} from the same kind, "
        f"{other.figure('linear').mean:.3f} from the other, {mixed.figure('linear').mean:.3f} mixed; "
        f"`spectral`, which learns nothing, {same.figure('spectral').mean:.3f}.",
    ]
    chance = outcomes[0].reports[0]["pool"]["chance_mrr"]
    figures = {one.condition.name: one.figure() for one in outcomes}
    figures |= {f"linear, {one.condition.name}": one.figure("linear") for one in outcomes}
    title = f"MRR on {judged} music with 0.1 s left out on each side"
    findings.plots.append(Plot(f"judged-on-{judged}", title, figure_plot(figures, chance=chance, axis=title)))
    findings.tables.append(outcome_table(f"judged-on-{judged}", f"Judged on {judged} music", outcomes))
    findings.add(judged, outcomes)
