"""How many artifacts of each kind a goal takes, said before any is made: what progress is counted against."""

from __future__ import annotations

from collections.abc import Collection

from shared.jobs.recipes import (
    AnalyseSongs,
    BuildPool,
    DecodeSong,
    EvaluateModel,
    FitModel,
    MakeMix,
    Part,
    PreviewSeam,
    Recipe,
    ReviseMix,
    ViewPool,
)
from shared.parameters import Training
from shared.store.keys import Kind

__all__ = ["expected"]


def expected(recipe: Recipe, parts: Collection[Part]) -> dict[Kind, int]:
    """Return how many artifacts of each kind a recipe takes, in the order of their stages.

    Args:
        recipe: the goal.
        parts: of songs that it works on, those that a model held out included.
    """
    match recipe:
        case DecodeSong():
            return {Kind.SONG: 1}
        case AnalyseSongs():
            songs = len(set(recipe.songs))
            return {Kind.SONG: songs, Kind.ANALYSIS: songs}
        case ReviseMix():
            return {Kind.SEQUENCE: 1, Kind.MIX: 1}
        case PreviewSeam():
            return {Kind.PREVIEW: 1}
        case ViewPool():
            return {Kind.VIEW: 1}
    songs, cuts = len({part.song for part in parts}), len(set(parts))
    chosen_by = isinstance(recipe, MakeMix) and recipe.sequencing.needs_analyses
    on_beats = len({part.song for part in parts if part.needs_analysis})
    found = {Kind.SONG: songs} | ({Kind.ANALYSIS: on_beats} if on_beats else {}) | {Kind.CUT: cuts}
    if chosen_by:
        found |= {Kind.ANALYSIS: songs}
    if _fits(recipe):
        found |= {Kind.SPECTRA: songs, Kind.DATASET: 1, Kind.MODEL: 1}
    if isinstance(recipe, BuildPool | MakeMix):
        found |= {Kind.POOL: 1}
    if isinstance(recipe, MakeMix):
        # Where they are not chosen by that, only songs that are heard are analysed, and which, is known then.
        most = songs if chosen_by or recipe.output.seams != "plain" else on_beats
        found |= {Kind.SEQUENCE: 1, Kind.ANALYSIS: most, Kind.MIX: 1}
    if isinstance(recipe, EvaluateModel):
        found |= {Kind.GAPPED: cuts, Kind.SPECTRA: songs, Kind.REPORT: 1}
    return found


def _fits(recipe: Recipe) -> bool:
    """Tell whether a model is fitted on the way."""
    if isinstance(recipe, BuildPool | MakeMix | EvaluateModel):
        return isinstance(recipe.model, Training)
    return isinstance(recipe, FitModel)
