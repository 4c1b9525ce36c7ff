"""Can an audible stream be generated? Mixes by every approach, measured where chunks meet."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from cli.documents import Document, Shown
from cli.experiments.conditions import Condition, Outcome
from cli.experiments.findings import Findings, Plot, Table
from cli.experiments.laboratory import Laboratory
from cli.experiments.plots import bar_plot
from cli.output import number
from shared.parameters import Output
from shared.sound.audio import open_audio
from shared.sound.samples import Float32, to_float32
from shared.sound.seams import Joints, SeamFigures, Threshold, Variety, is_replay

QUESTION = "Can an audible stream be generated?"
CEILING, FLOOR = "the songs themselves", "random joins"
_FORMAT = Output(format="flac", seams="plain")
_NORMAL_95 = 1.96
_CLOSED_FORMS = ("random", "spectral", "linear")


@dataclass(frozen=True)
class Heard:
    """The mixes of one approach, measured.

    Attributes:
        seams: of all steps that are no replays.
        within, across: of those within a song, and from one song to another.
        varieties: one per mix.
    """

    seams: SeamFigures
    within: SeamFigures
    across: SeamFigures
    varieties: tuple[Variety, ...]


def run(laboratory: Laboratory) -> Findings:
    """Fit every approach once, let each make mixes of unseen songs, and listen to the seams."""
    seed = laboratory.scale.seeds[:1]
    conditions = [
        Condition(name, laboratory.train, laboratory.cut, _settings(laboratory, name), approach=name)
        for name in laboratory.scale.approaches
    ]
    outcomes = laboratory.judge(conditions, laboratory.fit(conditions, seed), laboratory.pool())
    songs = {song: _mono(laboratory.files[song])[0] for song in laboratory.judged}
    _, rate_hz = _mono(laboratory.files[laboratory.judged[0]])
    threshold = Threshold.of(list(songs.values()), rate_hz)
    true = Joints.concatenate(
        [
            Joints.at(songs[cut["song"]], rate_hz, [chunk["start"] for chunk in cut["chunks"][1:]])
            for cut in laboratory.cuts(laboratory.judged)
        ]
    )
    bounds = {
        CEILING: SeamFigures.of(true, threshold),
        FLOOR: SeamFigures.of(true.joined_at_random(np.random.default_rng(0)), threshold),
    }
    heard = {outcome.condition.name: _listen(laboratory, outcome, threshold) for outcome in outcomes}
    return _findings(outcomes, heard, bounds)


def _settings(laboratory: Laboratory, name: str) -> dict[str, Any]:
    return {} if name in _CLOSED_FORMS else {"epochs": laboratory.scale.approach_epochs}


def _listen(laboratory: Laboratory, outcome: Outcome, threshold: Threshold) -> Heard:
    """Make the mixes of one approach, fetch and measure them."""
    name, model = outcome.condition.name, outcome.fits[0].model["id"]
    joints: dict[bool, list[Joints]] = {True: [], False: []}
    varieties = []
    made = laboratory.mixes([(name, request) for request in _requests(laboratory, model)])
    for place, (mix, report) in enumerate(made):
        file = laboratory.folder / f"{name}-{place}.flac"
        laboratory.gateway.mixes.save(file, mix)
        sound, rate_hz = _mono(file)
        for same_song in (True, False):
            joints[same_song].append(Joints.at(sound, rate_hz, _seams(report, rate_hz, same_song=same_song)))
        varieties.append(Variety.of(_steps(report)))
        _keep(file, laboratory.mixes_folder)
    within, across = (Joints.concatenate(joints[same_song]) for same_song in (True, False))
    return Heard(
        SeamFigures.of(Joints.concatenate([within, across]), threshold),
        SeamFigures.of(within, threshold),
        SeamFigures.of(across, threshold),
        tuple(varieties),
    )


def _requests(laboratory: Laboratory, model: str) -> list[Document]:
    """Return requests for mixes of the judged songs, each beginning in another song."""
    songs, scale = laboratory.judged, laboratory.scale
    return [
        {
            "songs": list(songs),
            "cut": laboratory.cut.model_dump(mode="json"),
            "model": model,
            "chunks": scale.mix_chunks,
            "method": "greedy",
            "start": {"song": songs[place % len(songs)], "chunk": place // len(songs)},
            "output": _FORMAT.model_dump(mode="json"),
        }
        for place in range(scale.mixes)
    ]


def _steps(report: Shown) -> list[tuple[str, int]]:
    return [(entry["song"], entry["chunk"]) for entry in report["sequence"]]


def _seams(report: Shown, rate_hz: int, *, same_song: bool) -> list[int]:
    """Return where chunks meet that do not replay their song, within songs or between them."""
    entries, steps = report["sequence"], _steps(report)
    return [
        round(entry["mix_start_s"] * rate_hz)
        for entry, before, after in zip(entries[1:], steps, steps[1:], strict=False)
        if not is_replay(before, after) and (before[0] == after[0]) is same_song
    ]


def _mono(file: Path) -> tuple[Float32, int]:
    """Read a file of our own or of the gateway's: the mean of its channels, and its rate."""
    with open_audio(file) as reader:
        samples = to_float32(reader.read_range(0, reader.n_samples))
        return samples.mean(axis=1, dtype=np.float32), reader.sample_rate_hz


def _keep(file: Path, folder: Path | None) -> None:
    if folder is None:
        file.unlink()
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.move(file, folder / file.name)


def _findings(
    outcomes: list[Outcome], heard: Mapping[str, Heard], bounds: Mapping[str, SeamFigures]
) -> Findings:
    findings = Findings("stream", QUESTION)
    rows = [
        _row(one.condition.name, heard[one.condition.name].seams, one, heard[one.condition.name])
        for one in outcomes
    ]
    rows += [_row(name, figures) for name, figures in bounds.items()]
    headings = ["approach", "MRR", "seams", "jolting", "clicking", "spectral cosine", "jolting within songs"]
    headings += ["jolting across songs", "songs", "longest run", "replays"]
    title = "Seams that are no replays, and the variety of the mixes"
    findings.tables.append(Table("seams", title, headings, rows))
    shares = {
        name: {"jolting": one.seams.jolting, "clicking": one.seams.clicking} for name, one in heard.items()
    }
    shares |= {name: {"jolting": one.jolting, "clicking": one.clicking} for name, one in bounds.items()}
    shares = {name: own for name, own in shares.items() if own["jolting"] == own["jolting"]}
    title = "Share of seams that jolt or click more than nearly all places inside songs"
    findings.plots.append(Plot("seams", title, bar_plot(shares, axis="share of seams")))
    findings.sentences = _sentences(heard, bounds)
    findings.add("retrieval", outcomes)
    findings.data["seams"] = {
        name: {
            "all": vars(one.seams),
            "within": vars(one.within),
            "across": vars(one.across),
            "varieties": [vars(each) for each in one.varieties],
        }
        for name, one in heard.items()
    }
    findings.data["bounds"] = {name: vars(figures) for name, figures in bounds.items()}
    return findings


def _row(
    name: str, seams: SeamFigures, outcome: Outcome | None = None, heard: Heard | None = None
) -> list[str]:
    shares = [_share(seams.jolting, seams.seams), _share(seams.clicking, seams.seams)]
    retrieval = outcome.figure().text() if outcome else "-"
    row = [name, retrieval, str(seams.seams), *shares, number(seams.cosine, 2)]
    if heard is None:
        return [*row, *["-"] * 5]
    parts = [f"{number(one.jolting, 2)} of {one.seams}" for one in (heard.within, heard.across)]
    songs, replays = (fmean(getattr(one, what) for one in heard.varieties) for what in ("songs", "replays"))
    longest = max(one.longest_run for one in heard.varieties)
    return [*row, *parts, f"{songs:.1f}", str(longest), number(replays, 2)]


def _share(share: float, count: int) -> str:
    """Return a share with its 95 % interval (Wilson 1927), as if seams did not depend on one another."""
    if not count:
        return "-"
    square = _NORMAL_95**2 / count
    centre = (share + square / 2) / (1 + square)
    reach = math.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return f"{share:.2f} ({max(0.0, centre - reach):.2f} to {min(1.0, centre + reach):.2f})"


def _sentences(heard: Mapping[str, Heard], bounds: Mapping[str, SeamFigures]) -> list[str]:
    measured = {name: one for name, one in heard.items() if one.seams.seams}
    calm = min(measured, key=lambda name: measured[name].seams.jolting)
    loud = max(measured, key=lambda name: measured[name].seams.jolting)
    true, chance = bounds[CEILING], bounds[FLOOR]
    return [
        f"Inside the songs {true.jolting:.0%} of cuts jolt, of random joins {chance.jolting:.0%}; the mixes "
        f"of {calm} come nearest to the songs with {measured[calm].seams.jolting:.0%} of "
        f"{measured[calm].seams.seams} seams, those of {loud} are worst: "
        f"{measured[loud].seams.jolting:.0%}.",
        f"Clicks: {true.clicking:.0%} of true cuts, {chance.clicking:.0%} of random joins, "
        + ", ".join(f"{one.seams.clicking:.0%} of {name}" for name, one in measured.items())
        + ".",
        "Replays: "
        + ", ".join(f"{fmean(v.replays for v in one.varieties):.0%} of {name}" for name, one in heard.items())
        + ".",
    ]
