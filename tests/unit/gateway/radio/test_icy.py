"""Icy metadata: titles between the bytes, as players read them."""

from __future__ import annotations

import pytest

from services.gateway.radio.icy import IcyWriter, stream_title


def read(woven: bytes, metaint: int) -> tuple[bytes, list[str]]:
    """Take a stream apart as a player does: its sound, and what was told."""
    sound, told = b"", []
    while woven:
        sound, woven = sound + woven[:metaint], woven[metaint:]
        if woven:
            size = woven[0] * 16
            if size:
                told.append(woven[1 : 1 + size].rstrip(b"\0").decode())
            woven = woven[1 + size :]
    return sound, told


@pytest.mark.parametrize("packet", [1, 7, 100, 333, 1000])
def test_a_player_gets_all_of_the_sound_and_each_title_once(packet: int) -> None:
    sound = bytes(index % 251 for index in range(1000))
    writer, woven = IcyWriter(metaint=100), b""
    for at in range(0, 1000, packet):
        woven += writer.weave(sound[at : at + packet], "One" if at < 500 else "Two")
    heard, told = read(woven, 100)
    assert heard == sound
    assert told == ["StreamTitle='One';", "StreamTitle='Two';"][: 1 if packet == 1000 else 2]


def test_nothing_in_a_title_ends_it_early_or_makes_it_too_long() -> None:
    woven = IcyWriter(metaint=1).weave(b"x", "It's'; StreamUrl='bad")
    assert woven.count(b"'") == 2
    (told,) = read(IcyWriter(metaint=1).weave(b"x", "ä" * 5000), 1)[1]
    assert told.startswith("StreamTitle='ää")
    assert told.endswith("ä';")


def test_a_song_is_named_with_its_artist() -> None:
    assert stream_title("Night\x00 Drive", "Some\nOne") == "Some One - Night Drive"
    assert stream_title("", None) == "untitled"
