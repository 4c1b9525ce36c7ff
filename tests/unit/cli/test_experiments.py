"""What `segue experiment` computes by itself: splits, steps, figures, and what it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import soundfile

from cli.experiments import likeness, stream
from cli.experiments.conditions import Condition, Figure, Fit, Outcome, epochs_for, learned_songs
from cli.experiments.findings import Findings, Plot, Table, outcome_table, parted
from cli.experiments.laboratory import Laboratory, Music
from cli.experiments.music import as_mp3, gather_kinds
from cli.experiments.pictures import class_plot, forecast_plot, network_plot, score_plot
from cli.experiments.plots import bar_plot, curve_plot, figure_plot
from cli.experiments.scales import FULL, SMOKE
from cli.experiments.writing import write_findings
from cli.progress import Bars
from shared.errors import BadSetting
from shared.parameters import Cut
from tests.support.signals import noise
from tests.unit.cli.answers import Answers, run

RATE_HZ = 22_050


def report_of(mrr: float, **others: float) -> dict[str, Any]:
    def headline(value: float) -> dict[str, Any]:
        interval = {"low": value - 0.1, "high": value + 0.1}
        return {"headline": {"mrr": value, "r_at_10": 2 * value, "intervals": {"mrr": interval}}}

    pool = {"songs": 2, "chunks": 8, "transitions": 6, "chance_mrr": 0.3, "digest": "d" * 64}
    return {
        "approaches": {"binary": headline(mrr)} | {k: headline(v) for k, v in others.items()},
        "pool": pool,
    }


def outcome_of(name: str, *mrrs: float) -> Outcome:
    fits = [
        Fit(
            {"fit_s": 1.0},
            [{"loss": 0.7, "accuracy": 0.5, "val_accuracy": None}, {**EPOCH, "loss": 0.1 * seed}],
        )
        for seed, _ in enumerate(mrrs, start=1)
    ]
    reports = tuple(report_of(mrr, linear=0.4) for mrr in mrrs)
    return Outcome(Condition(name, ("a", "b"), Cut()), tuple(fits), reports)


EPOCH = {"accuracy": 0.9, "val_accuracy": None}


def test_a_figure_is_the_mean_of_its_seeds_with_the_mean_of_their_intervals() -> None:
    figure = outcome_of("one", 0.2, 0.4).figure()
    assert (figure.mean, figure.values) == (pytest.approx(0.3), (0.2, 0.4))
    assert (figure.low, figure.high) == (pytest.approx(0.2), pytest.approx(0.4))
    assert figure.text() == "0.300 (seeds 0.200 to 0.400; songs 0.20 to 0.40)"


def test_training_figures_are_those_of_the_last_epoch() -> None:
    outcome = outcome_of("one", 0.2, 0.4)
    assert outcome.trained("accuracy") == pytest.approx(0.9)
    assert outcome.trained("loss") == pytest.approx(0.15)
    assert outcome.trained("val_accuracy") is None
    assert Outcome(outcome.condition, (Fit({}, []),), outcome.reports).trained("loss") is None


@pytest.mark.parametrize(
    ("better", "worse", "said"),
    [
        ((0.5, 0.6), (0.1, 0.2), "seeds and songs agree"),
        ((0.3, 0.35), (0.2, 0.25), "intervals over songs overlap"),
        ((0.3, 0.2), (0.25, 0.1), "not told apart"),
        ((0.9,), (0.1,), "of one seed"),
    ],
)
def test_only_what_is_apart_is_said_to_be(better: tuple, worse: tuple, said: str) -> None:
    assert said in parted(outcome_of("better", *better), outcome_of("worse", *worse))


def test_epochs_follow_from_steps_chunks_and_batch() -> None:
    assert [learned_songs(count) for count in (1, 2, 3, 4)] == [1, 2, 2, 3]
    # Three of four songs are learned from: 3 * 32 chunks, three pairs each, in five steps.
    assert epochs_for(100, chunks=[32, 32, 32, 32]) == 20
    assert epochs_for(100, chunks=[32, 32, 32, 32], batch=128) == 33
    assert epochs_for(100, chunks=[32, 32, 32, 32], random_cuts=500) == 4
    assert epochs_for(1, chunks=[1000, 1000]) == 1


def test_an_outcome_is_a_row_with_baselines_that_were_asked() -> None:
    table = outcome_table("t", "T", [outcome_of("one", 0.25)])
    row = dict(zip(table.headings, table.rows[0], strict=True))
    assert row["condition"] == "one"
    assert row["MRR"].startswith("0.250")
    assert row["MRR of `linear`"].startswith("0.400")
    assert row["MRR of `spectral`"] == "-"
    assert (row["R@10"], row["accuracy"], row["loss"]) == ("0.500", "0.900", "0.100")


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "night"
    folder.mkdir()
    for number in range(4):
        sound = noise(16.0 if number else 2.0, RATE_HZ, seed=number)
        soundfile.write(folder / f"{number}.flac", sound, RATE_HZ)
    return folder


def test_songs_are_split_by_their_bytes_and_short_ones_passed_over(songs: Path, tmp_path: Path) -> None:
    (kind,) = gather_kinds([songs], tmp_path / "excerpts", SMOKE)
    assert (kind.name, len(kind.train), len(kind.judged)) == ("night", 1, 2)
    chosen = [path.read_bytes() for path in (*kind.train, *kind.judged)]
    for path in sorted(songs.iterdir()):
        path.rename(path.with_stem(f"renamed-{9 - int(path.stem)}"))
    (again,) = gather_kinds([songs], tmp_path / "again", SMOKE)
    assert [path.read_bytes() for path in (*again.train, *again.judged)] == chosen
    info = soundfile.info(kind.train[0])
    assert (info.samplerate, info.channels, info.duration) == (44_100, 2, 14.0)
    assert abs(soundfile.info(as_mp3(kind.train[0])).duration - 14.0) < 0.1


def test_too_few_songs_are_refused_with_what_is_needed(songs: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"holds 0 songs of at least 115 s.* 8 are needed"):
        gather_kinds([songs], tmp_path / "excerpts", FULL)
    with pytest.raises(BadSetting, match="called 'night'"):
        gather_kinds([songs, songs], tmp_path / "excerpts", SMOKE)


def test_songs_of_all_kinds_take_turns(tmp_path: Path) -> None:
    kinds = [
        Music(name, (f"{name}0", f"{name}1", f"{name}2", f"{name}3"), (f"{name}j",), {}) for name in "ab"
    ]
    laboratory = Laboratory(None, FULL, Bars(), tmp_path, kinds=kinds)  # type: ignore[arg-type]
    assert laboratory.train == ("a0", "b0", "a1", "b1")
    assert laboratory.judged == ("aj", "bj")
    laboratory.kinds.pop()
    with pytest.raises(BadSetting, match="one folder each"):
        likeness.run(laboratory)


def test_unknown_names_are_refused_with_what_there_is(songs: Path) -> None:
    for arguments in (("mood", "--songs", songs), ("cuts", "--songs", songs, "--scale", "huge")):
        result = run("experiment", *arguments, answers=Answers({}))
        assert result.exit_code == 2
        assert "Choose one of: s" in result.output


def test_findings_become_a_page_tables_plots_and_json(tmp_path: Path) -> None:
    findings = Findings("cuts", "How long?")
    findings.sentences.append("Longer.")
    findings.tables.append(Table("own", "Own", ["cut", "MRR"], [["a, b", "0.1"]]))
    findings.plots.append(Plot("own", "A plot", "<svg/>"))
    findings.data["figure"] = {"value": float("nan"), "others": [1 / 3]}
    page = write_findings(findings, SMOKE, tmp_path)
    text = page.read_text()
    assert "- Longer." in text
    assert "![A plot](own.svg)" in text
    assert "| a, b | 0.1 |" in text
    assert (page.parent / "own.svg").read_text() == "<svg/>"
    assert list(csv.reader((page.parent / "own.csv").open())) == [["cut", "MRR"], ["a, b", "0.1"]]
    told = json.loads((page.parent / "results.json").read_text())
    assert told["figure"] == {"value": None, "others": [0.33333]}
    assert told["scale"]["name"] == "smoke"


@pytest.mark.parametrize(
    ("share", "count", "told"),
    [(0.5, 10, "0.50 (0.24 to 0.76)"), (0.0, 10, "0.00 (0.00 to 0.28)"), (float("nan"), 0, "-")],
)
def test_a_share_has_the_interval_of_its_count(share: float, count: int, told: str) -> None:
    assert stream._share(share, count) == told


def test_every_plot_is_drawn_the_same_twice() -> None:
    figure = Figure((0.1, 0.3), 0.05, 0.4)
    scores = {"true": [0.5, 1.0], "same_song": [0.0, 0.2], "random_song": [-1.0, 0.0]}
    example = {"before": [0.0, 1.0], "came": [1.0, 0.5], "predicted": [0.9, 0.2]}
    layers = [
        {"name": "lstm", "kind": "LSTM", "shape": [465, 266], "parameters": 1_373_624},
        {"name": "dense", "kind": "Dense", "shape": [1], "parameters": 0},
    ]

    def draw() -> list[str]:
        return [
            figure_plot({"one": figure, "$two$": figure}, chance=0.2, axis="MRR"),
            curve_plot({"MRR": [(1, figure), (10, figure)]}, across="epochs", axis="MRR", logarithmic=True),
            bar_plot({"one": {"jolting": 0.1, "clicking": 0.2}}, axis="share"),
            score_plot(scores),
            forecast_plot([example]),
            class_plot({"classes": {"seen": [1, 2], "unseen": [0, 0]}}),
            network_plot(layers),
        ]

    first = draw()
    assert first == draw()
    assert all(svg.startswith("<?xml") for svg in first)
    assert "$two$" in first[0]
    assert "mathdefault" not in first[1]
    assert "1,373,624" in first[-1]
