"""Does the default network learn anything that holds on songs it never saw? On the demo songs, whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.demo import write_demo_songs
from services.chunker.cutting import find_boundaries
from services.trainer.datasets import Dataset, SongEdges, SplitSettings, build_dataset
from services.trainer.evaluation.held_out import Figures, evaluate
from services.trainer.fitting import Fitted, fit
from shared.learning.approaches.binary import Binary
from shared.learning.pairs import Examples
from shared.parameters import Cut
from shared.sound.audio import open_audio
from shared.sound.features import edges_of, song_frames

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Shuffled(Binary):
    """The same network, told of every pair by lot whether it is true."""

    def train_examples(self, *args: Any, seed: int, epoch: int) -> Examples:
        return by_lot(super().train_examples(*args, seed=seed, epoch=epoch), seed + epoch)

    def stopping_examples(self, *args: Any, seed: int) -> Examples | None:
        examples = super().stopping_examples(*args, seed=seed)
        return None if examples is None else by_lot(examples, seed)


def by_lot(examples: Examples, seed: int) -> Examples:
    return replace(examples, truth=np.random.default_rng(seed).permutation(examples.truth))


def read_song(path: Path) -> SongEdges:
    with open_audio(path) as song:
        samples, rate = song.read_range(0, song.n_samples), song.sample_rate_hz
    inner = find_boundaries(samples, sample_rate_hz=rate, cut=Cut())
    return SongEdges(
        path.stem, path.stem, edges_of(np.split(samples, inner), rate), song_frames(samples, rate)
    )


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    paths = write_demo_songs(tmp_path_factory.mktemp("demo"))
    return build_dataset([read_song(path) for path in paths], SplitSettings())


def held_out(approach: Binary, dataset: Dataset) -> dict[str, Figures]:
    settings = approach.resolve({"preset": "fast"})
    fitted = fit(dataset.training(), approach, settings, seed=0)
    assert isinstance(fitted, Fitted)
    report = evaluate(approach.scorer(settings, fitted.weights), approach.name, dataset, seed=0)
    assert report.held_out is not None
    return report.held_out


def test_fast_tells_true_successors_in_songs_it_never_saw(dataset: Dataset) -> None:
    auc = held_out(Binary(), dataset)["binary"].auc
    assert auc.low > 0.5, auc


def test_fast_learns_nothing_from_shuffled_labels(dataset: Dataset) -> None:
    auc = held_out(Shuffled(), dataset)["binary"].auc
    assert auc.low <= 0.5, auc
