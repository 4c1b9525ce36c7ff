"""The energy of chunks, and how a mix keeps to its course."""

from __future__ import annotations

import numpy as np
import pytest

from services.assembler.choosing import choose
from services.assembler.energy import energies, loudness_db, wanted_energy
from services.assembler.scoring import Pool
from shared.parameters import Energy, Limits, Sequencing
from shared.sound.edges import Edges
from tests.unit.assembler.test_choosing import CHUNKS, SONGS, Replaying


def edges(levels: list[float], steps: list[int]) -> Edges:
    """Return chunks of a flat spectrum, so loud in nepers, with outlines of so many steps."""
    shape = (len(levels), 2, 128, 64)
    spectra = np.broadcast_to(np.array(levels, np.float16)[:, None, None, None], shape)
    return Edges(
        spectra,
        spectra,
        np.zeros((0, 2), np.float32),
        np.zeros(len(levels) + 1, np.int64),
        outlines=np.repeat(np.array(levels, np.float16), steps)[:, None].repeat(64, axis=1),
        outline_offsets=np.cumsum([0, *steps]),
    )


def test_a_chunk_is_as_loud_as_its_outline_or_its_edges_where_that_is_too_short() -> None:
    measured = loudness_db(edges([-4, -2, -4, -2], [3, 2, 0, 0]))
    assert measured[2:] == pytest.approx(measured[:2], abs=1e-3)
    assert measured[1] - measured[0] == pytest.approx(20 / np.log(10), abs=1e-2)


def test_energy_is_the_rank_of_a_chunk_where_all_songs_are_equally_loud() -> None:
    loud, songs = np.array([-30, -20, -25, -10, 0, -5], np.float32), np.array([0, 0, 0, 1, 1, 1])
    found = energies(loud, songs, np.ones(6))
    assert found == pytest.approx([0.1, 0.9, 0.5, 0.1, 0.9, 0.5])
    assert energies(np.zeros(4, np.float32), np.zeros(4, np.int64), np.ones(4)) == pytest.approx([0.5] * 4)


@pytest.mark.parametrize(
    ("energy", "wanted"),
    [
        ("rise", [0, 0.5, 1]),
        ("fall", [1, 0.5, 0]),
        ("arc", [0, 5 / 6, 0]),
        (((0.0, 0.2), (0.5, 1.0), (1.0, 0.3)), [0.2, 1, 0.3]),
        (((0.5, 0.4),), [0.4, 0.4, 0.4]),
    ],
)
def test_courses(energy: Energy, wanted: list[float]) -> None:
    assert wanted_energy(energy, np.array([0, 0.5, 1])) == pytest.approx(wanted)


@pytest.mark.parametrize("length", [{"chunks": 16}, {"duration_s": 64}])
@pytest.mark.parametrize("method", ["beam", "sample"])
def test_a_mix_keeps_to_the_course_that_was_wished(method: str, length: dict[str, int]) -> None:
    loud = np.random.default_rng(3).uniform(-30, -10, 4 * CHUNKS).astype(np.float32)
    pool = Pool(np.repeat(np.arange(4), CHUNKS), np.tile(np.arange(CHUNKS), 4), {}, loudness_db=loud)
    off = {}
    for energy in ("rise", "fall"):
        wish = Sequencing(**length, method=method, energy=energy, limits=Limits(most_replay=0.2))
        scorer = Replaying()
        scorer.matrix[:] = np.random.default_rng(1).normal(size=scorer.matrix.shape)
        found = choose(scorer, pool, SONGS, np.full(48, 4.0), wish, lambda step, total: None)
        of_chunks = energies(loud, np.repeat(np.arange(4), CHUNKS), np.full(48, 4.0))[found.order]
        off[energy] = found.energy_off
        rises = np.corrcoef(of_chunks[1:], np.arange(len(of_chunks) - 1))[0, 1]
        assert (rises if energy == "rise" else -rises) > 0.6
        assert (
            found.shown.tolist() == scorer.display(scorer.matrix[found.order[:-1], found.order[1:]]).tolist()
        )
    assert max(value for value in off.values() if value is not None) < 0.25


@pytest.mark.parametrize("energy", ["loud", [[0.5, 1], [0.5, 0]], [[0, 2]], []])
def test_what_is_no_course_is_refused(energy: object) -> None:
    with pytest.raises(ValueError, match="energy"):
        Sequencing.model_validate({"energy": energy})


def test_the_study_s_walk_knows_no_course() -> None:
    with pytest.raises(ValueError, match="knows no energy"):
        Sequencing(method="greedy", energy="rise")
