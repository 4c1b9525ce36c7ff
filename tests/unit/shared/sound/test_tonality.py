"""Keys by name, and their places on the circle of fifths."""

from __future__ import annotations

import pytest

from shared.sound.tonality import place_on_circle, spelled


def test_keys_go_round_the_circle_by_fifths() -> None:
    majors = ("C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F")
    minors = ("A", "E", "B", "F#", "C#", "G#", "Eb", "Bb", "F", "C", "G", "D")
    assert [place_on_circle(f"{tonic} major") for tonic in majors] == list(range(12))
    assert [place_on_circle(f"{tonic} minor") for tonic in minors] == list(range(12))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("Db minor", "C# minor"),
        ("C# major", "Db major"),
        ("Ab minor", "G# minor"),
        ("D# minor", "Eb minor"),
        ("Gb major", "F# major"),
        ("Cb major", "B major"),
        ("A minor", "A minor"),
    ],
)
def test_keys_are_spelled_as_in_scores(key: str, name: str) -> None:
    assert spelled(key) == name
    assert place_on_circle(key) == place_on_circle(name)


@pytest.mark.parametrize("text", ["H minor", "A", "a minor", "A mixolydian", "A  minor", ""])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a key is named like"):
        spelled(text)
