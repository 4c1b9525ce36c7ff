"""Draw the pictures of the pages on networks: `python -m tools.site.pictures`.

What they show is computed: of a demo song, measured as Segue measures songs, or by `tools.site.theory`. They
have a light ground of their own, so that they can be read on dark pages too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from cli.demo.filters import SAMPLE_RATE_HZ
from cli.demo.songs import SONGS
from cli.demo.writing import render
from shared.sound.features import hop_samples, song_frames
from tools.site import theory

FOLDER = Path(__file__).parents[2] / "docs" / "explanation" / "networks"
BLUE, ORANGE, GREEN, GREY, INK, GROUND = "#0969da", "#bc4c00", "#1a7f37", "#57606a", "#1f2328", "#fbfbf8"
STYLE = {
    "figure.facecolor": GROUND,
    "axes.facecolor": GROUND,
    "savefig.facecolor": GROUND,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, GREY]),
    "font.size": 9,
    "axes.titlesize": 9.5,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "svg.hashsalt": "segue",
    "figure.constrained_layout.use": True,
}
GRID = np.array(
    [[1, 1, 2, 8, 9], [0, 1, 1, 9, 8], [1, 0, 2, 8, 9], [1, 1, 1, 9, 9], [0, 1, 2, 8, 8]], dtype=np.float64
)
EDGE = np.array([[-1, 0, 1]] * 3, dtype=np.float64)
"""A kernel that answers where it gets louder from left to right."""
SHOWN = slice(86, 293)
"""Frames of the song that are shown: from 1 s to 3.4 s."""


def song() -> np.ndarray:
    """Return log-mel frames of a demo song, in dB above their median: shape (bands, frames)."""
    frames = song_frames(render(SONGS[0], seconds=12.0), SAMPLE_RATE_HZ).astype(np.float64)
    return (10 / np.log(10) * (frames - np.median(frames))).T


def convolution() -> Figure:
    """Draw a kernel over a grid: what goes in, the kernel, what comes out."""
    padded, plain = theory.convolve(GRID, EDGE, padding=True), theory.convolve(GRID, EDGE)
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.6), width_ratios=[5, 3, 3, 5])
    for axis, values, title in zip(
        axes,
        (GRID, EDGE, plain, padded),
        ("input, 5 × 5", "kernel, 3 × 3", "output without padding, 3 × 3", "with zero padding, 5 × 5"),
        strict=True,
    ):
        _numbers(axis, values, title)
    axes[0].add_patch(plt.Rectangle((0.5, -0.5), 3, 3, fill=False, edgecolor=ORANGE, linewidth=2))
    axes[2].add_patch(plt.Rectangle((0.5, -0.5), 1, 1, fill=False, edgecolor=ORANGE, linewidth=2))
    axes[3].add_patch(plt.Rectangle((1.5, 0.5), 1, 1, fill=False, edgecolor=ORANGE, linewidth=2))
    return figure


def _numbers(axis: Any, values: np.ndarray, title: str) -> None:
    most = np.abs(values).max()
    axis.imshow(values, cmap="RdBu_r", vmin=-1.6 * most, vmax=1.6 * most)
    for (y, x), value in np.ndenumerate(values):
        axis.text(x, y, f"{value:.0f}", ha="center", va="center")
    axis.set_title(title)
    axis.set_xticks([])
    axis.set_yticks([])


def kernels_on_a_song() -> Figure:
    """Draw a song's spectrogram, and what two kernels make of it, after ReLU."""
    seen = song()
    rising = np.array([[-1, 0, 1]] * 3) / 3
    tone = np.array([[-1] * 3, [2] * 3, [-1] * 3]) / 3
    shown = [seen, *(np.maximum(theory.convolve(seen, kernel, padding=True), 0) for kernel in (rising, tone))]
    titles = ("log-mel frames, dB", "a kernel that answers to attacks", "a kernel that answers to held tones")
    figure, axes = plt.subplots(3, 1, figsize=(7.5, 5.2), sharex=True)
    seconds = np.array([SHOWN.start, SHOWN.stop]) * hop_samples(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    for axis, values, title in zip(axes, shown, titles, strict=True):
        part = values[:, SHOWN]
        axis.imshow(
            part,
            aspect="auto",
            origin="lower",
            cmap="magma",
            interpolation="none",  # Then the file holds the frames, and not the page's pixels.
            extent=(*seconds, 0, len(part)),
            vmin=np.percentile(part, 5),
            vmax=np.percentile(part, 99.5),
        )
        axis.set_title(title, loc="left")
        axis.set_ylabel("mel band")
    axes[-1].set_xlabel("seconds")
    return figure


def onset_strength() -> np.ndarray:
    """Return how much of the song rises from frame to frame, scaled to 1: shape (frames,)."""
    rises = np.maximum(theory.convolve(song(), np.array([[-1.0, 0.0, 1.0]]), padding=True), 0).mean(axis=0)
    return rises[SHOWN] / rises[SHOWN].max()


def stride_and_pooling() -> Figure:
    """Draw how a stride, and pooling, shorten a series."""
    values = onset_strength()[:48]
    kernel = np.array([[0.25, 0.5, 0.25]])
    rows = (
        ("input: attacks of a song, 48 frames", values, 1),
        ("convolution, kernel of 3, stride 1", theory.convolve(values[None], kernel)[0], 1),
        ("the same, stride 2", theory.convolve(values[None], kernel, stride=2)[0], 2),
        ("stride 1, then max pooling of 2", theory.max_pool(theory.convolve(values[None], kernel)[0], 2), 2),
    )
    figure, axes = plt.subplots(4, 1, figsize=(7.5, 4.6), sharex=True)
    for axis, (title, bars, width), colour in zip(axes, rows, (GREY, BLUE, ORANGE, GREEN), strict=True):
        axis.bar(np.arange(len(bars)) * width, bars, width=0.85 * width, align="edge", color=colour)
        axis.set_title(f"{title}: {len(bars)} values", loc="left")
        axis.set_yticks([])
    axes[-1].set_xlabel("frame")
    return figure


def lstm_run() -> Figure:
    """Draw what one unit of an LSTM does with the attacks of a song."""
    # Chosen by hand: an attack opens the way in, and without one the memory fades by a twentieth a frame.
    kernel = np.array([[9.0, 0.0, 3.0, -3.0]])
    recurrent, bias = np.zeros((1, 4)), np.array([-4.0, 3.0, 0.0, 2.0])
    hidden, cell, steps = np.zeros(1), np.zeros(1), []
    inputs = onset_strength()[:160]
    for x in inputs:
        step = theory.lstm_step(np.array([x]), hidden, cell, kernel, recurrent, bias)
        hidden, cell = step.hidden, step.cell
        steps.append((x, step.forget[0], step.take[0], step.new[0], step.give[0], cell[0], hidden[0]))
    names = ("input x", "forget gate f", "input gate i", "candidate c̃", "output gate o", "cell c", "output h")
    figure, axes = plt.subplots(7, 1, figsize=(7.5, 6.2), sharex=True)
    colours = (GREY, ORANGE, BLUE, BLUE, GREEN, ORANGE, GREEN)
    for axis, name, values, colour in zip(axes, names, np.array(steps).T, colours, strict=True):
        axis.plot(values, color=colour, linewidth=1.4)
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
        axis.set_ylim(-0.05, max(1.05, 1.05 * values.max()))
        axis.set_yticks([0, 1])
    axes[-1].set_xlabel("frame of 11.6 ms")
    return figure


def activations() -> Figure:
    """Draw activation functions, and their slopes."""
    x = np.linspace(-5, 5, 201)
    drawn = (
        ("sigmoid", theory.sigmoid(x)),
        ("tanh", np.tanh(x)),
        ("ReLU", np.maximum(x, 0)),
        ("leaky ReLU, 0.1", np.where(x > 0, x, 0.1 * x)),
    )
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.4), sharex=True)
    for axis, (name, y) in zip(axes, drawn, strict=True):
        axis.plot(x, y, label="value")
        axis.plot(x, np.gradient(y, x), "--", label="slope")
        axis.set_title(name)
        axis.set_ylim(-1.2, 2)
        axis.axhline(0, color=GREY, linewidth=0.6)
    axes[0].legend(loc="upper left")
    return figure


def vanishing() -> Figure:
    """Draw what is left of a gradient after so many layers or steps."""
    depth = np.arange(1, 31)
    figure, axis = plt.subplots(figsize=(8, 2.6))
    for label, slope in (
        ("sigmoid at its steepest, 0.25 a layer", 0.25),
        ("tanh at 0.5, 0.79 a layer", 1 - np.tanh(0.5) ** 2),
        ("an LSTM's cell with a forget gate of 0.95", 0.95),
        ("ReLU that is on, 1 a layer", 1.0),
    ):
        axis.semilogy(depth, slope**depth, label=label)
    axis.set_ylim(1e-9, 3)
    axis.set_xlabel("layers, or steps in time")
    axis.set_ylabel("share of the gradient left")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    return figure


def softmax() -> Figure:
    """Draw the softmax of five scores, at three temperatures."""
    scores = np.array([2.0, 1.2, 0.9, -0.3, -1.0])
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.2))
    axes[0].bar(range(5), scores, color=GREY)
    axes[0].set_title("scores")
    for axis, temperature in zip(axes[1:], (0.5, 1.0, 3.0), strict=True):
        shares = theory.softmax(scores / temperature)
        axis.bar(range(5), shares, color=BLUE)
        axis.set_title(f"softmax of scores / {temperature:g}")
        axis.set_ylim(0, 1)
        for x, share in enumerate(shares):
            axis.text(x, share + 0.02, f"{share:.2f}", ha="center", fontsize=8)
    return figure


def cross_entropy() -> Figure:
    """Draw the loss of one binary example, by what the network says."""
    p = np.linspace(0.005, 0.995, 199)
    figure, axis = plt.subplots(figsize=(5.5, 2.6))
    axis.plot(p, -np.log(p), label="it follows: −ln p")
    axis.plot(p, -np.log(1 - p), label="it does not: −ln (1 − p)")
    axis.axhline(np.log(2), color=GREY, linewidth=0.8, linestyle=":")
    axis.text(0.02, np.log(2) + 0.1, "ln 2 = 0.69: knowing nothing", fontsize=8, color=GREY)
    axis.set_xlabel("p, what the network says")
    axis.set_ylabel("loss")
    axis.legend(loc="upper center", fontsize=8)
    return figure


def optimizers() -> Figure:
    """Draw the ways of three optimizers down the same narrow valley."""
    slopes, start, steps = np.array([0.3, 6.0]), np.array([-4.0, 1.5]), 60

    def gradient(place: np.ndarray) -> np.ndarray:
        return slopes * place

    ways = (
        ("SGD, rate 0.3", theory.sgd(gradient, start, steps=steps, rate=0.3)),
        ("RMSprop, rate 0.1", theory.rmsprop(gradient, start, steps=steps, rate=0.1)),
        ("Adam, rate 0.3", theory.adam(gradient, start, steps=steps, rate=0.3)),
    )
    figure, (plane, losses) = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=[3, 2])
    x, y = np.meshgrid(np.linspace(-4.6, 2, 60), np.linspace(-2, 2, 60))
    height = (slopes[0] * x**2 + slopes[1] * y**2) / 2
    plane.contour(x, y, height, levels=[0.1, 0.5, 1.5, 3, 6, 10], colors=GREY, linewidths=0.4)
    for label, path in ways:
        plane.plot(*path.T, marker=".", markersize=3, linewidth=1, label=label)
        losses.semilogy((slopes * path**2).sum(axis=1) / 2, label=label)
    plane.set_title("where each step leads", loc="left")
    losses.set_title("loss after each step", loc="left")
    losses.set_ylim(1e-8, 20)
    plane.legend(loc="lower right", fontsize=8)
    return figure


PICTURES: dict[str, Callable[[], Figure]] = {
    "convolution": convolution,
    "kernels": kernels_on_a_song,
    "pooling": stride_and_pooling,
    "lstm-run": lstm_run,
    "activations": activations,
    "vanishing": vanishing,
    "softmax": softmax,
    "cross-entropy": cross_entropy,
    "optimizers": optimizers,
}


def main(folder: Path = FOLDER) -> None:
    """Draw all of them into a folder."""
    with mpl.rc_context(STYLE):
        for name, draw in PICTURES.items():
            figure = draw()
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            plt.close(figure)


if __name__ == "__main__":
    mpl.use("svg")
    main()
