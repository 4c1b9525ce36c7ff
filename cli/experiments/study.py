"""The study's figures as pictures: scores of pairs, epochs, forecasts, chunks per class, the network."""

from __future__ import annotations

from typing import Any

from cli.documents import Document
from cli.experiments.conditions import NETWORK, POINTS, Condition, Fit, Outcome, epochs_for
from cli.experiments.findings import Findings, Plot, Table
from cli.experiments.laboratory import Laboratory
from cli.experiments.pictures import class_plot, forecast_plot, history_plot, network_plot, score_plot
from cli.output import number

QUESTION = "What do the study's figures look like?"
STUDY_ACCURACY, STUDY_LOSS = 0.9545, 0.1202
"""Of the study's training, after 600 epochs."""


def run(laboratory: Laboratory) -> Findings:
    """Fit each of the study's networks once, small enough for an hour, and draw what they give."""
    scale, findings = laboratory.scale, Findings("study", QUESTION)
    chunks = laboratory.chunks(laboratory.train)
    cuts = scale.random_cuts
    epochs = epochs_for(scale.steps, chunks=chunks, random_cuts=cuts)
    frames = {**NETWORK, "random_cuts_per_epoch": cuts, "epochs": epochs}
    points = {**POINTS, "epochs": epochs_for(scale.points_steps, chunks=chunks)}
    judged = [_condition(laboratory, "frames", frames), _condition(laboratory, "points", points)]
    outcomes = laboratory.judge(judged, laboratory.fit(judged, scale.seeds[:1]), laboratory.pool())
    _tell_pairs(findings, outcomes)
    seed = {"preset": "seed", "epochs": scale.study_epochs}
    own: dict[str, tuple[str, dict[str, Any]]] = {
        "forecast of points": ("forecast", {**seed, **scale.study["forecast"]}),
        "forecast of frames": ("forecast", {"epochs": scale.approach_epochs}),
        "a class per transition": ("categorical", {**seed, **scale.study["categorical"]}),
        "classes by similarity": ("categorical", {"epochs": scale.approach_epochs}),
        "binary": ("binary", {**seed, "epochs": 1, **scale.study["binary"]}),
    }
    conditions = [
        _condition(laboratory, name, settings, approach) for name, (approach, settings) in own.items()
    ]
    fits = [fit for (fit,) in laboratory.fit(conditions, scale.seeds[:1])]
    drawn_from = {
        one.name: laboratory.gateway.models.figures(fit.model["id"])["illustration"]
        for one, fit in zip(conditions, fits, strict=True)
    }
    _tell_forecasts(findings, drawn_from)
    _tell_classes(findings, drawn_from)
    _tell_network(findings, drawn_from["binary"]["layers"])
    _tell_costs(findings, conditions, fits)
    return findings


def _condition(
    laboratory: Laboratory, name: str, settings: dict[str, Any], approach: str = "binary"
) -> Condition:
    return Condition(name, laboratory.train, laboratory.cut, settings, approach=approach)


def _tell_pairs(findings: Findings, outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        name = outcome.condition.name
        report = outcome.reports[0]["approaches"]["binary"]
        auc = report["by_gap"]["0.1"]["auc"]["random_song"]
        title = f"Scores of true and false pairs of unseen songs, by a network that sees {name}"
        findings.plots.append(Plot(f"pairs-{name}", title, score_plot(report["scores"])))
        title = f"Epochs against accuracy and loss, of a network that sees {name}; lines: the study"
        svg = history_plot(outcome.fits[0].history, accuracy=STUDY_ACCURACY, loss=STUDY_LOSS)
        findings.plots.append(Plot(f"epochs-{name}", title, svg))
        accuracy, loss = outcome.trained("accuracy"), outcome.trained("loss")
        findings.sentences.append(
            f"The network that sees {name} ends with a training accuracy of {number(accuracy)} and a loss of "
            f"{number(loss)} (the study: {STUDY_ACCURACY} and {STUDY_LOSS}); true successors in unseen songs "
            f"outscore chunks of other songs in {auc['value']:.0%} of pairs."
        )
    findings.add("pairs", outcomes)
    findings.data["histories"] = {one.condition.name: one.fits[0].history for one in outcomes}


def _tell_forecasts(findings: Findings, drawn_from: dict[str, Document]) -> None:
    rows = []
    for name in ("forecast of points", "forecast of frames"):
        found = drawn_from[name]["forecast"]
        error, mrr = found["error"], found["mrr"]
        rows.append(
            [name, *(number(error[one], 4) for one in ("network", "persistence", "silence"))]
            + [number(mrr[one]) for one in ("network", "persistence")]
        )
        findings.sentences.append(
            f"The {name} has an error of {error['network']:.4f} on held-out transitions; that all goes on as "
            f"it is, {error['persistence']:.4f}; silence, {error['silence']:.4f}."
        )
    headings = ["forecast", "error", "persistence", "silence", "MRR at the cut", "MRR of persistence"]
    title = "Forecasts of what follows, beside forecasts that need no training"
    findings.tables.append(Table("forecasts", title, headings, rows))
    examples = drawn_from["forecast of points"]["forecast"]["examples"]
    title = "Predicted data points over the real ones"
    findings.plots.append(Plot("forecast", title, forecast_plot(examples)))
    findings.data["forecasts"] = {name: drawn_from[name]["forecast"] for name in ("forecast of points",)}


def _tell_classes(findings: Findings, drawn_from: dict[str, Document]) -> None:
    counts = {
        name: drawn_from[name]["classes"] for name in ("a class per transition", "classes by similarity")
    }
    findings.plots.append(
        Plot("classes", "Transitions of held-out or training songs per class", class_plot(counts))
    )
    for name, found in counts.items():
        side = "unseen" if sum(found["unseen"]) else "seen"
        empty = sum(count == 0 for count in found[side])
        findings.sentences.append(
            f"With {name} there are {len(found[side])} classes; {empty} of them get none of "
            f"{sum(found[side])} {side} transitions."
        )
    findings.data["classes"] = counts


def _tell_network(findings: Findings, layers: list[Document]) -> None:
    total = sum(layer["parameters"] for layer in layers)
    findings.plots.append(Plot("network", "The network of `binary`, preset `seed`", network_plot(layers)))
    findings.sentences.append(f"The network of `binary`, preset `seed`, has {total:,} parameters.")
    findings.data["layers"] = layers


def _tell_costs(findings: Findings, conditions: list[Condition], fits: list[Fit]) -> None:
    rows = [
        [
            condition.name,
            str(len(fit.history)),
            f"{fit.model['fit_s']:.0f} s",
            number(fit.history[-1]["loss"]),
        ]
        for condition, fit in zip(conditions, fits, strict=True)
    ]
    findings.tables.append(
        Table("fits", "The study's networks", ["network", "epochs", "time", "last loss"], rows)
    )
