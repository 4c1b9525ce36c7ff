from __future__ import annotations

import numpy as np
import pytest
import soundfile

from services.assembler.encoding import Encoder
from services.assembler.extras.accompanying import with_snippets
from services.assembler.extras.snippets import AROUND_S, cut_snippet
from shared.errors import Unwanted
from shared.parameters import Output
from tests.unit.assembler.extras.mixes import entry, seam

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def mix(tmp_path_factory):
    """Noise of 30 s as MP3: no two places are alike."""
    path = tmp_path_factory.mktemp("mix") / "mix.mp3"
    samples = np.random.default_rng(3).normal(0, 3_000, (30 * RATE_HZ, 2)).astype(np.int16)
    with Encoder(path, Output(), tags={"title": "noise"}) as encoder:
        encoder.write(samples)
    return path


@pytest.mark.parametrize(
    ("middle_s", "start_s", "stop_s"),
    [(15.123, 15.123 - AROUND_S, 15.123 + AROUND_S), (1.0, 0.0, 6.0), (29.5, 24.5, 30.0)],
)
def test_a_snippet_is_what_lies_around_the_seam(mix, tmp_path, middle_s, start_s, stop_s):
    cut_snippet(mix, tmp_path / "s.mp3", middle_s, title="Seam")
    whole, found = (soundfile.read(path)[0][:, 0] for path in (mix, tmp_path / "s.mp3"))
    expected = whole[round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)]
    assert len(found) == len(expected)
    assert np.corrcoef(found, expected)[0, 1] > 0.8
    assert abs(np.corrcoef(found[:-7], expected[7:])[0, 1]) < 0.5, "a few samples off would show"


def test_the_worst_seams_get_one_each_and_the_report_says_so(mix, tmp_path):
    entries = [entry(n, f"s{n % 3}", 0, 4.0 * n, 4.0 * n + 4, seam(jolt=n) if n else None) for n in range(7)]
    told, snippets = with_snippets(entries, mix, folder=tmp_path)
    assert [one.name for one in snippets] == [f"seam-{n:04d}.mp3" for n in (6, 5, 4, 3, 2)]
    assert [one.seam and one.seam.snippet for one in told] == [
        None,
        None,
        *(f"seams/{n}/audio" for n in (2, 3, 4, 5, 6)),
    ]
    assert all(len(one.data) < 300_000 for one in snippets)
    assert list(tmp_path.iterdir()) == []


def test_a_wish_to_stop_ends_it(mix, tmp_path):
    def stop():
        raise Unwanted

    entries = [entry(0, "a", 0, 0, 2), entry(1, "b", 0, 2, 4, seam())]
    with pytest.raises(Unwanted):
        with_snippets(entries, mix, folder=tmp_path, check=stop)
    assert list(tmp_path.iterdir()) == []
