"""From what was asked for to an order of a pool's chunks. Knows neither store nor queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assembler.beams import Draws, Strays, search
from services.assembler.energy import Course
from services.assembler.fitting import Fit
from services.assembler.form import Form
from services.assembler.limits import Rules
from services.assembler.paths import Chunks, Path
from services.assembler.relaxing import in_force
from services.assembler.runs import Runs
from services.assembler.scoring import Pool, find_start
from services.assembler.sequencing import OnStep, greedy
from services.assembler.sequencing import Sequence as Order
from services.assembler.traits import Traits
from services.assembler.wishing import Framing, wishes_of
from shared.errors import PoolTooSmall, WishesContradict
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.parameters import Limits, Sequencing
from shared.passages import Extents
from shared.store.manifests import FormFacts
from shared.wishes import check_counts, check_songs

__all__ = ["Chosen", "choose"]

WIDTH, PAIRWISE_WIDTH = 8, 1
"""Paths that a beam search follows by default: with a network per pair, each costs as much as a mix."""


@dataclass(frozen=True)
class Chosen:
    """Chunks in the order of a mix.

    Attributes:
        order: indices into the pool, int64, shape (length,).
        shown: how well each follows the one before as users see it, float32, shape (length - 1,).
        limits: those in force; None: the method knows none.
        energy_off: how far the energy of chunks is from what was wanted, on average, 0 to 1; None: any was.
        form: what the mix is as a form; None: the method does not ask.
    """

    order: Indices
    shown: Floats
    limits: Limits | None
    energy_off: float | None = None
    form: FormFacts | None = None


def choose(
    scorer: Scorer,
    pool: Pool,
    songs: Sequence[str],
    durations_s: NDArray[np.float64],
    wish: Sequencing,
    on_step: OnStep,
    *,
    starts_s: NDArray[np.float64] | None = None,
    traits: Traits | None = None,
    form: Form | None = None,
) -> Chosen:
    """Choose chunks by the method that was asked for.

    Args:
        scorer: judges transitions.
        pool: the chunks.
        songs: the song of each of the pool's cuts.
        durations_s: float64, shape (n,): how long each chunk is.
        wish: what is asked for, its sections as spans of time.
        on_step: told of each step; see `sequencing.OnStep`.
        starts_s: float64, shape (n,): where each begins in its song; None: where the one before ends.
        traits: of the songs, each once, in their order; None: nothing is known of them.
        form: what the chunks are in their songs; None: nothing is known of that.

    Raises:
        PoolTooSmall, UnknownStart: the pool does not hold the mix or its start.
        WishesContradict: the wishes, or a wish and a limit, cannot be fulfilled together.
        ModelDiverged: a score is not a number.
    """
    if wish.method == "greedy":
        return _walk(scorer, pool, songs, wish, on_step)
    known = traits or Traits.unknown(len(set(songs))), form or Form.unknown(len(pool))
    if starts_s is None:
        starts_s = np.cumsum(durations_s) - durations_s
        starts_s -= starts_s[np.searchsorted(pool.cuts, pool.cuts)]
    extents = Extents(songs, pool.cuts, pool.numbers, starts_s, starts_s + durations_s)
    return _within_limits(scorer, pool, extents, *known, wish, on_step)


def _within_limits(
    scorer: Scorer,
    pool: Pool,
    extents: Extents,
    traits: Traits,
    form: Form,
    wish: Sequencing,
    on_step: OnStep,
) -> Chosen:
    """Search for the best sequence that keeps to limits and wishes, or draw one."""
    if wish.chunks is not None and wish.repeats_after is None and wish.chunks > len(pool):
        raise PoolTooSmall(wanted=wish.chunks, available=len(pool))
    songs = list(dict.fromkeys(extents.songs))
    check_songs(wish, songs)
    check_counts(wish, extents)
    song_of = np.array([songs.index(song) for song in extents.songs], np.int64)[pool.cuts]
    chunks = Chunks(extents.durations_s, song_of, pool.numbers, pool.twins, traits, form)
    framed = Framing.asked(wish)
    try:
        return _framed(scorer, pool, extents, chunks, wish, framed, on_step)
    except WishesContradict:
        if framed == (lax := Framing.demanded(wish)):
            raise
    # Where the mix cannot begin and end as it does unless told otherwise, it is made all the same.
    return _framed(scorer, pool, extents, chunks, wish, lax, on_step)


def _framed(
    scorer: Scorer,
    pool: Pool,
    extents: Extents,
    chunks: Chunks,
    wish: Sequencing,
    framing: Framing,
    on_step: OnStep,
) -> Chosen:
    """Search for a sequence that begins and ends in some way."""
    wishes = wishes_of(pool, extents, chunks, wish, framing)
    if wishes.runs is not None:
        wishes.runs.check(wish, chunks.songs, wishes.appearing)
    limits = in_force(wish.limits, chunks, wishes)
    course = None if wish.energy is None else Course.of(wish.energy, chunks, wishes, pool.loudness_db)
    try:
        return _searched(scorer, pool, Rules(chunks, wishes, limits), wish, course, on_step)
    except WishesContradict:
        if limits.twins_apart is None or len(np.unique(pool.twins)) == len(pool):
            raise
    # Counting does not see that twins are in the way of other rules.
    without = limits.model_copy(update={"twins_apart": None})
    return _searched(scorer, pool, Rules(chunks, wishes, without), wish, course, on_step)


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
        strays=_strays(pool, rules.chunks, wish, course, rules.runs),
        total=rules.length,
        on_step=on_step,
    )
    strays = None if course is None else course.mean_stray(found.order)
    told = rules.chunks.told(found.order)
    return Chosen(found.order, scorer.display(found.scores), rules.limits, strays, told)


def _strays(pool: Pool, chunks: Chunks, wish: Sequencing, course: Course | None, runs: Runs | None) -> Strays:
    """Return what chunks are held back by.

    They stray from the energy that is wanted, sound unlike what is left, cannot go on in its time, or break
    into a section.
    """
    fit, clashes, form = Fit.of(pool.ends, pool.begins), chunks.traits.clashes, chunks.form
    runs = Runs.of_two(len(chunks)) if runs is None else runs
    leaves_well = runs.leaves_well(form.ends, chunks.following)

    def strays(path: Path, among: Indices) -> NDArray[np.float64]:
        last = path.order[-1]
        held = wish.smoothness * fit.strays(last, among)
        held += wish.steadiness * clashes[chunks.songs[last], chunks.songs[among]]
        goes_on = chunks.goes_on(last, among)
        held += wish.sections * form.strays(last, among, goes_on, leaves_well)
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
