"""Plain facts that pictures of a fitted network are drawn from: its layers, its forecasts, its classes.

They are kept with a model's quick figures, since whoever draws them has neither songs nor TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.learning.corpus import Floats, Indices

_MOST_TRANSITIONS = 400
_EXAMPLES = 3
_SHOWN_BEFORE = 36


def layers_of(network: Any) -> list[dict[str, Any]]:
    """Return name, kind, output shape (without the batch; null: any) and parameters of every layer."""
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "shape": [None if size is None else int(size) for size in layer.output.shape[1:]],
            "parameters": int(layer.count_params()),
        }
        for layer in network.layers
    ]


def spread(pairs: Indices) -> Indices:
    """Return at most so many transitions as are looked at, evenly spread."""
    return pairs[np.linspace(0, len(pairs) - 1, min(len(pairs), _MOST_TRANSITIONS)).astype(np.int64)]


def forecast_facts(pairs: Indices, predicted: Floats, persistent: Floats, heads: Floats) -> dict[str, Any]:
    """Compare forecasts with what came, and with the naive forecast that all goes on as it is.

    Args:
        pairs: int64, shape (m, 2): chunks that follow each other.
        predicted: float32, shape (m, numbers): the forecast after the first of each.
        persistent: the same shape: what a forecast is that needs no training.
        heads: float32, shape (n, numbers): how each chunk begins.

    Returns:
        Mean squared errors and MRR among all n chunks, without a gap, by the name of the forecast.
    """
    came = heads[pairs[:, 1]]
    forecasts = {"network": predicted, "persistence": persistent, "silence": np.zeros_like(predicted)}
    return {
        "transitions": len(pairs),
        "chunks": len(heads),
        "error": {name: float(np.mean(np.square(each - came))) for name, each in forecasts.items()},
        "mrr": {name: _mrr(pairs, each, heads) for name, each in forecasts.items() if name != "silence"},
    }


def forecast_examples(before: Floats, predicted: Floats, came: Floats) -> list[dict[str, list[float]]]:
    """Return a few forecasts with the points before them and those that came; rows are transitions."""
    rows = np.linspace(0, len(came) - 1, _EXAMPLES + 2).astype(np.int64)[1:-1]
    return [
        {
            "before": [float(point) for point in before[row, -_SHOWN_BEFORE:]],
            "predicted": [float(point) for point in predicted[row]],
            "came": [float(point) for point in came[row]],
        }
        for row in dict.fromkeys(rows.tolist())
    ]


def _mrr(pairs: Indices, forecasts: Floats, heads: Floats) -> float:
    """Return the mean of 1 / rank of what came, by squared difference; ties count half."""
    distances = np.square(heads).sum(axis=1) - 2 * forecasts @ heads.T
    here = np.arange(len(pairs))
    own = distances[here, pairs[:, 1]][:, None]
    rivals = np.ones(distances.shape, dtype=np.bool_)
    rivals[here, pairs[:, 0]] = rivals[here, pairs[:, 1]] = False
    better = ((distances < own) & rivals).sum(axis=1)
    ties = ((distances == own) & rivals).sum(axis=1)
    return float(np.mean(1 / (1 + better + ties / 2)))
