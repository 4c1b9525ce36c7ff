"""`segue evaluate` and `segue leaderboard`: how well models know which chunk follows which."""

from __future__ import annotations

from pathlib import Path

import typer

from cli import evaluating
from cli.choices import check_writable, parse_chunks_per_song, parse_cut
from cli.mixing import gather_songs
from cli.options import (
    ChunksPerSong,
    CutOfSongs,
    Data,
    Json,
    JudgedModel,
    JudgedSongs,
    MixesOfCut,
    PageFile,
    PoolDigest,
    ProtocolSeed,
    SeamCuts,
    SeamsJudged,
    Url,
)
from cli.output import print_json, say
from cli.progress import Bars
from cli.reaching import reach, reach_or_start
from cli.scores import show_leaderboard, show_report
from cli.sources import Sources, find_sources, tell_skipped
from cli.stack.signals import ended_like_ctrl_c
from shared.errors import BadSetting

NO_SOURCES = Sources((), ())


def evaluate(
    context: typer.Context,
    model: JudgedModel = None,
    songs: JudgedSongs = None,
    cut: CutOfSongs = None,
    chunks_per_song: ChunksPerSong = None,
    seed: ProtocolSeed = 0,
    target: PageFile = None,
    seams: SeamsJudged = False,
    mixes: MixesOfCut = 15,
    cuts: SeamCuts = "silence,equal:4,equal:8",
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Judge a model, beside the baselines, on songs that it has not learned from; or the seams of mixes.

    Without --songs: on those that its fit held out. With --seams: make mixes of --songs as they are made by
    default, measure where chunks meet, and let detectors try to find it. Uses the Segue that runs; where none
    does, it is started for the length of the job.
    """
    if seams:
        _evaluate_seams(context, model, songs, (mixes, cuts, seed), target, url, data, as_json=as_json)
        return
    if model is None:
        raise BadSetting("No model is named. Give --model an id, or pretrained; or judge --seams.")
    if cut is not None and not songs:
        raise BadSetting(f"--cut {cut} is for --songs; held-out songs are cut already. Leave it out.")
    chosen = {} if chunks_per_song is None else {"chunks_per_song": parse_chunks_per_song(chunks_per_song)}
    question = evaluating.Question({**chosen, "seed": seed}, None if cut is None else parse_cut(cut))
    if target is not None:
        check_writable(target)
    found = find_sources(songs) if songs else NO_SOURCES
    tell_skipped(found.skipped)
    bars = Bars()
    with ended_like_ctrl_c(), reach_or_start(url, data, transport=context.obj) as gateway, bars.shown():
        model_id = evaluating.resolve_model(gateway, model)
        library = gather_songs(gateway, found.files, bars) if songs else None
        judged = evaluating.judge(gateway, model_id, question, library, bars)
        if target is not None:
            evaluating.fetch_page(gateway, judged.id, target)
    if as_json:
        print_json(judged.report)
        return
    show_report(judged.report, judged.id)
    if target is not None:
        say(f"The page is {target}.")


def _evaluate_seams(
    context: typer.Context,
    model: str | None,
    songs: list[Path] | None,
    wish: tuple[int, str, int],
    target: Path | None,
    url: str | None,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    if not songs or model is not None:
        raise BadSetting("--seams is judged on --songs, by the model that comes with Segue: name no --model.")
    # With them comes scikit-learn, a second of imports.
    from cli.experiments.writing import finite
    from cli.seams.evaluating import evaluate_seams, show_findings
    from cli.seams.gathering import Wanted
    from cli.seams.page import page_of

    mixes, cuts, seed = wish
    wanted = Wanted(mixes, tuple(cuts.split(",")), seed=seed)
    for cut in wanted.cuts:
        parse_cut(cut)
    if target is not None:
        check_writable(target)
    bars = Bars()
    with ended_like_ctrl_c(), reach_or_start(url, data, transport=context.obj) as gateway, bars.shown():
        findings = evaluate_seams(gateway, songs, wanted, bars)
    if target is not None:
        target.write_text(page_of(findings), encoding="utf-8")
    if as_json:
        print_json(finite({"findings": findings.sentences, **findings.data}))
        return
    show_findings(findings)
    if target is not None:
        say(f"The page is {target}.")


def leaderboard(
    context: typer.Context,
    pool: PoolDigest = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Rank all models that were judged by the same questions, by the headline."""
    with reach(url, data, transport=context.obj) as gateway:
        board = gateway.leaderboard(pool)
    if as_json:
        print_json(board)
    else:
        show_leaderboard(board)
