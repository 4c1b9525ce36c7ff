from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.gateway import clearing
from shared.learning.approaches import APPROACHES
from shared.store.manifests import SpectraFacts
from shared.store.specs import CutSpec, SpectraSpec
from tests.support.library import CUT, SONG, cut_facts

pytestmark = pytest.mark.integration


class Tomorrow(datetime):
    """A clock that is a day and an hour ahead: nothing in a fresh bucket is old otherwise."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(hours=25)


@pytest.fixture
def lost(maker) -> set[str]:
    """Put there what crashes leave, beside what is in use; return the keys of the former."""
    cut = maker.commit(CutSpec(song=SONG, cut=CUT), cut_facts(), {"0000.flac": b"chunk"})
    spectra = maker.commit(SpectraSpec(song=SONG), SpectraFacts(song=SONG, frames=1), {"frames.npz": b"x"})
    kept = {key for key in maker.stored() if not key.startswith(spectra.folder)}
    maker.store.put("t/local/uploads/1", b"12345")
    maker.store.put(cut.payload("lost", "0000.flac"), b"12345")
    maker.store.put("t/local/jobs-open/nobody", b"")
    return set(maker.stored()) - kept


def test_a_dry_run_tells_and_removes_nothing(api, maker, lost, monkeypatch):
    assert api.post("/v1/gc", params={"dry_run": True}).json()["items"] == []
    monkeypatch.setattr(clearing, "datetime", Tomorrow)
    before = maker.stored()
    told = api.post("/v1/gc", params={"dry_run": True}).json()
    assert told["dry_run"] is True
    assert told["removed"] == sum(item["objects"] for item in told["items"]) == len(lost) == 5
    assert maker.stored() == before
    for item in told["items"]:
        assert any(key.startswith(item["prefix"]) for key in lost)


def test_only_what_nothing_reaches_is_removed(api, maker, lost, song, monkeypatch):
    before = set(maker.stored())
    monkeypatch.setattr(clearing, "datetime", Tomorrow)
    removed = api.post("/v1/gc").json()
    assert before - set(maker.stored()) == lost
    assert removed["bytes"] > 10
    assert api.post("/v1/gc").json()["removed"] == 0


def test_the_system_tells_what_it_holds(api, maker, song):
    shown = api.get("/v1/system").json()
    assert shown["stored"]["songs"]["objects"] == 2
    assert shown["stored"]["songs"]["bytes"] > len(b"some bytes")
    assert (shown["open_jobs"], shown["workers"]) == (1, {"chunker": 0, "trainer": 0, "assembler": 0})
    assert shown["queued"]["chunker"] == 1


def test_approaches_tell_their_presets_and_settings(api):
    shown = {approach["name"]: approach for approach in api.get("/v1/approaches").json()}
    assert shown.keys() == APPROACHES.keys()
    binary = shown["binary"]
    assert next(iter(binary["presets"])) == "fast"
    assert binary["presets"]["seed"]["epochs"] == 600
    assert (binary["trained"], shown["linear"]["trained"]) == (True, False)
    described = binary["settings"]["properties"]
    assert all(described[name]["description"] for name in binary["presets"]["fast"])
