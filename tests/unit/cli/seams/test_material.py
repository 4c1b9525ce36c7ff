"""Where seams lie, and which places they are held against."""

from __future__ import annotations

import pytest

from cli.seams.material import Spot, Whole, Window, natural_windows, seams_of
from tests.unit.cli.seams.reports import entry

MIX = {
    "sequence": [
        entry("a", 0, (0, 4), (0, 3.9)),
        entry("b", 3, (12, 16), (3.9, 8.1), leaves_s=-0.1, enters_s=-0.2),
        entry("b", 4, (16, 20), (8.1, 12.0), manner="continues"),
        entry("b", 6, (24, 28), (12.0, 16.0), manner="blend"),
        entry("a", 5, (20, 24), (16.0, 20.0), manner="blend", leaves_s=0.1),
    ]
}


def test_seams_are_where_something_new_was_joined() -> None:
    first, last = seams_of(MIX, 7)
    assert (first.mix, first.at_s, first.fade_s, first.same_song) == (7, 3.9, 0.08, False)
    assert (first.left, first.entered) == (Spot("a", 3.9), Spot("b", 11.8))
    assert last.left == Spot("b", pytest.approx(28.1))


def test_a_seam_is_looked_at_up_to_the_next_joint_even_a_replayed_one() -> None:
    first, last = seams_of(MIX, 0)
    assert (first.before_s, first.after_s) == (pytest.approx(3.9), pytest.approx(12.0 - 3.9))
    assert (last.before_s, last.after_s) == (pytest.approx(4.0), pytest.approx(4.0))


def test_a_seam_is_held_against_the_same_instant_of_both_songs() -> None:
    whole = Whole.of(
        {
            "sequence": [
                entry("b", 0, (0, 30), (0, 29.5)),
                entry("a", 0, (0, 30), (29.5, 60), leaves_s=-0.5, enters_s=0.3),
            ]
        }
    )
    (left, in_left), (entered, in_entered) = natural_windows(seams_of(MIX, 0)[0], whole)
    assert (left, entered) == ("a", "b")
    # a is entered 0.3 s in, so its place at 3.9 s lies 3.6 s after it begins; no more than that is a.
    assert in_left == Window(pytest.approx(33.1), pytest.approx(3.6), pytest.approx(8.1))
    assert in_entered == Window(pytest.approx(11.8), pytest.approx(3.9), pytest.approx(8.1))
    assert whole.window(Spot("a", 0.2), 3, 3) is None
    assert whole.window(Spot("c", 2.0), 3, 3) is None
