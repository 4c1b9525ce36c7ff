"""What a mix was chosen from, as changes of it need it: the pool with its names, rules and rhythms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.assembler.form import Form, Spans, sections_of
from services.assembler.naming import Names
from services.assembler.paths import Chunks, Wishes
from services.assembler.refilling import Keeping
from services.assembler.runs import Runs
from services.assembler.scoring import Pool
from services.assembler.seam_wishes import Neighbour
from services.assembler.sequencing import all_scores
from services.assembler.traits import Traits
from services.assembler.wishing import Framing, groups_of
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.parameters import Sequencing
from shared.passages import Extents, in_seconds
from shared.revisions import Ban
from shared.sound.rhythm import Rhythm
from shared.store.manifests import AnalysisFacts, PoolFacts, Step

__all__ = ["Stock"]


@dataclass(frozen=True)
class Stock:
    """What a mix was chosen from.

    Attributes:
        scorer: judges transitions.
        pool: the chunks.
        facts: the pool's cuts and songs.
        spans: where the chunks lie in their songs.
        titles: by song.
        rhythms: by song, as far as they are known.
        analyses: of the songs, by song, as far as the mix was chosen by them.
    """

    scorer: Scorer
    pool: Pool
    facts: PoolFacts
    spans: Spans
    titles: Mapping[str, str]
    rhythms: Mapping[str, Rhythm]
    analyses: Mapping[str, AnalysisFacts] = field(default_factory=dict)

    @cached_property
    def names(self) -> Names:
        """The chunks by name."""
        return Names(self.pool, self.facts.songs, self.titles)

    @cached_property
    def chunks(self) -> Chunks:
        """The pool as rules see it."""
        names, pool = self.names, self.pool
        traits = Traits.of(names.songs, self.analyses)
        form = Form.of(self.spans, names.song_of, names.songs, self.analyses)
        return Chunks(self.durations_s, names.song_of, pool.numbers, pool.twins, traits, form)

    @cached_property
    def extents(self) -> Extents:
        """Where the chunks lie, by the names of their songs."""
        pool, spans = self.pool, self.spans
        return Extents(self.facts.songs, pool.cuts, pool.numbers, spans.starts_s, spans.stops_s)

    @property
    def durations_s(self) -> NDArray[np.float64]:
        """How long each chunk is: float64, shape (n,)."""
        return self.spans.durations_s

    def index(self, step: Step) -> int:
        """Return the place in the pool of a chunk of a mix that was chosen from it."""
        chunk = self.pool.find(self.facts.cuts.index(step.cut), step.chunk)
        assert chunk is not None  # A sequence has nothing but chunks of its pool.
        return chunk

    def score(self, reference: int, candidates: Indices, step: int) -> Floats:
        """Judge candidates; see `sequencing.Score`."""
        return self.scorer.scores(self.pool.prepared, reference, candidates, step)

    def shown(self, before: int, chunk: int, step: int) -> float:
        """Return how well a chunk follows another, as users see it.

        Raises:
            ModelDiverged: the score is not a number.
        """
        scores = all_scores(self.score, before, np.array([chunk]), step)
        return float(self.scorer.display(scores)[0])

    def allowed(self, banned: Sequence[Ban]) -> NDArray[np.bool_]:
        """Return the chunks that are not banned: bool, shape (n,)."""
        allowed = np.ones(len(self.pool), np.bool_)
        for ban in banned:
            allowed[self.names.indices(ban.song, ban.chunk)] = False
        return allowed

    def keeping(self, wish: Sequencing, banned: Sequence[Ban]) -> Keeping:
        """Return what was asked of a mix, by the indices of the pool, without what is banned since."""
        wish = in_seconds(wish, sections_of(self.analyses))
        usable = self.allowed(banned) & ~self.extents.of_any(wish.without)
        form, framing = self.chunks.form, Framing.asked(wish)
        first, last = usable & form.first, usable & form.last
        end = last if framing.ending else np.zeros(len(self.pool), np.bool_)
        if wish.end is not None:
            named = np.zeros(len(self.pool), np.bool_)
            named[self.names.indices(wish.end.song, wish.end.chunk)] = True
            end = usable & (named & end if wish.closing == "ending" else named)
        must = groups_of(self.extents, usable, wish)
        usable &= ~(form.apart & ((form.first & framing.intro) | (form.last & framing.apart)))
        wishes = Wishes(
            start=0,  # Each order has a start of its own.
            usable=usable,
            end=end if end.any() else None,
            must=must,
            most_in_a_row=wish.most_in_a_row,
            repeats_after=wish.repeats_after,
            runs=None if wish.runs_bars is None else Runs.of(wish.runs_bars, form, self.chunks.durations_s),
        )
        limits = None if wish.method == "greedy" else wish.limits
        return Keeping(self.chunks, wishes, limits, first, last)

    def neighbour(self, chunk: int) -> Neighbour:
        """Return a chunk as one side of a seam."""
        rhythm = self.rhythms.get(self.names.of(chunk).song)
        return Neighbour(self.names.called(chunk), float(self.durations_s[chunk]), rhythm)

    def plays_on(self, before: int, after: int) -> bool:
        """Tell whether a chunk follows another in its song."""
        pool = self.pool
        return bool(pool.cuts[before] == pool.cuts[after] and pool.numbers[before] + 1 == pool.numbers[after])
