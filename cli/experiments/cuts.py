"""Is cutting at silences enough, and how long should a chunk be? Judged on own chunks and on common ones."""

from __future__ import annotations

from statistics import fmean

from cli.experiments.conditions import NETWORK, Condition, Outcome, Pool, best_of, epochs_for
from cli.experiments.findings import Findings, Plot, Table, outcome_table, parted
from cli.experiments.laboratory import Laboratory
from cli.experiments.plots import figure_plot
from cli.experiments.scales import Scale
from shared.parameters import Cut

QUESTION = "Is cutting at silences enough, and how long should a chunk be?"

_THRESHOLDS_DBFS = (-10, -16, -25, -40)
_LENGTHS_S = (5, 3, 1)


def run(laboratory: Laboratory) -> Findings:
    """Fit on the chunks of each cut; judge on chunks cut in the same way, and on common ones."""
    scale, cuts = laboratory.scale, _cuts(laboratory.scale)
    learned = {name: laboratory.chunks(laboratory.train, cut) for name, cut in cuts.items()}
    judged = {name: laboratory.chunks(laboratory.judged, cut) for name, cut in cuts.items()}
    # The same number of chunks of every song under every cut, so that chance is the same.
    least = min(count for counts in judged.values() for count in counts)
    own_chunks = max(4, min(least, scale.chunks_per_song))
    conditions = [
        Condition(
            name,
            laboratory.train,
            cut,
            {**NETWORK, "epochs": epochs_for(scale.pair_steps, chunks=learned[name])},
        )
        for name, cut in cuts.items()
    ]
    fits = laboratory.fit(conditions)

    def own(condition: Condition) -> Pool:
        return laboratory.pool(cut=condition.cut, chunks_per_song=own_chunks)

    by_own = laboratory.judge(conditions, fits, own)
    by_common = laboratory.judge(conditions, fits, laboratory.pool())
    lengths = {name: scale.excerpt_s / fmean(counts) for name, counts in judged.items()}
    return _findings(by_own, by_common, learned, lengths)


def _cuts(scale: Scale) -> dict[str, Cut]:
    """Return what is compared, by name."""
    silence = Cut(method="silence", max_chunk_ms=scale.max_chunk_ms)
    at_levels = {
        f"silence, {level} dBFS": silence.model_copy(update={"threshold_dbfs": float(level)})
        for level in _THRESHOLDS_DBFS
    }
    equal = {f"equal, {length} s": Cut(method="equal", chunk_s=length) for length in _LENGTHS_S}
    cuts = {**at_levels, "silence, auto": silence, **equal}
    return dict(scale.some_of(list(cuts.items())))


def _findings(
    by_own: list[Outcome], by_common: list[Outcome], learned: dict[str, list[int]], lengths: dict[str, float]
) -> Findings:
    findings = Findings("cuts", QUESTION)
    best, worst = best_of(by_common), min(by_common, key=lambda one: one.figure().mean)
    task = best_of(by_own, lambda one: one.figure("linear"))
    hard = min(by_own, key=lambda one: one.figure("linear").mean)
    findings.sentences = [
        f"On common chunks, what was learned from {best.condition.name} ranks best, from "
        f"{worst.condition.name} worst: {parted(best, worst)}.",
        f"On its own chunks `linear` does best with {task.condition.name} "
        f"({task.figure('linear').mean:.3f}) and worst with {hard.condition.name} "
        f"({hard.figure('linear').mean:.3f}): that is how hard the questions are, not how good the chunks.",
    ]
    for name, title, outcomes in (
        ("common", "Judged on common chunks: what can be learned from a cut", by_common),
        ("own", "Judged on chunks of the same cut: how hard its questions are", by_own),
    ):
        chance = outcomes[0].reports[0]["pool"]["chance_mrr"]
        figures = {one.condition.name: one.figure() for one in outcomes}
        if name == "own":
            figures |= {f"linear, {one.condition.name}": one.figure("linear") for one in outcomes}
        findings.plots.append(Plot(name, title, figure_plot(figures, chance=chance, axis="MRR at 0.1 s")))
        findings.tables.append(outcome_table(name, title, outcomes))
        findings.add(name, outcomes)
    rows = [[name, f"{sum(counts)}", f"{lengths[name]:.1f} s"] for name, counts in learned.items()]
    headings = ["cut", "chunks to learn from", "mean length of a judged chunk"]
    findings.tables.append(Table("chunks", "Chunks", headings, rows))
    findings.data["mean_chunk_s"] = lengths
    return findings
