from __future__ import annotations

import numpy as np

from services.trainer.datasets import SongEdges, SplitSettings, build_dataset
from services.trainer.evaluation import learned
from services.trainer.evaluation.recordings import fingerprint, same_recording
from services.trainer.evaluation.selecting import select
from shared.store.arrays import pack_arrays, unpack_arrays
from tests.unit.learning.planted import planted_frames
from tests.unit.trainer.evaluation.songs import coded_edges, protocol, trial


def dataset(songs=5):
    rng = np.random.default_rng(0)
    made = [
        SongEdges(f"{number:064x}", f"Song {number}", coded_edges(number, 6, rng), planted_frames(rng, 4000))
        for number in range(songs)
    ]
    return build_dataset([*made, made[0]], SplitSettings())


def test_the_songs_learned_from_come_back_with_their_fingerprints():
    data = dataset()
    kept = learned.from_arrays(unpack_arrays(pack_arrays(learned.to_arrays(learned.learned_songs(data)))))
    assert sorted(song.song for song in kept) == data.ids(held_out=False)
    frames = dict(zip(data.song_ids, data.corpus.frames, strict=True))
    for song in kept:
        assert same_recording(song.fingerprint, fingerprint(frames[song.song]))
        assert song.title == f"Song {int(song.song, 16)}"


def test_a_few_kilobytes_a_song_are_kept():
    assert len(pack_arrays(learned.to_arrays(learned.learned_songs(dataset())))) < 5 * 5000


def test_of_nothing_learned_nothing_is_kept():
    assert learned.from_arrays(unpack_arrays(pack_arrays(learned.to_arrays(())))) == ()


def test_where_only_ids_are_known_the_same_id_is_left_out_and_the_same_sound_is_not():
    frames = planted_frames(np.random.default_rng(7), 4000)
    trials = [trial(number, frames=frames if number == 1 else None) for number in range(4)]
    known = learned.known_by_id(["00"])
    assert [one.song for one in select(trials, known, protocol()).trials] == ["01", "02", "03"]
