"""Where a radio's blocks come from: ordered as jobs' artifacts are, fetched when they are there.

Blocking calls all of them: the relay runs them in threads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from services.gateway.backend import Backend
from shared.airing import Airing, Remark
from shared.errors import GaveUp, NotFound, Unavailable
from shared.jobs.starts import Starts
from shared.parameters import ArtifactKey
from shared.queue import Order, Queue
from shared.radio import Entry, Programme, radio_id
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
        gateway: a name that no other gateway process has.
    """

    def __init__(
        self, backend: Backend, tenant: str, pool: ArtifactKey, airing: Airing, *, gateway: str
    ) -> None:
        self._backend, self._tenant, self._pool, self._airing = backend, tenant, pool, airing
        self._gateway = gateway
        self.radio = radio_id(tenant, pool, airing)
        self._asked_s = 0.0
        self._ordered: BlockSpec | None = None

    def spec_after(self, former: BlockSpec | None, remarks: Iterable[Remark] = ()) -> BlockSpec:
        """Return the spec of the block that follows another."""
        return BlockSpec(
            pool=self._pool,
            airing=self._airing,
            former=None if former is None else former.artifact(self._tenant).key,
            number=0 if former is None else former.number + 1,
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
        return Supplied(spec, frames, programme.entries, facts.sample_rate_hz)

    def _order(self, spec: BlockSpec, artifact: Artifact) -> None:
        if time.monotonic() - self._asked_s < ORDER_EVERY_S and self._ordered == spec:
            return
        self._asked_s = time.monotonic()
        leases = self._backend.leases
        leases.want(self.radio, [artifact])
        starts = Starts(self._backend.store, artifact)
        if self._ordered != spec:
            # What an earlier audience's tries came to is no reason not to try again.
            self._ordered = spec
            if isinstance(starts.verdict(), GaveUp):
                starts.clear()
        if isinstance(verdict := starts.verdict(), GaveUp) and artifact not in leases.running([artifact]):
            raise verdict
        order = Order(tenant=self._tenant, job=self.radio, spec=spec)
        self._backend.dispatcher.offer(order)

    def hold(self) -> None:
        """Say that this gateway has listeners, for a lease's time."""
        self._backend.leases.listen(self.radio, self._gateway)

    def drop(self, specs: Iterable[BlockSpec]) -> None:
        """Delete blocks that were played."""
        specs = list(specs)
        for spec in specs:
            self._backend.dispatcher.artifacts.delete(spec.artifact(self._tenant))
        if specs:
            self._backend.leases.note_deletion()

    def end(self, specs: Iterable[BlockSpec], *, within_s: float = ENDS_S) -> None:
        """Leave the radio; with its last listeners, its blocks go. What fails is left to `segue gc`."""
        ordered = [] if self._ordered is None else [self._ordered]
        try:
            self._backend.leases.leave(self.radio, self._gateway)
            give_up_s = time.monotonic() + within_s
            while any(self._is_under_way(spec) for spec in ordered) and time.monotonic() < give_up_s:
                time.sleep(LOOK_S)
            if not self._backend.leases.is_heard(self.radio):
                self.drop(dict.fromkeys([*specs, *ordered]))
        except Unavailable as error:
            log.warning("blocks left", action="radio_left", radio=self.radio, cause=str(error))

    def _is_under_way(self, spec: BlockSpec) -> bool:
        artifact, leases = spec.artifact(self._tenant), self._backend.leases
        return bool(leases.running([artifact])) or artifact in leases.queued(Queue.ASSEMBLER)
