"""Where a radio's blocks come from: ordered as jobs' artifacts are, fetched when they are there.

Blocking calls all of them: the relay runs them in threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

import structlog

from services.gateway.backend import Backend
from shared.airing import Airing, Remark
from shared.corrections import Corrections
from shared.errors import GaveUp, NotFound, Unavailable
from shared.jobs.starts import Starts
from shared.origin import current_origin
from shared.parameters import ArtifactKey
from shared.queue import Order, Queue
from shared.radio import Entry, Programme, new_station
from shared.sound.mp3 import split_frames
from shared.store.artifacts import Artifacts
from shared.store.keys import Artifact
from shared.store.manifests import BlockFacts, RejectedInput
from shared.store.objects import ObjectMissing
from shared.store.specs import BlockSpec

__all__ = ["Supplied", "Supply"]

ORDER_EVERY_S = 1.0
LOOK_S = 0.25
ENDS_S = 15.0
"""A block that nobody wants any more is given up or done by then."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Supplied:
    """A block that is there."""

    spec: BlockSpec
    frames: list[bytes]
    entries: list[Entry]
    sample_rate_hz: int


class Supply:
    """The blocks of one radio.

    Args:
        backend: the gateway's connections.
        tenant: whose pool it is.
        pool: its id.
        airing: what else decides the radio.
        corrections: what is known of the pool's songs; what users say of them later is for the next radio.

    Attributes:
        station: what this radio is called while it is on air; the next time it has another name. So nobody
            else orders, waits for or deletes its blocks.
    """

    def __init__(
        self, backend: Backend, tenant: str, pool: ArtifactKey, airing: Airing, corrections: Corrections
    ) -> None:
        self._backend, self._tenant, self._pool, self._airing = backend, tenant, pool, airing
        self._corrections = tuple(sorted(corrections.items(), key=itemgetter(0)))
        self.station, self._origin = new_station(), current_origin()
        self._asked_s = 0.0
        self._awaited: BlockSpec | None = None
        self._ordered: set[BlockSpec] = set()
        """Blocks that were not deleted yet: with those that a wish made useless before they were fetched."""
        self._fetched: set[BlockSpec] = set()
        self._lock, self._is_over = threading.Lock(), False
        """A call that its caller gave up goes on in its thread: after the end it may not ask for anything."""

    def spec_after(self, former: BlockSpec | None, remarks: Iterable[Remark] = ()) -> BlockSpec:
        """Return the spec of the block that follows another."""
        return BlockSpec(
            station=self.station,
            pool=self._pool,
            airing=self._airing,
            former=None if former is None else former.artifact(self._tenant).key,
            number=0 if former is None else former.number + 1,
            corrections=self._corrections,
            remarks=tuple(remarks),
        )

    def fetch(self, spec: BlockSpec) -> Supplied | None:
        """Return a block, or see to it that it is made and return None.

        Raises:
            Unavailable: the queue or the store does not answer.
            RejectedInput, GaveUp: it cannot be made.
        """
        artifact, artifacts = spec.artifact(self._tenant), self._backend.artifacts
        try:
            manifest = artifacts.find(artifact)
            if manifest is None:
                with self._lock:
                    self._order(spec, artifact)
                return None
            if manifest.problem is not None:
                raise RejectedInput(manifest.problem)
            return self._read(spec, artifact, artifacts)
        except (NotFound, ObjectMissing):
            return None  # Deleted a moment ago.

    def _read(self, spec: BlockSpec, artifact: Artifact, artifacts: Artifacts) -> Supplied:
        facts = artifacts.get(artifact).expect(BlockFacts)
        programme = Programme.model_validate_json(artifacts.read(artifact, "programme.json"))
        frames = split_frames(artifacts.read(artifact, "block.mp3"))
        self._fetched.add(spec)
        return Supplied(spec, frames, programme.entries, facts.sample_rate_hz)

    def _order(self, spec: BlockSpec, artifact: Artifact) -> None:
        asked_just_now = time.monotonic() - self._asked_s < ORDER_EVERY_S and self._awaited == spec
        if self._is_over or asked_just_now:
            return
        self._asked_s, self._awaited = time.monotonic(), spec
        self._ordered.add(spec)
        self._say()
        leases = self._backend.leases
        leases.want(self.station, [artifact])
        verdict = Starts(self._backend.store, artifact).verdict()
        if isinstance(verdict, GaveUp) and artifact not in leases.running([artifact]):
            raise verdict
        self._backend.dispatcher.offer(
            Order(tenant=self._tenant, job=self.station, spec=spec, origin=self._origin)
        )

    def hold(self) -> None:
        """Say for a lease's time that someone listens, and which block is waited for."""
        with self._lock:
            if not self._is_over:
                self._say()

    def _say(self) -> None:
        awaited = self._awaited
        self._backend.leases.listen(self.station, None if awaited is None else awaited.artifact(self._tenant))

    def drop(self, specs: Iterable[BlockSpec]) -> None:
        """Delete blocks that were played, and those that were ordered and are not waited for any more."""
        waited_for = self._ordered - self._fetched
        useless = [spec for spec in waited_for if spec != self._awaited and not self._is_under_way(spec)]
        specs = {*specs, *useless}
        for spec in specs:
            self._backend.dispatcher.artifacts.delete(spec.artifact(self._tenant))
        self._ordered -= specs
        self._fetched -= specs
        if specs:
            self._backend.leases.note_deletion()

    def end(self, *, within_s: float = ENDS_S) -> None:
        """Leave the air: all blocks go. What fails is left to `segue gc`."""
        with self._lock:
            self._is_over, self._awaited = True, None
        try:
            self._backend.leases.leave(self.station)
            give_up_s = time.monotonic() + within_s
            while any(map(self._is_under_way, self._ordered)) and time.monotonic() < give_up_s:
                time.sleep(LOOK_S)
            self.drop(self._ordered)
        except Unavailable as error:
            log.warning("blocks left", action="radio_left", radio=self.station, cause=str(error))

    def _is_under_way(self, spec: BlockSpec) -> bool:
        artifact, leases = spec.artifact(self._tenant), self._backend.leases
        return bool(leases.running([artifact])) or artifact in leases.queued(Queue.ASSEMBLER)
