"""All experiments by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cli.experiments import cuts, likeness, metadata, stream, study, training
from cli.experiments.findings import Findings
from cli.experiments.laboratory import Laboratory

EXPERIMENTS: Mapping[str, Callable[[Laboratory], Findings]] = {
    "stream": stream.run,
    "cuts": cuts.run,
    "likeness": likeness.run,
    "metadata": metadata.run,
    "training": training.run,
    "study": study.run,
}
