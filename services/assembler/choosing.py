"""From what was asked for to an order of a pool's chunks. Knows neither store nor queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assembler.beams import Draws, Strays, search
from services.assembler.energy import Course
from services.assembler.fitting import Fit
from services.assembler.limits import Rules, in_force
from services.assembler.paths import Chunks, Path, Wishes
from services.assembler.reaching import reach
from services.assembler.scoring import Pool, find_start
from services.assembler.sequencing import Sequence as Order
from services.assembler.sequencing import greedy
from services.assembler.traits import Traits
from shared.errors import PoolTooSmall, UnknownStart, WishesContradict
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.parameters import Limits, Sequencing
from shared.wishes import check_counts, check_songs

__all__ = ["Chosen", "choose"]

WIDTH, PAIRWISE_WIDTH = 8, 1
"""Paths that a beam search follows by default: with a network per pair, each costs as much as a mix."""

OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Chosen:
    """Chunks in the order of a mix.

    Attributes:
        order: indices into the pool, int64, shape (length,).
        shown: how well each follows the one before as users see it, float32, shape (length - 1,).
        limits: those in force; None: the method knows none.
        energy_off: how far the energy of chunks is from what was wanted, on average, 0 to 1; None: any was.
    """

    order: Indices
    shown: Floats
    limits: Limits | None
    energy_off: float | None = None


def choose(
    scorer: Scorer,
    pool: Pool,
    songs: Sequence[str],
    durations_s: NDArray[np.float64],
    wish: Sequencing,
    on_step: OnStep,
    *,
    traits: Traits | None = None,
) -> Chosen:
    """Choose chunks by the method that was asked for.

    Args:
        scorer: judges transitions.
        pool: the chunks.
        songs: the song of each of the pool's cuts.
        durations_s: float64, shape (n,): how long each chunk is.
        wish: what is asked for.
        on_step: called with (chunks placed, chunks in the mix); it may raise to stop.
        traits: of the songs, each once, in their order; None: nothing is known of them.

    Raises:
        PoolTooSmall, UnknownStart: the pool does not hold the mix or its start.
        WishesContradict: the wishes, or a wish and a limit, cannot be fulfilled together.
        ModelDiverged: a score is not a number.
    """
    if wish.method == "greedy":
        return _walk(scorer, pool, songs, wish, on_step)
    known = traits or Traits.unknown(len(set(songs)))
    return _within_limits(scorer, pool, songs, durations_s, known, wish, on_step)


def _within_limits(
    scorer: Scorer,
    pool: Pool,
    songs: Sequence[str],
    durations_s: NDArray[np.float64],
    traits: Traits,
    wish: Sequencing,
    on_step: OnStep,
) -> Chosen:
    """Search for the best sequence that keeps to limits and wishes, or draw one."""
    if wish.chunks is not None and wish.repeats_after is None and wish.chunks > len(pool):
        raise PoolTooSmall(wanted=wish.chunks, available=len(pool))
    names = list(dict.fromkeys(songs))
    song_of = np.array([names.index(song) for song in songs], np.int64)[pool.cuts]
    check_songs(wish, names)
    counts = np.bincount(song_of, minlength=len(names))
    lengths_s = np.bincount(song_of, weights=durations_s, minlength=len(names))
    check_counts(wish, names, counts.tolist(), lengths_s.tolist())
    chunks = Chunks(durations_s, song_of, pool.numbers, pool.twins, traits)
    wishes = _wishes(pool, songs, names, chunks, wish)
    limits = in_force(wish.limits, chunks, wishes)
    course = None if wish.energy is None else Course.of(wish.energy, chunks, wishes, pool.loudness_db)
    try:
        return _searched(scorer, pool, Rules(chunks, wishes, limits), wish, course, on_step)
    except WishesContradict:
        if limits.twins_apart is None or len(np.unique(pool.twins)) == len(pool):
            raise
    # Counting does not see that twins are in the way of other rules.
    lax = limits.model_copy(update={"twins_apart": None})
    return _searched(scorer, pool, Rules(chunks, wishes, lax), wish, course, on_step)


def _searched(
    scorer: Scorer, pool: Pool, rules: Rules, wish: Sequencing, course: Course | None, on_step: OnStep
) -> Chosen:
    """Search by rules."""

    def score(reference: int, candidates: Indices, step: int) -> Floats:
        return scorer.scores(pool.prepared, reference, candidates, step)

    found = search(
        score,
        rules,
        stricter=rules.all_along(),
        width=wish.width or (PAIRWISE_WIDTH if scorer.pairwise else WIDTH),
        draws=Draws(wish.temperature, wish.seed) if wish.method == "sample" else None,
        shortlist=scorer.shortlist(pool.prepared),
        strays=_strays(pool, rules.chunks, wish, course),
        total=rules.length,
        on_step=on_step,
    )
    strays = None if course is None else course.mean_stray(found.order)
    return Chosen(found.order, scorer.display(found.scores), rules.limits, strays)


def _strays(pool: Pool, chunks: Chunks, wish: Sequencing, course: Course | None) -> Strays:
    """Return what chunks are held back by.

    They stray from the energy that is wanted, sound unlike what is left, or cannot go on in its time.
    """
    fit, clashes = Fit.of(pool.ends, pool.begins), chunks.traits.clashes

    def strays(path: Path, among: Indices) -> NDArray[np.float64]:
        last = path.order[-1]
        held = wish.smoothness * fit.strays(last, among)
        held += wish.steadiness * clashes[chunks.songs[last], chunks.songs[among]]
        return held if course is None else held + course.strays(path, among)

    return strays


def _walk(scorer: Scorer, pool: Pool, songs: Sequence[str], wish: Sequencing, on_step: OnStep) -> Chosen:
    """Take the study's walk."""
    assert wish.chunks is not None
    shown_while_chosen = wish.accept_above is not None

    def score(reference: int, candidates: Indices, step: int) -> Floats:
        raw = scorer.scores(pool.prepared, reference, candidates, step)
        # `accept_above` is meant on the scale that users see; elsewhere that scale only loses digits.
        return scorer.display(raw) if shown_while_chosen else raw

    found: Order = greedy(
        score,
        chunks=len(pool),
        start=0
        if wish.start is None
        else find_start(pool, songs, song=wish.start.song, chunk=wish.start.chunk),
        length=wish.chunks,
        accept_above=wish.accept_above,
        # The first good candidate in the pool's order is not among the best, so there all are walked.
        shortlist=None if shown_while_chosen else scorer.shortlist(pool.prepared),
        on_step=on_step,
    )
    return Chosen(found.order, found.scores if shown_while_chosen else scorer.display(found.scores), None)


def _wishes(
    pool: Pool, songs: Sequence[str], names: Sequence[str], chunks: Chunks, wish: Sequencing
) -> Wishes:
    """Return the wishes by the indices of the pool."""
    song_of = chunks.songs
    left_out = [place for place, name in enumerate(names) if name in wish.without]
    usable = ~np.isin(song_of, left_out)
    usable &= _within_reach(chunks, usable, names, wish)[song_of]
    end = None if wish.end is None else _end(pool, songs, song_of == names.index(wish.end.song), wish)
    if wish.start is not None:
        start = find_start(pool, songs, song=wish.start.song, chunk=wish.start.chunk)
    else:
        start = _first(usable, end, wish)
    if end is not None and wish.chunks == 1 and not end[start]:
        raise WishesContradict(
            "`start`",
            "`end`",
            found="the mix has 1 chunk, and it begins with another than it is to end with",
            remedy="Ask for more chunks, or for the same one",
        )
    if end is not None and end.sum() == 1 and end[start] and wish.chunks != 1:
        raise WishesContradict(
            "`start`",
            "`end`",
            found="they are the same chunk, and none comes twice",
            remedy="Choose another end",
        )
    return Wishes(
        start=start,
        usable=usable,
        chunks=wish.chunks,
        duration_s=wish.duration_s,
        end=end,
        must=np.array([names.index(song) for song in wish.must], np.int64),
        most_in_a_row=wish.most_in_a_row,
        repeats_after=wish.repeats_after,
    )


def _within_reach(
    chunks: Chunks, usable: NDArray[np.bool_], names: Sequence[str], wish: Sequencing
) -> NDArray[np.bool_]:
    """Return the songs that limits of tempo and key let a mix come to: bool, shape (songs,)."""
    asked = {
        "start": () if wish.start is None else (wish.start.song,),
        "must": wish.must,
        "end": () if wish.end is None else (wish.end.song,),
    }
    own, lengths_s = chunks.songs[usable], chunks.durations_s[usable]
    return reach(
        chunks.traits.neighbours(wish.limits),
        np.bincount(own, minlength=len(names)),
        np.bincount(own, weights=lengths_s, minlength=len(names)).astype(np.float64),
        {wished: [names.index(song) for song in songs] for wished, songs in asked.items()},
        wish,
    )


def _end(pool: Pool, songs: Sequence[str], of_song: NDArray[np.bool_], wish: Sequencing) -> NDArray[np.bool_]:
    """Return the chunks that the mix may end with: bool, shape (n,)."""
    assert wish.end is not None
    if wish.end.chunk is None:
        return of_song
    try:
        place = find_start(pool, songs, song=wish.end.song, chunk=wish.end.chunk)
    except UnknownStart as error:
        raise WishesContradict(
            "`end`",
            "`songs`",
            found=f"song {wish.end.song} has no chunk {wish.end.chunk} that is long enough to be judged",
            remedy="Choose another end",
        ) from error
    return np.arange(len(of_song)) == place


def _first(usable: NDArray[np.bool_], end: NDArray[np.bool_] | None, wish: Sequencing) -> int:
    """Return the first usable chunk; one that is to be the last is kept for the end."""
    free = usable if end is None or end.sum() > 1 or wish.chunks == 1 else usable & ~end
    if end is not None and wish.chunks == 1:
        free = end
    return int((free if free.any() else usable).argmax())
