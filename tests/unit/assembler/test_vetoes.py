from __future__ import annotations

import pytest

from services.assembler.beatmatching import Match, Pulse
from services.assembler.vetoes import vetoes_of
from shared.sound.samples import Float32
from tests.support.signals import noise, sine

RATE_HZ = 44_100
HISS, HUM = noise(0.5, RATE_HZ, amplitude=0.1, channels=2), sine(80, 0.5, RATE_HZ, amplitude=0.05, channels=2)


def against(before: Float32, after: Float32, beats: Match | None = None) -> tuple[str, ...]:
    return vetoes_of(before, after, RATE_HZ, beats=beats, places_s=(0.0, 0.0))


def test_nothing_speaks_against_a_sound_that_goes_on() -> None:
    assert against(HISS, noise(0.5, RATE_HZ, amplitude=0.1, channels=2, seed=9)) == ()


@pytest.mark.parametrize(("gain_db", "told"), [(3.5, ()), (4.5, ("level",)), (-4.5, ("level",))])
def test_a_step_of_level_does(gain_db: float, told: tuple[str, ...]) -> None:
    assert against(HISS, HISS * 10 ** (gain_db / 20)) == told


def test_a_kick_that_comes_in_does() -> None:
    assert against(HISS, HISS + HUM) == ("kick",)


def test_another_timbre_does() -> None:
    high, low = (sine(hz, 0.5, RATE_HZ, amplitude=0.1, channels=2) for hz in (3_000, 300))
    assert "timbre" in against(low, high)
    assert "timbre" not in against(low, low)


def test_two_tempos_and_a_broken_bar_do() -> None:
    slow, fast = Pulse(0.0, 0.5, 4, 0.0), Pulse(0.0, 0.4, 4, 0.0)
    assert against(HISS, HISS, Match(slow, fast)) == ("tempo",)
    assert against(HISS, HISS, Match(slow, slow)) == ()
    assert against(HISS, HISS, Match(slow, Pulse(0.0, 0.5, 4, 0.5))) == ("bar",)


def test_silence_is_no_other_timbre() -> None:
    assert against(HISS * 0, HISS * 0) == ()
