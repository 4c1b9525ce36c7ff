from __future__ import annotations

import numpy as np
import pytest

from services.chunker.gaps import gapped_edges, openings
from shared.sound.features import edges_of
from shared.sound.openings import OPENING_RATE_HZ, OPENING_SAMPLES
from tests.support.signals import int16, noise, silence, sine

RATE_HZ = 44_100
GAP_S = 0.1
GAP = 4_410


def chunks_of(song, *boundaries):
    return np.split(song, boundaries)


def same(one, other):
    return all(np.array_equal(one.to_arrays()[name], other.to_arrays()[name]) for name in one.to_arrays())


@pytest.fixture(scope="module")
def song():
    return int16(noise(6.0, RATE_HZ, channels=2))


def test_the_edges_are_those_of_the_trimmed_sound(song):
    chunks = chunks_of(song, 2 * RATE_HZ, 4 * RATE_HZ)
    edges, long_enough = gapped_edges(chunks, RATE_HZ, gap_s=GAP_S)
    assert long_enough.all()
    assert same(edges, edges_of([chunk[GAP:-GAP] for chunk in chunks], RATE_HZ))


def test_nothing_outside_a_chunk_and_nothing_inside_its_gaps_moves_its_edges(song):
    start, stop = 2 * RATE_HZ, 4 * RATE_HZ
    changed = int16(noise(6.0, RATE_HZ, channels=2, amplitude=0.3, seed=1))
    changed[start + GAP : stop - GAP] = song[start + GAP : stop - GAP]
    before = gapped_edges(chunks_of(song, start, stop), RATE_HZ, gap_s=GAP_S)[0]
    after = gapped_edges(chunks_of(changed, start, stop), RATE_HZ, gap_s=GAP_S)[0]
    middle = np.array([1])
    assert same(before.select(middle), after.select(middle))
    assert not same(before, after)


def test_a_sample_just_behind_the_gap_counts(song):
    chunk = song[: 2 * RATE_HZ]
    changed = chunk.copy()
    changed[GAP : GAP + 64] = 32_000
    before, after = (gapped_edges([one], RATE_HZ, gap_s=GAP_S)[0] for one in (chunk, changed))
    assert not np.array_equal(before.heads, after.heads)


@pytest.mark.parametrize("left_samples", [1 - 2 * GAP, -GAP - 5, -1, 0, 1, 2047])
def test_a_chunk_too_short_for_the_gap_is_masked_and_tells_nothing(left_samples):
    loud, quiet = (
        int16(sine(440, 1.0, RATE_HZ, amplitude=level))[: 2 * GAP + left_samples] for level in (0.9, 0.1)
    )
    found = [gapped_edges([chunk], RATE_HZ, gap_s=GAP_S) for chunk in (loud, quiet)]
    assert [long_enough.tolist() for _, long_enough in found] == [[False], [False]]
    assert same(found[0][0], found[1][0])


def test_a_chunk_with_a_window_left_is_judged():
    chunk = int16(sine(440, 1.0, RATE_HZ))[: 2 * GAP + 2048]
    assert gapped_edges([chunk], RATE_HZ, gap_s=GAP_S)[1].tolist() == [True]


def test_openings_are_the_first_second_and_a_half_at_eight_kilohertz():
    tone = int16(sine(440, 3.0, RATE_HZ, channels=2))
    (opening,) = openings([tone], RATE_HZ)
    truth = int16(sine(440, 1.5, OPENING_RATE_HZ))[:, 0].astype(np.float64)
    inner = slice(200, -200)
    assert np.abs(opening[inner] - truth[inner]).max() < 0.01 * 32768


def test_a_short_opening_is_filled_up_with_silence_and_channels_are_mixed():
    one_sided = np.concatenate([sine(440, 0.5, RATE_HZ), silence(0.5, RATE_HZ)], axis=1)
    (opening,) = openings([int16(one_sided)], RATE_HZ)
    assert opening.shape == (OPENING_SAMPLES,)
    assert opening.dtype == np.int16
    assert not opening[OPENING_RATE_HZ // 2 + 1 :].any()
    assert np.abs(opening).max() == pytest.approx(0.25 * 32768, rel=0.05)


def test_of_no_chunk_there_is_no_opening():
    assert openings([], RATE_HZ).shape == (0, OPENING_SAMPLES)
