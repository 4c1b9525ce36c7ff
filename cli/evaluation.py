"""`segue evaluate` and `segue leaderboard`: how well models know which chunk follows which."""

from __future__ import annotations

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
    PageFile,
    PoolDigest,
    ProtocolSeed,
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
    model: JudgedModel,
    songs: JudgedSongs = None,
    cut: CutOfSongs = None,
    chunks_per_song: ChunksPerSong = None,
    seed: ProtocolSeed = 0,
    target: PageFile = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Judge a model, beside the baselines, on songs that it has not learned from.

    Without --songs: on those that its fit held out. Uses the Segue that runs; where none does, it is started
    for the length of the job.
    """
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
