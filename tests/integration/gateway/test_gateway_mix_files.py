"""The files that come with a mix, as they are served."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from services.gateway.mix_files import MIX_FILES
from shared.parameters import Output
from shared.store.keys import Kind
from shared.store.packages import Package, PackagedFile
from shared.store.specs import CutSpec, MixSpec, SongSpec
from tests.integration.gateway.conftest import slug_of
from tests.support.library import CUT, cut_facts, mix_facts, song_facts

pytestmark = pytest.mark.integration
SONG = "5" * 64


@pytest.fixture
def mix(maker):
    """A mix with all its files, the cut and the song that it is made of; returns its artifact."""
    cut = maker.commit(CutSpec(song=SONG, cut=CUT), cut_facts(SONG, chunks=4), {"0003.flac": b"chunk 3"})
    maker.commit(SongSpec(song=SONG), song_facts(title="Drive"), {"audio.flac": b"whole song"})
    files = [
        PackagedFile(name="mix.mp3", payload="mix.mp3"),
        PackagedFile(name="chunks/0000 Dríve 3.flac", kind=Kind.CUT, key=cut.key, payload="0003.flac"),
        PackagedFile(name="songs/01 Dríve.flac", kind=Kind.SONG, key=SONG, payload="audio.flac"),
    ]
    payloads = {file.payload: file.name.encode() for file in MIX_FILES}
    package = Package(files=files).model_dump_json().encode()
    more = {"mix.mp3": b"sound", "seam-0007.mp3": b"snippet", "package.json": package}
    return maker.commit(MixSpec(sequence="a" * 64, output=Output()), mix_facts(), payloads | more)


@pytest.fixture
def earlier(maker):
    """A mix of an earlier release."""
    payloads = {"mix.mp3": b"sound", "mix.cue": b"TITLE", "report.json": json.dumps({}).encode()}
    return maker.commit(MixSpec(sequence="b" * 64, output=Output()), mix_facts(), payloads)


def test_every_file_is_where_the_mix_says(api, mix):
    links = api.get(f"/v1/mixes/{mix.key}").json()["links"]
    for file in MIX_FILES:
        answer = api.get(links[file.name], headers={"Range": "bytes=1-"})
        assert (answer.status_code, answer.text) == (206, file.name[1:])
        assert file.payload in answer.headers["content-disposition"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_package_is_a_zip_of_what_lies_in_the_store(api, mix):
    answer = api.get(f"/v1/mixes/{mix.key}/package")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "mix.mp3": b"sound",
            "chunks/0000 Dríve 3.flac": b"chunk 3",
            "songs/01 Dríve.flac": b"whole song",
        }


def test_a_package_whose_song_was_deleted_is_refused_before_anything_is_sent(api, maker, mix):
    maker.dispatcher.artifacts.delete(SongSpec(song=SONG).artifact(maker.tenant))
    maker.leases.note_deletion()
    refused = api.get(f"/v1/mixes/{mix.key}/package")
    assert (refused.status_code, slug_of(refused)) == (404, "not-found")
    assert SONG in refused.json()["detail"]


def test_only_the_worst_seams_have_a_snippet(api, mix):
    found = api.get(f"/v1/mixes/{mix.key}/seams/7/audio")
    assert (found.status_code, found.content) == (200, b"snippet")
    refused = api.get(f"/v1/mixes/{mix.key}/seams/8/audio")
    assert (refused.status_code, slug_of(refused)) == (404, "not-found")
    assert "worst_seams" in refused.json()["detail"]
    assert slug_of(api.get(f"/v1/mixes/{mix.key}/seams/-1/audio")) == "bad-request"


def test_an_earlier_mix_says_what_it_lacks_and_what_to_do(api, earlier):
    shown = api.get(f"/v1/mixes/{earlier.key}").json()
    assert set(shown["links"]) == {"self", "audio", "cue", "report", "revisions"}
    for name in ("cover", "plot", "edl", "rpp", "rekordbox", "package"):
        refused = api.get(f"/v1/mixes/{earlier.key}/{name}")
        assert (refused.status_code, slug_of(refused)) == (404, "not-found")
        assert "earlier release" in refused.json()["detail"]
    assert api.get(f"/v1/mixes/{'0' * 64}/cover").status_code == 404
    assert api.get("/v1/mixes/x/package").status_code == 404
