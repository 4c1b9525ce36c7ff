"""What a process remembers of the bucket is bounded, however much there is."""

from __future__ import annotations

import pytest

from shared.jobs import records
from shared.jobs.records import JobRecords
from shared.store import artifacts
from shared.store.artifacts import Artifacts
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, Payload
from shared.store.objects import ObjectStore, to_json
from tests.support.library import TENANT, Library, mix_recipe, song_facts

PAYLOAD = Payload(sha256="0" * 64, size_bytes=1, content_type="audio/flac")


class Shelf(ObjectStore):
    """Objects in memory, as far as they are found."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def find(self, key: str) -> bytes | None:
        return self.objects.get(key)


def test_manifests_are_remembered_by_what_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "MAX_CACHED", 100)
    library = Library()
    spec = library[library.song()].spec
    payloads = {f"{number:04}.flac": PAYLOAD for number in range(20)}
    manifest = to_json(Manifest(producer=1, spec=spec, attempt="a", payloads=payloads, facts=song_facts()))
    names = [Artifact(TENANT, Kind.SONG, f"{number:064x}") for number in range(30)]
    known = Artifacts(Shelf({name.manifest: manifest for name in names}))
    for name in names:
        assert known.find(name) is not None
        assert sum(1 + len(one.payloads) for one in known._known.values()) <= 100 + 21


def test_what_was_asked_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = mix_recipe()
    size_bytes = len(records.Accepted(id="0" * 32, tenant=TENANT, recipe=recipe).model_dump_json())
    monkeypatch.setattr(records, "MOST_HELD_BYTES", 10 * size_bytes)
    asked = [records.Accepted(id=f"{number:032x}", tenant=TENANT, recipe=recipe) for number in range(100)]
    shelf = Shelf({records.keys.job_record(TENANT, one.id, "accepted"): to_json(one) for one in asked})
    known = JobRecords(shelf)
    for one in asked:
        assert known.accepted_at(TENANT, one.id) == one.accepted_at
        assert len(known._accepted) <= 12
    shelf.objects.clear()
    assert known.accepted_at(TENANT, asked[0].id) == asked[0].accepted_at, "remembered for good"
