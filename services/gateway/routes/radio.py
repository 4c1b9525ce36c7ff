"""Radios: listen, see what plays, skip and ban."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated

from anyio import CancelScope, to_thread
from fastapi import APIRouter, Header, Query, Response, status
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.backend import Backend
from services.gateway.corrections import all_corrections
from services.gateway.dependencies import TheBackend, TheRadios, documented
from services.gateway.radio.audience import Listener
from services.gateway.radio.icy import METAINT, IcyWriter
from services.gateway.radio.radios import Radios, Tuned
from services.gateway.radio.relay import Relay
from services.gateway.radio.wishes import Wish, leaves_some
from services.gateway.schemas.radio import Playing, Radio, RadioBan
from shared.airing import Airing
from shared.corrections import Corrections
from shared.errors import BadSetting, NotFound, OffAir
from shared.radio import Entry
from shared.sound.mp3 import SAMPLES_PER_FRAME
from shared.store.keys import PRODUCER_VERSIONS, Kind
from shared.store.manifests import PoolFacts

router = APIRouter(prefix="/radio", tags=["radio"])
RATE_HZ = 44_100
KBPS = 192

Seed = Annotated[
    int, Query(ge=0, lt=2**31, description="The same pool and seed give the same stream.", examples=[0])
]
WithMetadata = Annotated[
    str | None, Header(alias="Icy-MetaData", description="1: tell in the stream what plays.", max_length=10)
]


_GRACE_S = 5.0
"""A stream that is over gets so long to be sent to its end."""


class _Stream(StreamingResponse):
    """A stream that leaves its radio however it ends, and ends soon after its listener was cut off."""

    def __init__(self, *, leaving: AsyncExitStack, listener: Listener, metadata: bool) -> None:
        headers = {"Cache-Control": "no-store", "icy-name": "Segue", "icy-br": str(KBPS), "icy-pub": "0"}
        if metadata:
            headers["icy-metaint"] = str(METAINT)
        super().__init__(_sound(listener, metadata=metadata), media_type="audio/mpeg", headers=headers)
        self._leaving, self._listener = leaving, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._leaving:
            with CancelScope() as sending:
                cutting = asyncio.create_task(self._cut_off(sending))
                try:
                    await super().__call__(scope, receive, send)
                finally:
                    cutting.cancel()

    async def _cut_off(self, sending: CancelScope) -> None:
        """Stop sending to a player that takes nothing: it would be waited for while it stays connected."""
        await self._listener.ended.wait()
        await asyncio.sleep(_GRACE_S)
        sending.cancel()


async def _sound(listener: Listener, *, metadata: bool) -> AsyncIterator[bytes]:
    icy = IcyWriter()
    while (packet := await listener.packets.get()) is not None:
        yield icy.weave(packet.sound, packet.title) if metadata else packet.sound


@router.get(
    "/{pool_id}.mp3",
    response_class=Response,
    responses={
        200: {"content": {"audio/mpeg": {}}, "description": "MP3 that does not end, sent as it is played."},
        **documented(404),
    },
)
async def listen(
    pool_id: str,
    backend: TheBackend,
    radios: TheRadios,
    tenant: Tenant,
    seed: Seed = 0,
    icy_metadata: WithMetadata = None,
) -> Response:
    """Listen to an endless mix of a pool, as all do who listen to it with this seed.

    It begins with its first listener and ends with its last; the same seed begins alike again.
    """
    tuned = await to_thread.run_sync(_tuned, backend, tenant, pool_id, seed)
    if radios.find(tuned) is None:
        await to_thread.run_sync(backend.need_queue)
    known = await to_thread.run_sync(_known, backend, tuned)
    async with AsyncExitStack() as entering:
        listener = await entering.enter_async_context(radios.listen(tuned, known))
        metadata = icy_metadata == "1"
        return _Stream(leaving=entering.pop_all(), listener=listener, metadata=metadata)


@router.get("/{pool_id}", responses=documented(404))
async def get_radio(
    pool_id: str, backend: TheBackend, radios: TheRadios, tenant: Tenant, seed: Seed = 0
) -> Radio:
    """Show what a radio plays now."""
    tuned = await to_thread.run_sync(_tuned, backend, tenant, pool_id, seed)
    return _view(tuned, radios.find(tuned))


@router.post("/{pool_id}/skip", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 409))
async def skip(pool_id: str, backend: TheBackend, radios: TheRadios, tenant: Tenant, seed: Seed = 0) -> Radio:
    """Leave the song that plays, and do not come back to it for ten minutes, if there are others.

    The change is heard some seconds later, by all listeners.
    """
    tuned, relay, playing = await _on_air(pool_id, backend, radios, tenant, seed)
    relay.wish(Wish(song=playing.song))
    return _view(tuned, relay)


@router.post("/{pool_id}/ban", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 409))
async def ban(
    pool_id: str, request: RadioBan, backend: TheBackend, radios: TheRadios, tenant: Tenant, seed: Seed = 0
) -> Radio:
    """Never play a song again, or a chunk of it: what plays, or what is named.

    It holds while the radio is on air.
    """
    tuned, relay, playing = await _on_air(pool_id, backend, radios, tenant, seed)
    song, chunk = request.song or playing.song, None
    if request.what == "chunk":
        chunk = playing.chunk if request.song is None else request.chunk
        if chunk is None:
            raise BadSetting("A chunk of a song that is named needs its number, `chunk`.")
    chunks = await to_thread.run_sync(_chunks, backend, tuned)
    if song not in chunks:
        raise NotFound("song of this pool", song)
    if chunk is not None and chunk >= chunks[song]:
        raise NotFound("chunk of this song", str(chunk))
    if not leaves_some(chunks, {*relay.banned, (song, chunk)}):
        raise BadSetting("This is the last that is not banned. A radio has to play something.")
    relay.wish(Wish(song=song, chunk=chunk, ban=True))
    relay.banned.add((song, chunk))
    return _view(tuned, relay)


def _tuned(backend: Backend, tenant: str, pool_id: str, seed: int) -> Tuned:
    """Return what names a radio.

    Raises:
        NotFound: there is no such pool.
        RejectedInput: it could not be made.
        BadSetting: it was made by an earlier release.
    """
    made = library.made(backend, tenant, Kind.POOL, pool_id)
    if made.producer != PRODUCER_VERSIONS[Kind.POOL]:
        raise BadSetting(
            f"Pool {pool_id} was made by another release, and a radio cannot read it. Ask for the pool of "
            "its songs anew (`POST /v1/pools`)."
        )
    return Tuned(tenant, pool_id, Airing(seed=seed))


def _known(backend: Backend, tuned: Tuned) -> Corrections:
    """Return what users said of the songs of a radio's pool."""
    songs = set(library.made(backend, tuned.tenant, Kind.POOL, tuned.pool).expect(PoolFacts).songs)
    corrections = all_corrections(backend, tuned.tenant)
    return {song: known for song, known in corrections.items() if song in songs}


def _chunks(backend: Backend, tuned: Tuned) -> dict[str, int]:
    """Return how many chunks each song of a radio's pool has."""
    facts = library.made(backend, tuned.tenant, Kind.POOL, tuned.pool).expect(PoolFacts)
    chunks: dict[str, int] = {}
    for song, count in zip(facts.songs, facts.counts, strict=True):
        chunks[song] = max(count, chunks.get(song, 0))
    return chunks


async def _on_air(
    pool_id: str, backend: Backend, radios: Radios, tenant: str, seed: int
) -> tuple[Tuned, Relay, Entry]:
    tuned = await to_thread.run_sync(_tuned, backend, tenant, pool_id, seed)
    relay = radios.find(tuned)
    playing = None if relay is None else relay.playing()
    if relay is None or playing is None:
        raise OffAir
    return tuned, relay, playing


def _view(tuned: Tuned, relay: Relay | None) -> Radio:
    playing = None if relay is None else relay.playing()
    frame_s = SAMPLES_PER_FRAME / RATE_HZ
    position = 0 if relay is None else relay.position
    return Radio(
        pool=tuned.pool,
        seed=tuned.airing.seed,
        stream=f"/v1/radio/{tuned.pool}.mp3?seed={tuned.airing.seed}",
        listeners=0 if relay is None else len(relay.audience),
        played_s=position * frame_s,
        ahead_s=0.0 if relay is None else relay.ahead_frames() * frame_s,
        playing=playing
        and Playing(
            song=playing.song,
            title=playing.title,
            artist=playing.artist,
            chunk=playing.chunk,
            for_s=max(0.0, position * frame_s - playing.begins / RATE_HZ),
        ),
    )
