"""Where a radio's blocks come from and where they go, on real servers, without any worker."""

from __future__ import annotations

import pytest

from services.gateway.backend import connect_backend
from services.gateway.radio.supply import Supply
from shared.airing import Airing, Remark
from shared.corrections import Correction
from shared.queue import Queue
from shared.radio import Programme
from shared.settings import Settings
from shared.store.manifests import BlockFacts
from shared.store.objects import to_json
from shared.store.specs import AnalysisSpec, BlockSpec
from tests.integration.gateway.conftest import Maker
from tests.support.library import TENANT

pytestmark = pytest.mark.integration
POOL, SONG = "b" * 64, "a" * 64


@pytest.fixture
def supply(settings: Settings) -> Supply:
    return Supply(connect_backend(settings), TENANT, POOL, Airing(), {})


def make(maker: Maker, spec: BlockSpec) -> None:
    """Make a block as a worker does that was sent the order; it has no sound."""
    facts = BlockFacts(number=spec.number, frames=0, sample_rate_hz=44_100, bitrate_kbps=192)
    payloads = {"block.mp3": b"", "programme.json": to_json(Programme(entries=[])), "state.json": b"{}"}
    artifact = maker.commit(spec, facts, payloads)
    maker.leases.unclaim(Queue.ASSEMBLER, artifact)


def skipped(spec: BlockSpec) -> BlockSpec:
    return spec.model_copy(update={"remarks": (Remark(piece=0, song=SONG),)})


def test_a_block_is_wanted_while_it_is_waited_for_and_someone_listens(supply: Supply, maker: Maker) -> None:
    spec = supply.spec_after(None)
    assert supply.fetch(spec) is None
    assert maker.dispatcher.is_wanted(spec.artifact(TENANT))
    supply.fetch(skipped(spec))
    assert not maker.dispatcher.is_wanted(spec.artifact(TENANT)), "another one takes its place"
    assert maker.dispatcher.is_wanted(skipped(spec).artifact(TENANT))
    analysis = AnalysisSpec(song=SONG).artifact(TENANT)
    maker.leases.want(supply.station, [analysis])
    assert maker.dispatcher.is_wanted(analysis), "whatever block it is for"
    supply.end(within_s=0)
    assert not maker.dispatcher.is_wanted(skipped(spec).artifact(TENANT))
    assert not maker.dispatcher.is_wanted(analysis)


def test_blocks_go_by_what_was_known_when_the_radio_went_on_air(settings: Settings) -> None:
    known = {"c" * 64: Correction(tempo_bpm=80), SONG: Correction(beats_per_bar=3)}
    told = Supply(connect_backend(settings), TENANT, POOL, Airing(), known).spec_after(None)
    assert told.corrections == ((SONG, known[SONG]), ("c" * 64, known["c" * 64]))
    assert BlockSpec.model_validate_json(told.model_dump_json()) == told
    assert told.artifact(TENANT) != told.model_copy(update={"corrections": ()}).artifact(TENANT)


def test_a_block_that_was_made_for_nothing_is_deleted(supply: Supply, maker: Maker) -> None:
    spec = supply.spec_after(None)
    supply.fetch(spec)
    supply.fetch(skipped(spec))
    make(maker, spec)  # It was done before the worker heard that nobody waits for it.
    make(maker, skipped(spec))
    assert supply.fetch(skipped(spec)) is not None
    supply.drop([])
    assert {key.split("/")[3] for key in maker.stored("radio/")} == {skipped(spec).artifact(TENANT).key}
    following = supply.spec_after(skipped(spec))
    supply.fetch(following)
    make(maker, following)
    supply.end()
    assert maker.stored("radio/") == [], "what was ordered last goes too"


def test_a_radio_that_ends_takes_nothing_of_the_next_one(
    supply: Supply, settings: Settings, maker: Maker
) -> None:
    again = Supply(connect_backend(settings), TENANT, POOL, Airing(), {})
    for one in (supply, again):
        one.fetch(one.spec_after(None))
        make(maker, one.spec_after(None))
        assert one.fetch(one.spec_after(None)) is not None
        one.fetch(one.spec_after(one.spec_after(None)))
    supply.end(within_s=0)
    following = again.spec_after(again.spec_after(None))
    assert maker.dispatcher.is_wanted(following.artifact(TENANT))
    kept = again.spec_after(None).artifact(TENANT)
    assert maker.dispatcher.artifacts.find(kept) is not None


def test_a_call_that_was_given_up_orders_nothing_after_the_end(supply: Supply, maker: Maker) -> None:
    spec = supply.spec_after(None)
    supply.fetch(spec)
    make(maker, spec)
    assert supply.fetch(spec) is not None
    supply.end()
    assert maker.stored("radio/") == [], "though nobody took what was fetched"
    following = supply.spec_after(spec)
    supply.fetch(following)
    supply.hold()
    assert following.artifact(TENANT) not in maker.leases.queued(Queue.ASSEMBLER)
    assert not maker.leases.awaits(supply.station, spec.artifact(TENANT))
    assert maker.leases.valkey.exists(maker.leases._listening(supply.station)) == 0
