"""The trainer's tasks. TensorFlow is loaded inside them alone: the worker's main process never needs it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from services.trainer.datasets import Dataset, SongEdges, SplitSettings
from services.trainer.datasets import build_dataset as bring_together
from services.trainer.evaluation import learned
from services.trainer.evaluation.inputs import NOTHING_LEARNED, make_trial
from services.trainer.evaluation.summary import facts_of
from services.trainer.evaluation.trials import LearnedSong, Trial
from services.trainer.worker import app
from shared.jobs.running import Work
from shared.learning.corpus import LongSpectra
from shared.queue import Task
from shared.settings import get_settings
from shared.sound.edges import Edges
from shared.store.arrays import Arrays, pack_arrays, unpack_arrays
from shared.store.keys import Artifact, Kind
from shared.store.manifests import (
    CutFacts,
    DatasetFacts,
    GappedFacts,
    ModelFacts,
    ReportFacts,
    SongFacts,
    SpectraFacts,
)
from shared.store.objects import to_json
from shared.store.specs import DatasetSpec, ModelSpec, ReportSpec, ShippedSpec, SongSpec
from shared.worker import register

if TYPE_CHECKING:
    from services.trainer.fitting import Checkpoint, Epoch, Fitted
    from shared.learning.approaches import Approach, Scorer, Settings


def build_dataset(work: Work) -> DatasetFacts:
    """Bring the edges of all cuts together, split by song."""
    spec, artifacts = work.order.spec, work.dispatcher.artifacts
    assert isinstance(spec, DatasetSpec)
    spectra = _spectra(work, spec.spectra)
    songs = []
    for done, key in enumerate(spec.cuts):
        work.check()
        work.progress(done, len(spec.cuts), "cuts")
        cut = Artifact(work.tenant, Kind.CUT, key)
        song = artifacts.get(cut).expect(CutFacts).song
        edges = Edges.from_arrays(unpack_arrays(artifacts.read(cut, "edges.npz")))
        whole = spectra[song]
        long = LongSpectra(whole["long_tails"], whole["long_heads"])
        songs.append(SongEdges(song, _title(work, song), edges, whole["frames"], long))
    dataset = bring_together(songs, SplitSettings(seed=spec.seed))
    work.attempt.put("dataset.npz", pack_arrays(dataset.to_arrays()))
    return DatasetFacts(
        chunks=len(dataset.corpus),
        train_songs=dataset.ids(held_out=False),
        held_out_songs=dataset.ids(held_out=True),
    )


def fit_model(work: Work) -> ModelFacts | None:
    """Fit an approach for one segment; None where a later segment goes on from the checkpoint."""
    spec = work.order.spec
    assert isinstance(spec, ModelSpec)
    approach = _ready_approach(spec.training.approach, to_fit=True)
    chosen = approach.resolve(spec.training.settings)
    dataset = _dataset(work, spec.dataset)
    fitted = _fit_segment(work, spec, dataset, approach, chosen)
    return None if fitted is None else _judge_and_store(work, spec, dataset, approach, chosen, fitted)


def write_report(work: Work) -> ReportFacts:
    """Judge a model beside the baselines, on songs that it has not learned from."""
    from services.trainer.evaluation.evaluating import evaluate
    from services.trainer.evaluation.held_out import baselines
    from services.trainer.evaluation.page import render_page

    spec = work.order.spec
    assert isinstance(spec, ReportSpec)
    model = Artifact(work.tenant, Kind.MODEL, spec.model)
    facts = work.dispatcher.artifacts.get(model).expect(ModelFacts)
    corpus = NOTHING_LEARNED if spec.dataset is None else _dataset(work, spec.dataset).training()
    # By the protocol's seed, so that models that learned from the same songs stand beside the same baselines.
    scorers = {**baselines(corpus, spec.protocol.seed), facts.approach: _scorer(work, spec, facts)}
    if isinstance(work.dispatcher.artifacts.get(model).spec, ShippedSpec):
        scorers.setdefault("linear", _shipped_scorer("linear"))
    report = evaluate(
        _trials(work, spec),
        scorers,
        spec.protocol,
        learned=_learned(work, model, facts),
        check=work.check,
        progress=lambda done, steps: work.progress(done, steps, "exams"),
    )
    work.attempt.put("report.json", to_json(report), "application/json")
    page = render_page(report, title=f"{facts.approach}: does B follow A?")
    work.attempt.put("report.html", page.encode(), "text/html; charset=utf-8")
    return facts_of(report, facts.approach)


def _fit_segment(
    work: Work, spec: ModelSpec, dataset: Dataset, approach: Approach[Any], chosen: Settings
) -> Fitted | None:
    """Fit until done or until the segment's time is up, with a checkpoint now and then."""
    from services.trainer.fitting import Fitted, Hooks, fit

    settings = get_settings()
    segment, pause = Alarm(settings.segment_s), Alarm(settings.checkpoint_s)

    def keep(checkpoint: Checkpoint) -> None:
        _keep(work, checkpoint)
        pause.reset()

    hooks = Hooks(partial(_tell, work), segment.is_over, pause.is_over, keep, work.check)
    state = fit(
        dataset.training(),
        approach,
        chosen,
        seed=spec.training.seed,
        checkpoint=_last_checkpoint(work),
        hooks=hooks,
    )
    if isinstance(state, Fitted):
        return state
    _keep(work, state)
    return None


def _judge_and_store(
    work: Work,
    spec: ModelSpec,
    dataset: Dataset,
    approach: Approach[Any],
    chosen: Settings,
    fitted: Fitted,
) -> ModelFacts:
    from services.trainer.evaluation.held_out import evaluate
    from shared.learning.approaches import Network
    from shared.learning.weights import describe, pack

    seed, history = spec.training.seed, fitted.history
    weights = pack(fitted.weights)
    record = describe(approach, chosen, fitted.weights, weights)
    report = evaluate(
        approach.scorer(chosen, fitted.weights),
        approach.name,
        dataset,
        seed=seed,
        other_channel_accuracy=fitted.best.val_accuracy if fitted.best else None,
        check=work.check,
    )
    if isinstance(approach, Network):
        drawn_from = approach.illustrate(dataset.training(), dataset.unseen(), chosen, fitted.weights)
        report = report.model_copy(update={"illustration": drawn_from})
    work.attempt.put("weights.npz", weights)
    work.attempt.put("weights.json", to_json(record), "application/json")
    epochs = json.dumps([epoch.model_dump() for epoch in history], indent=1)
    work.attempt.put("history.json", epochs.encode(), "application/json")
    work.attempt.put("report.json", to_json(report), "application/json")
    songs = learned.to_arrays(learned.learned_songs(dataset))
    work.attempt.put("learned.npz", pack_arrays(songs))
    return ModelFacts(
        approach=approach.name,
        settings=chosen.model_dump(mode="json"),
        seed=seed,
        weights_sha256=record.sha256,
        epochs=len(history),
        fit_s=fitted.fit_s,
        train_songs=dataset.ids(held_out=False),
        held_out_songs=dataset.ids(held_out=True),
        summary=report.summary(),
    )


def _trials(work: Work, spec: ReportSpec) -> list[Trial]:
    """Fetch the cuts that are judged, one at a time."""
    artifacts, spectra = work.dispatcher.artifacts, _spectra(work, spec.spectra)
    trials = []
    for key in spec.gapped:
        work.check()
        gapped = Artifact(work.tenant, Kind.GAPPED, key)
        facts = artifacts.get(gapped).expect(GappedFacts)
        by_gap = (
            (gap_s, unpack_arrays(artifacts.read(gapped, facts.edges_file(gap_s))))
            for gap_s in spec.protocol.gaps_s
        )
        openings = unpack_arrays(artifacts.read(gapped, "openings.npz"))["openings"]
        frames, title = spectra[facts.song]["frames"], _title(work, facts.song)
        trials.append(make_trial(facts.song, title, by_gap, openings, frames, spec.protocol))
    return trials


def _learned(work: Work, model: Artifact, facts: ModelFacts) -> tuple[LearnedSong, ...]:
    """Return what a model has learned from; of an earlier release's model, only the ids are known."""
    artifacts = work.dispatcher.artifacts
    if "learned.npz" not in artifacts.get(model).payloads:
        return learned.known_by_id(facts.train_songs)
    return learned.from_arrays(unpack_arrays(artifacts.read(model, "learned.npz")))


def _scorer(work: Work, spec: ReportSpec, facts: ModelFacts) -> Scorer:
    from shared.learning.weights import load_scorer

    weights = work.dispatcher.artifacts.read(Artifact(work.tenant, Kind.MODEL, spec.model), "weights.npz")
    approach = _ready_approach(facts.approach)
    return load_scorer(approach, facts.settings, weights, sha256=spec.weights_sha256)


def _shipped_scorer(name: str) -> Scorer:
    from shared.learning.pretrained import load_pretrained
    from shared.learning.weights import load_scorer

    shipped = load_pretrained(name)
    settings, approach = shipped.record.settings, _ready_approach(name)
    return load_scorer(approach, settings, shipped.weights, sha256=shipped.record.sha256)


def _ready_approach(name: str, *, to_fit: bool = False) -> Approach[Any]:
    """Return an approach, TensorFlow set up if it is needed: to fit a network, to score with most of them."""
    from shared.learning.approaches import Network, get_approach
    from shared.learning.backend import configure_tensorflow

    approach = get_approach(name)
    if isinstance(approach, Network) if to_fit else not approach.scores_in_numpy:
        configure_tensorflow(get_settings().worker_threads or os.cpu_count() or 1)
    return approach


def _dataset(work: Work, key: str) -> Dataset:
    artifact = Artifact(work.tenant, Kind.DATASET, key)
    return Dataset.from_arrays(unpack_arrays(work.dispatcher.artifacts.read(artifact, "dataset.npz")))


def _spectra(work: Work, keys: Iterable[str]) -> dict[str, Arrays]:
    """Return the arrays of spectra by song."""
    artifacts = work.dispatcher.artifacts
    spectra = [Artifact(work.tenant, Kind.SPECTRA, key) for key in keys]
    return {
        artifacts.get(one).expect(SpectraFacts).song: unpack_arrays(artifacts.read(one, "frames.npz"))
        for one in spectra
    }


def _title(work: Work, song: str) -> str:
    facts = work.dispatcher.artifacts.get(SongSpec(song=song).artifact(work.tenant)).expect(SongFacts)
    return facts.title or song[:12]


def _tell(work: Work, epoch: Epoch, epochs: int, eta_s: float) -> None:
    note = f"loss {epoch.loss:.3f}"
    if epoch.accuracy is not None:
        note += f", accuracy {epoch.accuracy:.3f}"
    work.progress(epoch.epoch, epochs, "epochs", eta_s=eta_s, note=note)


class Alarm:
    """Tells when so many seconds are over."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self.reset()

    def reset(self) -> None:
        """Begin to count anew."""
        self._at_s = time.monotonic() + self._after_s

    def is_over(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() > self._at_s


def _last_checkpoint(work: Work) -> Checkpoint | None:
    from services.trainer.fitting import Checkpoint

    store = work.dispatcher.store
    found = max((stored.key for stored in store.list(work.artifact.checkpoints)), default=None)
    return None if found is None else Checkpoint.from_bytes(store.get(found))


def _keep(work: Work, checkpoint: Checkpoint) -> None:
    """Store a checkpoint, then delete the ones before it."""
    store, folder = work.dispatcher.store, work.artifact.checkpoints
    older = [stored.key for stored in store.list(folder)]
    key = f"{folder}{len(checkpoint.history):06d}.npz"
    store.put(key, checkpoint.to_bytes())
    for other in older:
        if other < key:
            store.delete(other)


register(app, Task.BUILD_DATASET, build_dataset)
register(app, Task.FIT_MODEL, fit_model)
register(app, Task.WRITE_REPORT, write_report)
