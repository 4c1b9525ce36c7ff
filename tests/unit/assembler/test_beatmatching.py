from __future__ import annotations

import numpy as np
import pytest

from services.assembler.beatmatching import FEWEST_BEATS, Match, Pulse, pulse_after, pulse_before
from shared.sound.rhythm import Rhythm


def rhythm(
    period_s: float = 0.5, first_s: float = 0.1, beats: int = 100, *, sure: float = 1.0, bar_sure: float = 1.0
) -> Rhythm:
    beats_s = first_s + period_s * np.arange(beats)
    return Rhythm(beats_s, np.arange(beats) % 4 == 0, sure, bar_sure)


def at(value: float) -> np.ndarray:
    return np.array(value)


def test_lines_go_through_the_beats_on_their_own_side_of_a_cut() -> None:
    beats_s = np.concatenate([0.5 * np.arange(40), 20 + 0.4 * np.arange(40)])
    turning = Rhythm(beats_s, np.arange(80) % 4 == 0, 1.0, 1.0)
    before, after = pulse_before(turning, 19.9), pulse_after(turning, 19.9)
    assert before is not None
    assert after is not None
    assert before.period_s == pytest.approx(0.5, abs=0.01)
    assert after.period_s == pytest.approx(0.4, abs=0.02)


def test_a_line_tells_the_beats_and_bars_near_the_cut() -> None:
    found = pulse_before(rhythm(), 20.0)
    assert found is not None
    assert found.next_s(at(0.0)) == pytest.approx(0.1)
    assert found.bar_beats == 4
    # Bars begin at 0.1 s and every 2 s.
    assert found.next_bar_s(at(0.0)) == pytest.approx(0.1)
    assert found.next_bar_s(at(0.2)) == pytest.approx(1.9)


def test_a_jittered_beat_is_told_better_than_it_is_tracked() -> None:
    jitter = np.random.default_rng(0).normal(0, 0.01, 100)
    beats = Rhythm(0.5 * np.arange(100) + jitter, np.zeros(100, np.bool_), 1.0, 0.0)
    off_s = [pulse_before(beats, cut_s).next_s(at(0.0)) for cut_s in np.arange(10.25, 40, 0.5)]  # type: ignore[union-attr]
    assert np.sqrt(np.mean((np.array(off_s) - 0.25) ** 2)) < 0.009


@pytest.mark.parametrize(
    "unsure",
    [
        rhythm(sure=0.4),
        rhythm(beats=FEWEST_BEATS - 1, first_s=19.0),
        rhythm(beats=20),  # The beat ends long before the cut.
        Rhythm(np.sort(np.random.default_rng(1).uniform(0, 50, 100)), np.zeros(100, np.bool_), 1.0, 0.0),
    ],
)
def test_without_a_sure_beat_there_is_no_line(unsure: Rhythm) -> None:
    assert pulse_before(unsure, 20.0) is None


def test_nothing_is_known_of_a_song_without_rhythm() -> None:
    assert pulse_before(None, 20.0) is None
    assert pulse_after(None, 20.0) is None


def test_bars_are_only_told_where_they_are_sure() -> None:
    found = pulse_before(rhythm(bar_sure=0.1), 20.0)
    assert found is not None
    assert found.bar_beats == 0


def test_a_beat_is_kept_where_the_next_one_comes_in_time() -> None:
    pair = Match(Pulse(0.1, 0.5), Pulse(0.3, 0.5))
    # 0.1 s to the next beat of the one, 0.3 s to that of the other.
    assert pair.off_s(at(0.0), at(0.0)) == pytest.approx(0.2)
    assert pair.off_s(at(0.0), at(0.2)) == pytest.approx(0.0)
    assert pair.off_s(at(0.0), at(-0.3)) == pytest.approx(0.0)
    assert pair.off_s(at(0.0), at(0.24)) == pytest.approx(-0.04)


def test_another_tempo_comes_in_with_its_first_beat() -> None:
    pair = Match(Pulse(0.1, 0.5), Pulse(0.0, 0.43))
    # Entered 0.1 s before its third beat, where the one has 0.1 s to its next.
    assert pair.off_s(at(0.0), at(2 * 0.43 - 0.1)) == pytest.approx(0.0)
    assert pair.tempo_step == pytest.approx(0.5 / 0.43 - 1)


def test_twice_as_fast_beats_may_fall_between() -> None:
    pair = Match(Pulse(0.0, 0.6), Pulse(0.0, 0.303))
    assert pair.off_s(at(0.0), at(0.0)) == pytest.approx(0.0)
    assert pair.off_s(at(-0.3), at(0.0)) == pytest.approx(0.003)
    assert pair.tempo_step == pytest.approx(0.6 / 0.303 / 2 - 1)


def test_a_bar_goes_on_where_its_beats_are_counted_on() -> None:
    pair = Match(Pulse(0.0, 0.5, 4, 0.0), Pulse(0.0, 0.5, 4, 0.0))
    assert pair.in_bar(at(0.0), at(0.0))
    assert pair.in_bar(at(-0.5), at(1.5))
    assert not pair.in_bar(at(0.0), at(0.5))
    assert not pair.in_bar(at(0.0), at(1.0))


@pytest.mark.parametrize("other", [Pulse(0.0, 0.5), Pulse(0.0, 0.5, 3, 0.0), Pulse(0.0, 0.6, 4, 0.0)])
def test_bars_that_cannot_go_on_forbid_nothing(other: Pulse) -> None:
    assert Match(Pulse(0.0, 0.5, 4, 0.0), other).in_bar(np.zeros((3, 1)), np.zeros((1, 5))).all()
