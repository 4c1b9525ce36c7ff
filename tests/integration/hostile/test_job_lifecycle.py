"""Jobs asked for, cancelled, read and robbed of their songs in any order, against the whole product.

SEGUE_TEST_LIFECYCLES: how many runs there are, each drawn anew; without it there are few, always the same.
"""

from __future__ import annotations

import os

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.store.keys import LOCAL_TENANT
from shared.store.objects import ObjectStore
from tests.integration.hostile.lifecycle import Lifecycle
from tests.support.bucket import need_no_loose_ends

pytestmark = pytest.mark.integration
RUNS = int(os.environ.get("SEGUE_TEST_LIFECYCLES", 0))
FEW_RUNS = 3
STEPS = 20


@pytest.mark.timeout(300 + 120 * RUNS)
def test_whatever_clients_do_jobs_end_once_and_stay_so(api: httpx.Client, store: ObjectStore) -> None:
    class OfThisProduct(Lifecycle):
        pass

    OfThisProduct.api = api
    run_state_machine_as_test(
        OfThisProduct,
        settings=settings(
            max_examples=RUNS or FEW_RUNS,
            stateful_step_count=STEPS,
            derandomize=not RUNS,
            deadline=None,
            database=None,
            # The product remembers: a run that failed is not tried again with less.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    # What was cancelled may be at its last block.
    need_no_loose_ends(store, LOCAL_TENANT)
