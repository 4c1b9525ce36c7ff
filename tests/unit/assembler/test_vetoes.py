from __future__ import annotations

import pytest

from services.assembler.beatmatching import Match, Pulse
from services.assembler.vetoes import keys_clash, vetoes_of
from shared.sound.samples import Float32
from tests.support.signals import noise, sine

RATE_HZ = 44_100
HISS, HUM = noise(0.5, RATE_HZ, amplitude=0.1, channels=2), sine(80, 0.5, RATE_HZ, amplitude=0.05, channels=2)

HUSH = sine(80, 2.0, RATE_HZ, amplitude=0.0, channels=2)


def against(
    before: Float32, after: Float32, beats: Match | None = None, *, own: Float32 | None = None
) -> tuple[str, ...]:
    own = before if own is None else own
    return vetoes_of(before, after, RATE_HZ, own=own, beats=beats, places_s=(0.0, 0.0))


def test_nothing_speaks_against_a_sound_that_goes_on() -> None:
    assert against(HISS, noise(0.5, RATE_HZ, amplitude=0.1, channels=2, seed=9)) == ()


@pytest.mark.parametrize(("gain_db", "told"), [(3.5, ()), (4.5, ("level",)), (-4.5, ("level",))])
def test_a_step_of_level_does(gain_db: float, told: tuple[str, ...]) -> None:
    assert against(HISS, HISS * 10 ** (gain_db / 20)) == told


def test_a_kick_that_comes_in_does() -> None:
    assert against(HISS, HISS + HUM, own=HISS + HUM) == ("kick",)


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


def test_a_timbre_is_another_where_playing_on_would_have_kept_it_better() -> None:
    mixture = HISS + sine(3_000, 0.5, RATE_HZ, amplitude=0.1, channels=2)
    assert "timbre" in against(HISS, mixture, own=HISS)
    # What leaves would change as much by itself.
    assert "timbre" not in against(HISS, mixture, own=mixture)


def test_sharper_attacks_do() -> None:
    clicks = HISS.copy()
    for start in range(0, len(clicks), RATE_HZ // 8):
        clicks[start : start + RATE_HZ // 100] *= 6
    assert "onset" in against(HISS, clicks)
    assert "onset" not in against(clicks, clicks)


def test_other_pitch_classes_clash_if_both_sounds_have_some() -> None:
    def chord(*hz: float) -> Float32:
        return sum((sine(each, 2.0, RATE_HZ, amplitude=0.1, channels=2) for each in hz), start=HUSH)

    c_major, f_sharp_major = (261.6, 329.6, 392.0), (370.0, 466.2, 554.4)
    assert keys_clash(chord(*c_major), chord(*f_sharp_major), RATE_HZ)
    assert not keys_clash(chord(*c_major), chord(*(2 * each for each in c_major)), RATE_HZ)
    assert not keys_clash(chord(*c_major), noise(2.0, RATE_HZ, amplitude=0.1, channels=2), RATE_HZ)
    assert not keys_clash(chord(*c_major), HUSH, RATE_HZ)
