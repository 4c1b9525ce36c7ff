"""From what was heard to findings: tables beside their targets, plots, sentences that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from cli.experiments.findings import Findings, Plot, Table
from cli.experiments.plots import bar_plot
from cli.output import number
from cli.seams.detectors import GROUPS, Auc, Judgement, judge
from cli.seams.examples import JOINS, LEVEL_MATCHED, REACHES_S, Examples
from cli.seams.gathering import BLEND, PLAIN
from cli.seams.listening import NATURAL, Listened, Row
from cli.seams.pools import process_pool
from cli.seams.spoiling import SPOILT

__all__ = ["findings_of", "judgements_of"]

QUESTION = "Can the seams be heard?"
LEARNED: dict[str, tuple[str, ...]] = {"D1": JOINS, "D2": (BLEND,)}
"""What each detector learns from."""

GATE_MATCHED, GATE_SPOILT = 0.85, 0.8
MOST_WITHIN, MOST_ACROSS = 0.65, 0.75
TARGETS = {"jolting": 0.15, "made_clicks": 0.0, "momentary_lu": 1.5, "short_term_lu": 2.0}
TARGETS |= {"fade_error_db": 0.5, "fade_error_p95_db": 1.5}
TARGETS |= {"beat_phase_ms": 10.0, "beat_phase_p90_ms": 25.0, "tempo_step": 0.01}
_TOLD = 12
"""Features that are named."""

Scope = tuple[str, bool]
"""A kind of seams, and whether within a song."""

ASKED: tuple[Scope, ...] = ((BLEND, True), (BLEND, False), (PLAIN, True), (PLAIN, False))
_GATES: tuple[Scope, ...] = (
    (LEVEL_MATCHED, True),
    *((name, same) for name in SPOILT for same in (True, False)),
)
_FIGURES = {
    "places": "places",
    "jolting": "jolting",
    "clicking": "clicking",
    "made_clicks": "clicks made",
    "momentary_lu": "momentary step, LU",
    "short_term_lu": "short-term step, LU",
    "fade_error_db": "fade error, dB",
    "fade_error_p95_db": "fade error, 95 %, dB",
    "with_beat": "with a beat",
    "beat_phase_ms": "beat phase, ms",
    "beat_phase_p90_ms": "beat phase, 90 %, ms",
    "tempo_step": "tempo step",
}
_COUNTS = ("places", "made_clicks", "with_beat")


@dataclass(frozen=True)
class Detector:
    """A detector: its name, how far it hears on either side, and what it said."""

    name: str
    reach_s: float
    said: Judgement

    @property
    def title(self) -> str:
        """What it is called in tables."""
        return f"{self.name}, {self.reach_s:g} s"

    def auc(self, scope: Scope) -> Auc | None:
        """Return how well it finds a kind of seams."""
        kind, same_song = scope
        found = self.said.kinds.get(kind)
        return found.auc(same_song=same_song) if found else None


def judgements_of(
    examples: Examples,
    seed: int,
    on_detector: Callable[[int, int], None] = lambda done, total: None,
    *,
    parts: int = GROUPS,
) -> list[Detector]:
    """Try every detector; songs are parted as `judge` does."""
    wanted = [(name, reach_s) for name in LEARNED for reach_s in REACHES_S]
    detectors = []
    with process_pool() as pool:
        judging = [
            pool.submit(judge, examples, reach_s, LEARNED[name], explain=BLEND, seed=seed, parts=parts)
            for name, reach_s in wanted
        ]
        for done, ((name, reach_s), said) in enumerate(zip(wanted, judging, strict=True)):
            on_detector(done, len(wanted))
            detectors.append(Detector(name, reach_s, said.result()))
    on_detector(len(wanted), len(wanted))
    return detectors


def findings_of(listened: Listened, detectors: Sequence[Detector]) -> Findings:
    """Lay out what was found."""
    findings = Findings("seams", QUESTION)
    findings.sentences = [_counts(detectors), *(_verdict(detectors, same) for same in (True, False))]
    findings.sentences += _levels(listened.rows)
    findings.tables = [
        _figures_table(listened.rows),
        _auc_table("aucs", "AUC of finding seams among natural places of their songs", detectors, ASKED),
        _auc_table("gates", "The same, of joints made to be found", detectors, _GATES),
        *(_features_table(detector) for detector in detectors if detector.said.importance),
    ]
    findings.plots = _plots(listened.rows, detectors)
    findings.data = {
        "figures": [asdict(row) for row in listened.rows],
        "targets": {**TARGETS, "auc_within": MOST_WITHIN, "auc_across": MOST_ACROSS},
        "aucs": [
            {
                "detector": each.name,
                "reach_s": each.reach_s,
                "kind": scope[0],
                "same_song": scope[1],
                **asdict(auc),
            }
            for each in detectors
            for scope in (*ASKED, *_GATES, *((kind, kind != JOINS[0]) for kind in JOINS[:2]))
            if (auc := each.auc(scope)) is not None
        ],
        "importance": {each.title: each.said.importance for each in detectors},
    }
    return findings


def _counts(detectors: Sequence[Detector]) -> str:
    """Say which detectors have shown that they find what can be found."""
    lacking = []
    for reach_s in dict.fromkeys(each.reach_s for each in detectors):
        d1 = next(each for each in detectors if (each.name, each.reach_s) == ("D1", reach_s))
        gates = [(scope, GATE_MATCHED if scope[0] == LEVEL_MATCHED else GATE_SPOILT) for scope in _GATES]
        lacking += [
            f"{_named(scope)} by {d1.title}: {auc.value:.2f} for {least:g}"
            for scope, least in gates
            if (auc := d1.auc(scope)) is not None and auc.value < least
        ]
    if not lacking:
        return "D1 finds what was made to be found as well as it has to, so what both say counts."
    return "D1 finds too little of what was made to be found for a pass to count: " + "; ".join(lacking) + "."


def _verdict(detectors: Sequence[Detector], same_song: bool) -> str:
    where, most = ("within a song", MOST_WITHIN) if same_song else ("across songs", MOST_ACROSS)
    found = [(auc, each) for each in detectors if (auc := each.auc((BLEND, same_song))) is not None]
    if not found:
        return f"No blends {where} could be judged: too few songs or seams."
    worst, detector = max(found, key=lambda one: one[0].value)
    plain = detector.auc((PLAIN, same_song))
    beside = f"; hard joins of the same sequences {_cell(plain)}" if plain else ""
    told = "within" if worst.value <= most else "above"
    found_by = f"Blends {where} are found with an AUC of {_cell(worst)} by {detector.title}"
    return f"{found_by}, {told} {most:g}{beside}."


def _levels(rows: Sequence[Row]) -> list[str]:
    """Say which figures of blends are above their targets."""
    missed = [
        f"{_FIGURES[name]} {number(row.figures[name], 2)} for {most:g} ({row.songs}, {row.cut})"
        for row in rows
        if row.manner == BLEND
        for name, most in TARGETS.items()
        if row.figures.get(name, 0.0) > most
    ]
    return ["Above their targets: " + "; ".join(missed) + "." if missed else "All levels are within targets."]


def _figures_table(rows: Sequence[Row]) -> Table:
    cells = [
        [row.songs, row.cut, row.manner, *(_figure(name, row.figures.get(name)) for name in _FIGURES)]
        for row in rows
    ]
    targets = ["", "", "target", *(f"{TARGETS[name]:g}" if name in TARGETS else "-" for name in _FIGURES)]
    headings = ["songs", "cut", "joined", *_FIGURES.values()]
    return Table("figures", "Levels at seams, and where songs play on", headings, [*cells, targets])


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return str(int(value)) if name in _COUNTS else number(value, 2)


def _auc_table(name: str, title: str, detectors: Sequence[Detector], scopes: Sequence[Scope]) -> Table:
    rows = [[each.title, *(_cell(each.auc(scope)) for scope in scopes)] for each in detectors]
    return Table(name, title, ["detector", *map(_named, scopes)], rows)


def _features_table(detector: Detector) -> Table:
    told = list(detector.said.importance.items())[:_TOLD]
    name = f"features-{detector.name.lower()}-{detector.reach_s:g}s"
    title = f"What gives blends away to {detector.title}: how much the AUC falls without it"
    return Table(name, title, ["feature", "fall"], [[what, f"{fall:.4f}"] for what, fall in told])


def _plots(rows: Sequence[Row], detectors: Sequence[Detector]) -> list[Plot]:
    found: dict[str, Mapping[str, float]] = {
        each.title: {
            _named(scope): auc.value if (auc := each.auc(scope)) is not None else 0.0 for scope in ASKED
        }
        for each in detectors
    }
    jolting: dict[str, Mapping[str, float]] = {}
    for row in rows:
        own = dict(jolting.get(f"{row.songs}, {row.cut}", dict.fromkeys((BLEND, PLAIN, NATURAL), 0.0)))
        jolting[f"{row.songs}, {row.cut}"] = own | {row.manner: row.figures["jolting"]}
    return [
        Plot("aucs", "AUC of finding seams; 0.5 is chance", bar_plot(found, axis="AUC")),
        Plot("jolting", "Share of places that jolt", bar_plot(jolting, axis="share of places")),
    ]


def _named(scope: Scope) -> str:
    kind, same_song = scope
    return kind if kind in JOINS else f"{kind}, {'one song' if same_song else 'two songs'}"


def _cell(auc: Auc | None) -> str:
    return "-" if auc is None else f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f}; {auc.seams})"
