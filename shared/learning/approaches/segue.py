"""`segue`: the project's own. Likelihoods choose the best candidates, a small network compares them.

Two closed forms tell how much likelier a head is after a tail than anywhere: one sees statistics of log-mel
frames, as `linear` does, the other long spectra, in which held tones stand out. Their sum, corrected by how
well each chunk suits everyone, chooses the candidates. A small network, trained listwise to point at the true
one among them, then scores each by what `shared.learning.comparison` says of it: what the likelihoods think,
how level and spectrum step, and what followed when something like the tail was heard before in the pool.

The network must not learn from scores that are better than it will ever see again: half of the training
songs are practised on with likelihoods fitted on the other half, and back. Every epoch cuts the songs anew,
at other places, to chunks of another length, with other gaps left out.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from shared.errors import TooFewSongs
from shared.learning.approaches.base import Network, Scorer, TrainedSettings
from shared.learning.approaches.segue_scoring import SegueScorer, standardised
from shared.learning.comparison import (
    FEATURES,
    GAPS,
    Background,
    Candidates,
    Coordinates,
    Judges,
    compare,
)
from shared.learning.corpus import Corpus, Indices, need_examples
from shared.learning.likelihood import Likelihood
from shared.learning.networks import optimizer_of
from shared.learning.pairs import Rows
from shared.learning.practice import Sides, practice_cuts, practice_passages, practice_pool
from shared.learning.precision import in_precision
from shared.learning.recurrence import PASSAGE_STEPS, PassageSpace
from shared.learning.statistics import edge_statistics
from shared.sound.features import EDGE_FRAMES, LONG_STEP_HOPS
from shared.store.arrays import Arrays

_LEAST_CUTS = 8
_LEAST_QUERIES = 8
_LEAST_DEVIATION = 1e-3

_CHUNK_PLACES = (25, 54)
_LEAST_CHUNK_PLACES = EDGE_FRAMES // LONG_STEP_HOPS + 2
_CHUNKS_OF_THE_LONGEST_SONG = 8
_GAP_PLACES = (0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10)
"""In places of 93 ms: chunks of 2.3 to 5 s; gaps of up to 0.46 s on each side."""


class SegueSettings(TrainedSettings):
    """The likelihoods, the candidates, and the network that compares them."""

    random_cuts_per_song: int = Field(
        500, ge=8, le=20_000, description="Cuts at random places of each training song for the likelihoods."
    )
    mel_ridge: float = Field(0.1, gt=0, le=10, description="Of the likelihood that sees frames.")
    mel_pairs: int = Field(128, ge=1, le=512, description="Canonical pairs of the same.")
    long_ridge: float = Field(0.3, gt=0, le=10, description="Of the likelihood that sees long spectra.")
    long_pairs: int = Field(160, ge=1, le=250, description="Canonical pairs of the same.")
    passage_dimensions: int = Field(
        128, ge=8, le=192, description="Of the spaces in which passages are recalled."
    )
    candidates: int = Field(120, ge=2, le=500, description="Compared for every chunk.")
    practice_candidates: int = Field(60, ge=2, le=500, description="Compared in training, to save time.")
    units: int = Field(32, ge=1, le=1024, description="Of the network's hidden layer.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Share of the hidden layer dropped in training.")
    pools_per_epoch: int = Field(4, ge=2, le=64, description="Practice pools of an epoch.")
    practice_songs: int = Field(12, ge=2, le=1000, description="Songs of a practice pool.")
    practice_chunks: int = Field(47, ge=8, le=1000, description="Chunks of one song in a practice pool.")


class Segue(Network[SegueSettings]):
    """Choose candidates by likelihood, then compare them."""

    name: ClassVar[str] = "segue"
    summary: ClassVar[str] = (
        "The project's own: likelihoods of spectra and of held tones choose candidates, a small network "
        "compares them."
    )
    settings_type = SegueSettings
    scores_in_numpy: ClassVar[bool] = True
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {"optimizer": "adam", "learning_rate": 0.002, "epochs": 40}
    }
    _halves: _Halves | None = None

    def constants(self, corpus: Corpus, settings: SegueSettings) -> Arrays:
        """Return the likelihoods of all songs, and how the comparison's numbers are standardised."""
        if not corpus.longs or corpus.song_count < 2:
            found = corpus.song_count if corpus.longs else 0
            raise TooFewSongs(found=found, needed=2, purpose="Fitting segue")
        practised = self._practise(corpus, settings, np.random.default_rng(0), pools=2)
        numbers = practised.inputs[0].reshape(-1, FEATURES)
        scale = 1 / np.maximum(numbers.std(axis=0), _LEAST_DEVIATION)
        return {
            **_judges(corpus, settings, seed=0).to_arrays(),
            "mean": numbers.mean(axis=0).astype(np.float32),
            "scale": scale.astype(np.float32),
        }

    def train_examples(
        self, corpus: Corpus, settings: SegueSettings, constants: Arrays, *, seed: int, epoch: int
    ) -> Rows:
        """Return the queries of new practice pools, each half judged by likelihoods of the other."""
        rng = np.random.default_rng([seed, epoch])
        rows = self._practise(corpus, settings, rng, pools=settings.pools_per_epoch)
        return Rows((standardised(rows.inputs[0], constants),), rows.targets)

    def validation_examples(
        self, corpus: Corpus, settings: SegueSettings, constants: Arrays, *, seed: int
    ) -> Rows:
        """Return the chunks' own transitions as the second channel has them, among all chunks."""
        sides = Sides.of_edges(corpus.only_channel(1).edges)
        rows = _queries(Judges.from_arrays(constants), sides, corpus.songs, settings)
        return Rows((standardised(rows.inputs[0], constants),), rows.targets)

    def stopping_examples(
        self, corpus: Corpus, settings: SegueSettings, constants: Arrays, *, seed: int
    ) -> None:
        """Return none: every epoch practises on something else."""

    def build(self, settings: SegueSettings, constants: Arrays) -> Any:
        """Build a perceptron with one hidden layer and a direct way past it, run on every candidate."""
        with in_precision(settings.precision):
            return self._built(settings)

    def _built(self, settings: SegueSettings) -> Any:
        import keras
        from keras import layers

        numbers = keras.Input((None, FEATURES))
        hidden = layers.Dense(settings.units, activation="silu", name="hidden")(numbers)
        hidden = layers.Dropout(settings.dropout, name="dropout")(hidden)
        exact = {"use_bias": False, "dtype": "float32"}
        nonlinear = layers.Dense(1, kernel_initializer="zeros", name="nonlinear", **exact)(hidden)
        linear = layers.Dense(1, name="linear", **exact)(numbers)
        added = layers.Add(dtype="float32", name="add")([linear, nonlinear])
        logits = layers.Reshape((-1,), dtype="float32", name="logits")(added)
        network = keras.Model(numbers, logits, name=self.name)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        optimizer = optimizer_of(settings.optimizer, settings.learning_rate)
        network.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
        return network

    def scorer(self, settings: SegueSettings, weights: Arrays) -> Scorer:
        """Return the scorer of trained weights."""
        return SegueScorer(settings.candidates, weights)

    def _practise(
        self, corpus: Corpus, settings: SegueSettings, rng: np.random.Generator, *, pools: int
    ) -> Rows:
        """Draw pools, by turns out of one half of the songs and out of the other."""
        halves = self._halves_of(corpus, settings)
        found = []
        for number in range(pools):
            chunk = min(int(rng.integers(*_CHUNK_PLACES)), halves.longest_chunk)
            sides, songs = practice_pool(
                halves.corpora[number % 2],
                chunk_places=chunk,
                # A whole edge is left between two gaps.
                gap_places=min(int(rng.choice(_GAP_PLACES)), chunk - _LEAST_CHUNK_PLACES + 1),
                most_chunks=settings.practice_chunks,
                most_songs=settings.practice_songs,
                rng=rng,
            )
            if len(sides) > 1:
                found.append(_queries(halves.judges[1 - number % 2], sides, songs, settings))
        need_examples(sum(map(len, found)), _LEAST_QUERIES)
        return _equally_many_candidates(found)

    def _halves_of(self, corpus: Corpus, settings: SegueSettings) -> _Halves:
        """Return the halves of a corpus with their likelihoods, solved for once for all epochs."""
        halves = self._halves
        if halves is None or halves.whole() is not corpus or halves.settings != settings:
            halves = self._halves = _Halves.of(corpus, settings)
        return halves


@dataclass(frozen=True, eq=False)
class _Halves:
    """The songs of a corpus in two halves, and the likelihoods of each."""

    whole: Callable[[], Corpus | None]
    settings: SegueSettings
    corpora: tuple[Corpus, Corpus]
    judges: tuple[Judges, Judges]
    longest_chunk: int

    @classmethod
    def of(cls, corpus: Corpus, settings: SegueSettings) -> _Halves:
        order = np.random.default_rng(corpus.song_count).permutation(corpus.song_count)
        first, second = (corpus.only_songs(np.sort(order[turn::2])) for turn in (0, 1))
        judges = _judges(first, settings, seed=1), _judges(second, settings, seed=1)
        # Where all songs are short, chunks are too, down to the length of an edge.
        longest = max(map(len, corpus.longs)) // _CHUNKS_OF_THE_LONGEST_SONG
        return cls(weakref.ref(corpus), settings, (first, second), judges, max(longest, _LEAST_CHUNK_PLACES))


def _judges(corpus: Corpus, settings: SegueSettings, *, seed: int) -> Judges:
    """Solve for all likelihoods at random cuts.

    Raises:
        NothingToLearn: the songs are too short for cuts.
    """
    mel, long = {}, {}
    for gap in GAPS:
        rng = np.random.default_rng([seed, gap])
        cuts = list(practice_cuts(corpus, settings.random_cuts_per_song, gap, rng))
        need_examples(sum(map(len, cuts)), _LEAST_CUTS)
        tails = np.concatenate([edge_statistics(song.tails) for song in cuts]).astype(np.float64)
        heads = np.concatenate([edge_statistics(song.heads) for song in cuts]).astype(np.float64)
        mel[gap] = Likelihood.of_cuts(tails, heads, ridge=settings.mel_ridge, pairs=settings.mel_pairs)
        tails = np.concatenate([song.long_tails for song in cuts]).astype(np.float64)
        heads = np.concatenate([song.long_heads for song in cuts]).astype(np.float64)
        long[gap] = Likelihood.of_cuts(tails, heads, ridge=settings.long_ridge, pairs=settings.long_pairs)
    return Judges(mel, long, _passage_spaces(corpus, settings, seed=seed))


def _passage_spaces(corpus: Corpus, settings: SegueSettings, *, seed: int) -> dict[int, PassageSpace]:
    rng = np.random.default_rng([seed, len(GAPS)])
    return {
        steps: PassageSpace.of_passages(
            practice_passages(corpus, settings.random_cuts_per_song, steps, rng), settings.passage_dimensions
        )
        for steps in PASSAGE_STEPS
    }


def _queries(judges: Judges, sides: Sides, songs: Indices, settings: SegueSettings) -> Rows:
    """Return the chunks of a pool whose successor is among their candidates: numbers, and which it is."""
    coordinates = Coordinates.of(judges, sides)
    found = Candidates.of(coordinates, Background.of(coordinates), settings.practice_candidates)
    is_true = found.chunks == np.arange(1, len(sides) + 1)[:, None]
    able = is_true.any(axis=1)
    able[:-1] &= songs[:-1] == songs[1:]
    able[-1] = False
    numbers = compare(judges, sides, coordinates, found)[able]
    return Rows((numbers,), (is_true[able].argmax(axis=1).astype(np.float32),))


def _equally_many_candidates(parts: list[Rows]) -> Rows:
    """Bring pools together, each query with as many of its best candidates as the smallest pool gives."""
    count = min(part.inputs[0].shape[1] for part in parts)
    kept = []
    for part in parts:
        able = part.targets[0] < count
        kept.append(Rows((part.inputs[0][able, :count],), (part.targets[0][able],)))
    return Rows.concatenate(kept)
