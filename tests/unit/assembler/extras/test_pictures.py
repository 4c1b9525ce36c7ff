from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from services.assembler.extras.cover import draw_cover
from services.assembler.extras.palette import COVER_PX, colours_of
from services.assembler.extras.plot import draw_plot
from services.assembler.extras.sections import sections_of
from services.assembler.reports import worst_seams
from tests.unit.assembler.extras.mixes import HOSTILE, entry, many_entries, mix_entries, seam

LEVELS = 0.3 + 0.2 * np.sin(np.arange(1_500) / 7)
SVG = "{http://www.w3.org/2000/svg}"


def cover_of(entries, levels=LEVELS):
    return draw_cover(sections_of(entries), levels, duration_s=entries[-1].mix_end_s)


def plot_of(entries, levels=LEVELS, title="A mix"):
    return draw_plot(
        entries,
        sections_of(entries),
        levels,
        worst=worst_seams(entries),
        title=title,
        duration_s=entries[-1].mix_end_s,
    )


def pixels_of(cover):
    return np.asarray(Image.open(io.BytesIO(cover)).convert("RGB")).astype(int)


def at_turn(pixels, turn, radius):
    """Return the pixel at a place of the circle, clockwise from the top."""
    middle = COVER_PX / 2
    x, y = middle * (1 + radius * np.sin(2 * np.pi * turn)), middle * (1 - radius * np.cos(2 * np.pi * turn))
    return pixels[int(y), int(x)]


def test_each_sections_arc_has_its_songs_colour_where_its_time_is():
    pixels = pixels_of(cover_of(mix_entries()))
    assert pixels.shape == (COVER_PX, COVER_PX, 3)
    colours = {song: 255 * np.array(shade) for song, shade in colours_of(["a", "b"]).items()}
    for section in sections_of(mix_entries()):
        turn = (section.start_s + section.end_s) / 2 / 8.1
        assert np.abs(at_turn(pixels, turn, 0.475) - colours[section.song]).max() < 25, section


def test_loud_moments_reach_further_out_than_quiet_ones():
    levels = np.where(np.arange(1_000) < 500, 0.05, 0.5)
    pixels = pixels_of(cover_of([entry(0, "a", 0, 0, 2)], levels))
    night = pixels[5, 5]
    lit = np.abs(pixels - night).max(axis=2) > 60
    y, x = np.mgrid[:COVER_PX, :COVER_PX] - COVER_PX / 2
    far = np.hypot(x, y) > 0.7 * COVER_PX / 2
    right, left = lit & far & (x > 20), lit & far & (x < -20)
    assert left.sum() > 1_000
    assert right.sum() == 0


@pytest.mark.parametrize("entries", [mix_entries(), many_entries(900), [entry(0, "a", 0, 0, 2)]])
def test_the_same_mix_has_the_same_small_cover_and_plot(entries):
    cover = cover_of(entries)
    assert cover == cover_of(entries)
    assert len(cover) < 200_000
    assert plot_of(entries) == plot_of(entries)
    ElementTree.fromstring(plot_of(entries))


@pytest.mark.parametrize("bins", [0, 1, 3, 359, 361])
def test_short_and_silent_mixes_can_be_drawn(bins):
    for levels in (np.zeros(bins), np.ones(bins)):
        assert pixels_of(cover_of(mix_entries(), levels)).shape == (COVER_PX, COVER_PX, 3)
        ElementTree.fromstring(plot_of(mix_entries(), levels))


def test_the_plot_names_songs_and_ranks_the_worst_seams():
    texts = [text.text for text in ElementTree.fromstring(plot_of(mix_entries())).iter(f"{SVG}text")]
    assert {"A", "B", "A mix"} <= set(texts)
    ranks = [text for text in texts if text in ("1", "2")]
    assert len(ranks) >= 2


def test_worst_seams_are_marked_where_they_are():
    entries = [entry(n, f"s{n}", 0, 2.0 * n, 2.0 * n + 2, seam(jolt=n % 4) if n else None) for n in range(10)]
    lines = re.findall(
        r'path d="M ([\d.]+) [\d.]+ ?\nL \1 [\d.]+ ?\n?" [^>]*stroke: #d01c3f', plot_of(entries)
    )
    places = sorted({float(x) for x in lines})
    assert len(places) == len(worst_seams(entries)) == 5
    steps = np.diff(places)
    times_s = np.diff(sorted(2.0 * position for position in worst_seams(entries)))
    assert np.allclose(steps / steps[0], times_s / times_s[0], atol=0.01)


def test_titles_from_outside_are_text_and_nothing_else():
    title = f"<script>alert(1)</script>{HOSTILE}\u0416\u65e5"
    entries = [entry(0, "a", 0, 0, 2, title=title), entry(1, "b", 0, 2, 4, seam(), title=title)]
    plot = plot_of(entries, title=title)
    root = ElementTree.fromstring(plot)
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert any((one.text or "").startswith("<script>alert(1)</script>$x$") for one in root.iter(f"{SVG}text"))


def test_many_songs_share_a_row():
    texts = [one.text for one in ElementTree.fromstring(plot_of(many_entries(60))).iter(f"{SVG}text")]
    assert "24 more" in texts
