"""What was asked of passages holds for what becomes of a mix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from services.assembler.revising import revise
from services.assembler.stock import Stock
from shared.parameters import NO_LIMITS, Passage, Sequencing
from shared.revisions import Ban, Lengthen, Swap
from shared.store.manifests import SequenceFacts
from tests.support.library import analysis_facts
from tests.unit.assembler.revisable import CHUNKS, A, B, C, Matrix, order_of, sequence_of, stock_of

ORDER = [0, 13, 26, 39, 2, 15, 28, 41]


def leaning_to(*chunks: int) -> Stock:
    """Return a stock whose scores are high for some chunks; its songs have a section every 16 s."""
    scorer = Matrix()
    scorer.matrix[:, list(chunks)] += 50
    facts = analysis_facts().model_copy(update={"sections_s": [0.0, 16.0, 32.0]})
    analyses = {song: facts.model_copy(update={"song": song}) for song in (A, B, C)}
    return replace(stock_of(scorer), analyses=analyses)


def revised(stock: Stock, edit: Any, **asked: Any) -> SequenceFacts:
    wish = Sequencing(chunks=8, limits=NO_LIMITS, opening="any", closing="any", **asked)
    return revise(stock, sequence_of(ORDER), wish, [edit], blended=True)


def test_what_is_left_out_comes_by_no_edit() -> None:
    stock = leaning_to(CHUNKS + 4, CHUNKS + 9)
    swap = Swap(edit="swap", position=3)
    assert order_of(revised(stock, swap))[3] in (CHUNKS + 4, CHUNKS + 9)
    without = (Passage(song=B, section=1), Passage(song=B, from_s=34, to_s=38.5))
    assert order_of(revised(stock, swap, without=without))[3] not in (CHUNKS + 4, CHUNKS + 9)
    longer = order_of(revised(stock, Lengthen(edit="lengthen", chunks=20), without=without))
    assert not {CHUNKS + number for number in (4, 5, 6, 7, 9)} & set(longer)
    assert len(longer) == 20


def test_the_only_chunk_of_a_passage_that_has_to_appear_is_swapped_for_another_of_it() -> None:
    # The best by far is none of the passage.
    stock = leaning_to(CHUNKS + 9)
    must = (Passage(song=C, section=0),)  # Of which 26, at position 2, is the only one.
    found = order_of(revised(stock, Swap(edit="swap", position=2), must=must))
    assert found[2] in (2 * CHUNKS, 2 * CHUNKS + 1, 2 * CHUNKS + 3)
    assert order_of(revised(stock, Swap(edit="swap", position=2)))[2] == CHUNKS + 9


def test_a_mix_that_lacks_a_passage_is_lengthened_all_the_same_and_one_that_has_it_keeps_it() -> None:
    stock, longer = leaning_to(), Lengthen(edit="lengthen", chunks=12)
    for section in (1, 0):
        found = order_of(revised(stock, longer, must=(Passage(song=C, section=section),)))
        assert len(found) == 12
        assert found[:8] == ORDER


def test_what_was_banned_since_has_not_to_appear() -> None:
    stock = leaning_to()
    found = order_of(revised(stock, Ban(edit="ban", song=C), must=(Passage(song=C, to_s=12),)))
    assert not np.isin(found, np.arange(2 * CHUNKS, 3 * CHUNKS)).any()
