from __future__ import annotations

import time
from types import SimpleNamespace

from shared.consuming import ANSWER_S, Ear, hears

BRPOP_S = 1


def channel(asked_ago_s: float | None, *, has_credit: bool = True, waits: bool = True) -> SimpleNamespace:
    return SimpleNamespace(
        qos=SimpleNamespace(can_consume=lambda: has_credit),
        brpop_timeout=BRPOP_S,
        _in_poll=object() if waits else None,
        _brpop_sent_at=None if asked_ago_s is None else time.monotonic() - asked_ago_s,
    )


def test_a_consumer_hears_unless_its_question_stays_unanswered() -> None:
    late_s = BRPOP_S + ANSWER_S + 0.1
    assert not hears(channel(late_s))
    assert hears(channel(0.0))
    assert hears(channel(late_s, waits=False)), "answered"
    assert hears(channel(late_s, has_credit=False)), "busy"
    assert hears(channel(None)), "nothing asked yet"


def test_an_event_loop_that_stands_still_is_silent() -> None:
    ear = Ear()
    time.sleep(0.05)
    assert ear.silent_for_s() >= 0.05
    ear.hear()
    assert ear.silent_for_s() < 0.05
