"""A stream is sent as it is played, by a clock that is told."""

from __future__ import annotations

import pytest

from services.gateway.radio.pacing import MOST_CAUGHT_UP_S, Pacer

FRAME_S = 1152 / 44_100


def test_frames_are_due_when_those_before_are_over() -> None:
    pacer = Pacer(44_100)
    assert pacer.wait_s(100.0) == 0
    pacer.sent(50)
    assert pacer.wait_s(100.0) == pytest.approx(50 * FRAME_S)
    assert pacer.wait_s(100.5) == pytest.approx(50 * FRAME_S - 0.5)
    pacer.sent(10_000)
    assert pacer.wait_s(100.0) == pytest.approx(10_050 * FRAME_S), "no error adds up"


def test_after_a_short_wait_it_catches_up_and_after_a_long_one_only_some_seconds() -> None:
    pacer = Pacer(44_100)
    assert pacer.wait_s(0.0) == 0
    pacer.sent(10)
    assert pacer.wait_s(2.0) == 0
    pacer.sent(10)
    assert pacer.wait_s(2.0) == 0, "still late"
    late_s = 60.0
    sent = 0
    while pacer.wait_s(late_s) == 0:
        pacer.sent(1)
        sent += 1
    assert sent * FRAME_S == pytest.approx(MOST_CAUGHT_UP_S, abs=2 * FRAME_S)


def test_a_head_start_is_sent_at_once_and_kept() -> None:
    pacer, sent = Pacer(44_100, head_start_s=4.0), 0
    while pacer.wait_s(7.0) == 0:
        pacer.sent(1)
        sent += 1
    assert sent * FRAME_S == pytest.approx(4.0, abs=2 * FRAME_S)
    pacer.sent(382)  # 9.98 s
    assert pacer.wait_s(17.0) == pytest.approx(0.0, abs=2 * FRAME_S)
