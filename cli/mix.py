"""`segue mix`: from songs to a mix in one command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from cli import mixing
from cli.choices import parse_cut, parse_output
from cli.evaluating import resolve_model
from cli.options import (
    CHUNKS,
    Approach,
    Bitrate,
    CutMethod,
    Data,
    Json,
    JudgedModel,
    MixChunks,
    MixFile,
    Preset,
    Seams,
    Seed,
    Sources,
    Start,
    Stretch,
    Train,
    Url,
)
from cli.output import console, print_json, say
from cli.progress import Bars
from cli.reaching import reach_or_start
from cli.sources import find_sources, tell_skipped
from cli.stack.signals import ended_like_ctrl_c
from cli.telling import as_document, describe, strip_of
from cli.wish_options import (
    Closing,
    Duration,
    End,
    EnergyCurve,
    KeyWithin,
    LeastBetween,
    LeastSongs,
    LongestRun,
    Method,
    MostInARow,
    MostReplay,
    Must,
    Opening,
    RepeatsAfter,
    RunsBars,
    Sections,
    Smoothness,
    Steadiness,
    Temperature,
    TempoWithin,
    TwinsApart,
    Width,
    Without,
)
from cli.wishes import parse_wishes
from shared.errors import BadSetting

__all__ = ["mix"]


def mix(
    context: typer.Context,
    sources: Sources,
    target: MixFile = Path("mix.mp3"),
    chunks: MixChunks = None,
    duration: Duration = None,
    cut: CutMethod = "silence",
    start: Start = None,
    end: End = None,
    must: Must = None,
    without: Without = None,
    most_in_a_row: MostInARow = None,
    energy: EnergyCurve = None,
    smoothness: Smoothness = None,
    steadiness: Steadiness = None,
    sections: Sections = None,
    runs: RunsBars = None,
    opening: Opening = None,
    closing: Closing = None,
    repeats_after: RepeatsAfter = None,
    method: Method = "beam",
    width: Width = None,
    temperature: Temperature = 1.0,
    most_replay: MostReplay = None,
    longest_run: LongestRun = None,
    least_between_songs: LeastBetween = None,
    least_songs: LeastSongs = None,
    twins_apart: TwinsApart = None,
    tempo_within: TempoWithin = None,
    key_within: KeyWithin = None,
    model: JudgedModel = None,
    approach: Approach = None,
    train: Train = False,
    preset: Preset = None,
    seed: Seed = 0,
    bitrate: Bitrate = None,
    seams: Seams = "blend",
    stretch: Stretch = True,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a mix of songs.

    Uses the Segue that runs; where none does, it is started for the length of the job.
    """
    found = find_sources(sources)
    wishes = parse_wishes(
        found.files,
        start=start,
        end=end,
        must=must,
        without=without,
        plain={
            "chunks": CHUNKS if chunks is None and duration is None else chunks,
            "duration_s": duration,
            "most_in_a_row": most_in_a_row,
            "energy": energy,
            "smoothness": smoothness,
            "steadiness": steadiness,
            "sections": sections,
            "runs_bars": runs,
            "opening": opening,
            "closing": closing,
            "repeats_after": repeats_after,
            "method": method,
            "width": width,
            # Elsewhere they change nothing but the mix's id.
            "temperature": temperature if method == "sample" else None,
            "seed": seed if method == "sample" else None,
        },
        limits={
            "most_replay": most_replay,
            "longest_run_s": longest_run,
            "least_between_songs": least_between_songs,
            "least_songs": least_songs,
            "twins_apart": twins_apart,
            "tempo_within_percent": tempo_within,
            "key_within": key_within,
        },
    )
    if model is not None and (approach is not None or train or preset is not None):
        raise BadSetting("--model names who judges. Leave --approach, --train and --preset out.")
    order = mixing.Order(
        judge=mixing.judged_by(approach, train=train, preset=preset, seed=seed),
        cut=parse_cut(cut),
        wishes=wishes,
        output=parse_output(target, bitrate, seams, stretch=stretch),
    )
    tell_skipped(found.skipped)
    bars = Bars()
    with ended_like_ctrl_c(), reach_or_start(url, data, transport=context.obj) as gateway, bars.shown():
        if model is not None:
            order = replace(order, judge=mixing.Judge(model=resolve_model(gateway, model)))
        library = mixing.gather_songs(gateway, found.files, bars)
        made = mixing.make_mix(gateway, library, order, target, bars)
    if as_json:
        print_json(as_document(made, library, found.skipped))
    else:
        if console.is_terminal:
            console.print(strip_of(made.report))
        say(describe(made))
