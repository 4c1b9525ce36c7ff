"""Radios of a process: made for the first listener, ended after the last, as many as there is room for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.gateway.backend import Backend
from services.gateway.radio import radios as module
from services.gateway.radio.radios import Radios, Tuned
from shared.airing import Airing
from shared.errors import RadioBusy
from shared.settings import Settings
from shared.store.specs import BlockSpec
from tests.unit.gateway.radio.test_relay import Table


class Supply(Table):
    """Blocks out of a table, for every radio."""

    made: int = 0
    ended: int = 0

    def __init__(self, *_: Any) -> None:
        super().__init__()
        Supply.made += 1

    def end(self, *, within_s: float) -> None:
        Supply.ended += 1


def tuned(seed: int) -> Tuned:
    return Tuned("t", "b" * 64, Airing(seed=seed))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Radios], Awaitable[None]]], None]:
    monkeypatch.setattr(module, "Supply", Supply)
    monkeypatch.setattr(module, "LINGER_S", 0.1)
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    Supply.made = Supply.ended = 0
    settings = Settings(most_radios=2)

    def run_with(act: Callable[[Radios], Awaitable[None]]) -> None:
        async def all_of_it() -> None:
            radios = Radios(cast(Backend, SimpleNamespace(settings=settings)))
            try:
                await asyncio.wait_for(act(radios), 20)
            finally:
                await radios.close()

        asyncio.run(all_of_it())

    return run_with


def test_all_share_one_and_it_ends_after_the_last(
    run: Callable[[Callable[[Radios], Awaitable[None]]], None],
) -> None:
    async def act(radios: Radios) -> None:
        async with radios.listen(tuned(1), {}) as one:
            async with radios.listen(tuned(1), {}):
                assert Supply.made == 1
            await asyncio.sleep(0.3)
            assert radios.find(tuned(1)) is not None, "one still listens"
            assert not one.ended.is_set()
        while Supply.ended == 0:
            await asyncio.sleep(0.02)
        assert radios.find(tuned(1)) is None
        async with radios.listen(tuned(1), {}):
            assert Supply.made == 2

    run(act)


def test_there_is_room_for_so_many(run: Callable[[Callable[[Radios], Awaitable[None]]], None]) -> None:
    async def act(radios: Radios) -> None:
        async with radios.listen(tuned(1), {}), radios.listen(tuned(2), {}), radios.listen(tuned(2), {}):
            with pytest.raises(RadioBusy, match="2 radios"):
                async with radios.listen(tuned(3), {}):
                    pass

    run(act)


def test_an_error_is_told_to_who_waits(
    run: Callable[[Callable[[Radios], Awaitable[None]]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Table, spec: BlockSpec) -> None:
        raise ValueError("unforeseen")

    monkeypatch.setattr(Supply, "fetch", broken)

    async def act(radios: Radios) -> None:
        with pytest.raises(ValueError, match="unforeseen"):
            async with radios.listen(tuned(1), {}):
                pass

    run(act)
