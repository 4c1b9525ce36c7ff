"""One thing of each kind, with all its files, put into the store in the workers' place."""

from __future__ import annotations

import httpx
import numpy as np

from services.gateway.mix_files import MIX_FILES
from shared.jobs.recipes import DecodeSong
from shared.judging import Protocol
from shared.parameters import Output, Sequencing
from shared.revisions import SeamChange
from shared.sound.rhythm import Rhythm
from shared.store.arrays import pack_arrays
from shared.store.manifests import DatasetFacts, PoolFacts, PreviewFacts, SequenceFacts, Step, ViewFacts
from shared.store.objects import to_json
from shared.store.packages import Package
from shared.store.specs import (
    AnalysisSpec,
    CutSpec,
    DatasetSpec,
    GappedSpec,
    MixSpec,
    ModelSpec,
    PoolSpec,
    PreviewSpec,
    ReportSpec,
    SequenceSpec,
    SongSpec,
    ViewSpec,
)
from shared.store.views import Candidates, PoolMap
from tests.integration.gateway.conftest import Maker, upload
from tests.support.library import (
    CUT,
    LINEAR,
    analysis_facts,
    cut_facts,
    mix_facts,
    model_facts,
    report_facts,
    song_facts,
)

SOUND = b"test"
"""Their SHA-256 is the song's id in the examples of the API's description."""


def make_one_of_each(api: httpx.Client, maker: Maker) -> dict[str, str]:
    """Return the ids, by kind, of what is made: the client's and the maker's tenant are the same."""
    song = upload(api, SOUND)
    payloads = {"audio.flac": b"decoded", "peaks.json": b'{"peaks": [[-0.5, 0.5]]}'}
    maker.commit(SongSpec(song=song), song_facts(), payloads)
    beats = Rhythm(np.array([0.5, 1.0]), np.array([True, False]), 1.0, 0.0).to_arrays()
    maker.commit(AnalysisSpec(song=song), analysis_facts(song), {"rhythm.npz": pack_arrays(beats)})
    chunks = {f"{number:04}.flac": b"chunk" for number in range(4)}
    found = {"song": song, "cut": maker.commit(CutSpec(song=song, cut=CUT), cut_facts(song), chunks).key}
    _judged(maker, found)
    _mixed(maker, found)
    found["job"] = maker.submit(DecodeSong(song=maker.upload_bytes(b"another"))).id
    found["upload"] = api.post("/v1/uploads", headers={"Upload-Length": "1000"}).json()["id"]
    maker.leases.note_deletion()
    revised = MixSpec(sequence=found["pool"], output=Output())  # Its sequence is gone.
    found["other_mix"] = maker.commit(revised, mix_facts()).key
    vote = api.post("/v1/votes", json={"a": found["mix"], "b": found["other_mix"], "choice": "a"})
    found["vote"] = vote.json()["id"]
    return found


def _judged(maker: Maker, ids: dict[str, str]) -> None:
    """Make a model of what there is, and a report on it."""
    dataset = maker.commit(
        DatasetSpec(cuts=(ids["cut"],), spectra=(), seed=0),
        DatasetFacts(chunks=4, train_songs=[ids["song"]], held_out_songs=[]),
    ).key
    figures = {"report.json": b"{}", "history.json": b"[]"}
    ids["model"] = maker.commit(ModelSpec(dataset=dataset, training=LINEAR), model_facts(), figures).key
    protocol = Protocol()
    gapped = GappedSpec(cut=ids["cut"], gaps_s=protocol.gaps_s).artifact("local").key
    questions = {"gapped": (gapped,), "spectra": (), "protocol": protocol}
    spec = ReportSpec(model=ids["model"], weights_sha256="w", dataset=dataset, **questions)
    ids["report"] = maker.commit(spec, report_facts(), {"report.json": b"{}", "report.html": b"<p>"}).key


def _mixed(maker: Maker, ids: dict[str, str]) -> None:
    """Make a pool of what there is, a mix of it, a preview of a seam, and looks into the pool."""
    song, cut, judge = ids["song"], ids["cut"], {"model": ids["model"], "weights_sha256": "w"}
    facts = PoolFacts(approach="linear", cuts=[cut], songs=[song], counts=[4])
    ids["pool"] = maker.commit(PoolSpec(cuts=(cut,), **judge), facts).key
    chosen = SequenceSpec(pool=ids["pool"], sequencing=Sequencing(chunks=3), **judge)
    steps = [Step(song=song, cut=cut, chunk=chunk, score=0.5 if chunk else None) for chunk in range(3)]
    sequence = maker.commit(chosen, SequenceFacts(steps=steps)).key
    files = {file.payload: b"{}" for file in MIX_FILES} | {"mix.mp3": b"sound", "seam-0001.mp3": b"snippet"}
    files["package.json"] = Package(files=[]).model_dump_json().encode()
    ids["mix"] = maker.commit(MixSpec(sequence=sequence, output=Output()), mix_facts(), files).key
    heard = PreviewSpec(mix=ids["mix"], position=1, change=SeamChange(), around_s=5.0, format="mp3")
    told = PreviewFacts(format="mp3", duration_s=10.0, seam_s=5.0, manner="cut")
    drawn = PoolMap(approach="linear", chunks=4, explained=[1.0, 0.0], songs=[], points=[], path=[])
    for position, seen in ((None, drawn), (1, Candidates(position=1, candidates=[]))):
        view = ViewSpec(mix=ids["mix"], position=position)
        maker.commit(view, ViewFacts(chunks=4, shown=0), {"view.json": to_json(seen)})
    ids["preview"] = maker.commit(heard, told, {"preview.mp3": b"seam"}).key
