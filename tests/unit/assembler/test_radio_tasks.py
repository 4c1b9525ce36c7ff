"""The task that makes a block."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from services.assembler.radio_tasks import air_block
from shared.airing import Airing
from shared.errors import Unwanted
from shared.jobs.running import Work
from shared.queue import Order
from shared.store.specs import BlockSpec


def test_a_block_that_nobody_waits_for_is_not_begun() -> None:
    spec = BlockSpec(station="radio-test", pool="b" * 64, airing=Airing(), former="c" * 64, number=1)
    order = Order(tenant="t", job="radio-test", spec=spec)
    dispatcher = SimpleNamespace(is_wanted=lambda artifact: artifact != order.artifact, artifacts=None)
    work = SimpleNamespace(order=order, tenant="t", artifact=order.artifact, dispatcher=dispatcher)
    with pytest.raises(Unwanted):
        air_block(cast(Work, work))
