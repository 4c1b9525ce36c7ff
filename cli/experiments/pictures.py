"""The study's own pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from cli.documents import Shown
from cli.experiments.plots import COLOURS, WIDTH_IN, drawn, drawn_side_by_side

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = {"true": "true successors", "same_song": "same song, but wrong", "random_song": "another song"}
_BINS = 30


def score_plot(scores: Mapping[str, Sequence[float]]) -> str:
    """Draw how the scores of true and of false pairs lie."""
    import numpy as np

    def draw(axes: Axes) -> None:
        everything = np.concatenate([scores[kind] for kind in _KINDS])
        low, high = np.quantile(everything, [0.01, 0.99])
        bins = np.linspace(low, high if high > low else low + 1, _BINS)
        for colour, (kind, label) in zip((COLOURS[2], COLOURS[1], COLOURS[7]), _KINDS.items(), strict=True):
            if scores[kind]:
                own = np.clip(scores[kind], bins[0], bins[-1])
                heights = np.histogram(own, bins)[0] / len(own)
                axes.stairs(heights, bins, fill=True, color=colour, alpha=0.2)
                axes.stairs(heights, bins, color=colour, label=label)
        axes.set_xlabel("score (logit)")
        axes.set_ylabel("share of pairs")
        axes.legend(frameon=False)

    return drawn(draw)


def history_plot(history: Sequence[Shown], *, accuracy: float, loss: float) -> str:
    """Draw accuracy and loss over epochs, beside what another training ended with."""

    def panel(name: str, other: float) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            epochs = [epoch["epoch"] + 1 for epoch in history]
            axes.plot(epochs, [epoch[name] for epoch in history], color=COLOURS[0], label="training")
            told = [epoch[f"val_{name}"] for epoch in history]
            axes.plot(epochs, told, color=COLOURS[1], linestyle="--", label="other channel")
            axes.axhline(other, color=COLOURS[7], linestyle=":", label="the study's")
            axes.set_xlabel("epochs")
            axes.set_ylabel(name)
            axes.legend(frameon=False)

        return draw

    return drawn_side_by_side([panel("accuracy", accuracy), panel("loss", loss)])


def forecast_plot(examples: Sequence[Shown]) -> str:
    """Draw data points before a cut, those predicted after it, and those that came."""

    def panel(example: Shown) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            before = example["before"]
            after = range(len(example["came"]))
            axes.plot(range(-len(before), 0), before, color=COLOURS[7], label="before")
            axes.plot(after, example["came"], color=COLOURS[2], marker=".", label="came")
            axes.plot(
                after, example["predicted"], color=COLOURS[1], linestyle="--", marker=".", label="predicted"
            )
            axes.set_xlabel("points from the cut, 1,260 a second")
            axes.legend(frameon=False)

        return draw

    return drawn_side_by_side([panel(example) for example in examples], width_in=1.6 * WIDTH_IN)


def class_plot(counts: Mapping[str, Mapping[str, Sequence[int]]]) -> str:
    """Draw how many transitions fall into each class, most first."""

    def panel(name: str, found: Mapping[str, Sequence[int]]) -> Callable[[Axes], None]:
        side = "unseen" if sum(found["unseen"]) else "seen"

        def draw(axes: Axes) -> None:
            ordered = sorted(found[side], reverse=True)
            axes.bar(range(len(ordered)), ordered, color=COLOURS[0], width=1.0)
            axes.set_title(f"{name} ({len(ordered)})")
            axes.set_xlabel("class, the fullest first")
            axes.set_ylabel(f"{side} transitions")

        return draw

    return drawn_side_by_side([panel(name, found) for name, found in counts.items()])


def network_plot(layers: Sequence[Shown]) -> str:
    """Draw a network as boxes, from its input down, with shapes and numbers of parameters."""

    def draw(axes: Axes) -> None:
        for row, layer in enumerate(layers):
            shape = " x ".join(f"{size:,}" for size in layer["shape"])
            text = f"{layer['kind']}: {shape}"
            if layer["parameters"]:
                text += f" ({layer['parameters']:,} parameters)"
            box = {"boxstyle": "round,pad=0.4", "facecolor": "#e8f1f8", "edgecolor": COLOURS[0]}
            axes.text(0.5, -row, text, ha="center", va="center", bbox=box)
            if row:
                ends = (0.5, -row + 0.28), (0.5, -row + 0.72)
                axes.annotate("", *ends, arrowprops={"arrowstyle": "->"})
        axes.set_xlim(0, 1)
        axes.set_ylim(-len(layers) + 0.4, 0.6)
        axes.axis("off")

    return drawn(draw, height_in=0.55 * len(layers), width_in=0.8 * WIDTH_IN)
