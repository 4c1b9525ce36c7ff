"""Downloads of both clients: whole, counted once, and going on where they broke."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from segue_client import NoGateway
from segue_client.flows import TRIES
from tests.unit.client.gateways import Asked, Kind, Torn, answering, both

SOUND = bytes(range(256)) * 3000


@both
def test_a_download_that_breaks_goes_on_where_it_was(kind: Kind, tmp_path: Path) -> None:
    seen: list[httpx.Request] = []
    counted: list[int] = []
    answers = [
        Torn(SOUND[:1000], broken=True).answer(etag='"a"'),
        httpx.ConnectError("refused"),
        Torn(SOUND[1000:]).answer(206, etag='"a"'),
    ]
    client = Asked(kind, answering(*answers, asked=seen))
    target = tmp_path / "mix.mp3"
    assert client.do("mixes", "save", target, "1", count=counted.append) == target
    assert target.read_bytes() == SOUND
    assert [request.headers.get("range") for request in seen] == [None, "bytes=1000-", "bytes=1000-"]
    assert seen[-1].headers["if-range"] == '"a"'
    assert sum(counted) == len(SOUND)
    assert list(tmp_path.iterdir()) == [target]


@both
def test_a_download_of_what_has_changed_begins_anew(kind: Kind, tmp_path: Path) -> None:
    answers = [Torn(SOUND[:1000], broken=True).answer(etag='"a"'), Torn(b"new").answer(etag='"b"')]
    Asked(kind, answering(*answers)).do("mixes", "save", tmp_path / "mix.mp3", "1")
    assert (tmp_path / "mix.mp3").read_bytes() == b"new"


@both
def test_a_download_that_stays_broken_leaves_the_old_file_and_no_part(kind: Kind, tmp_path: Path) -> None:
    target = tmp_path / "mix.mp3"
    target.write_bytes(b"old")
    gone = [httpx.ConnectError("refused") for _ in range(TRIES + 1)]
    client = Asked(kind, answering(Torn(SOUND[:10], broken=True).answer(), *gone))
    with pytest.raises(NoGateway):
        client.do("mixes", "save", target, "1")
    assert len(client.paused_s) == TRIES
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@both
def test_a_gateway_that_is_not_there_is_not_waited_for(kind: Kind, tmp_path: Path) -> None:
    client = Asked(kind, answering(httpx.ConnectError("refused")))
    with pytest.raises(NoGateway):
        client.do("mixes", "save", tmp_path / "mix.mp3", "1")
    assert client.paused_s == []
