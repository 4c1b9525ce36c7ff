from __future__ import annotations

import threading

import anyio
import pytest

from services.gateway.turns import AT_ONCE, OF_A_TENANT, Turns
from shared.settings import Settings


class Desk:
    """Where uploads are stored, each in a thread, until they are let go."""

    def __init__(self) -> None:
        self.go_on, self.begun = threading.Event(), 0

    def store(self) -> None:
        self.begun += 1
        assert self.go_on.wait(timeout=60)


@pytest.mark.parametrize(("tenant", "held"), [("annas", OF_A_TENANT), ("local", AT_ONCE)])
def test_one_tenant_holds_some_of_the_turns_and_the_local_one_all(tenant, held):
    desk, turns = Desk(), Turns(Settings())

    async def crowd() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(2 * AT_ONCE):
                group.start_soon(turns.run, tenant, desk.store)
            with anyio.fail_after(60):
                while desk.begun < held:
                    await anyio.sleep(0.01)
            await anyio.wait_all_tasks_blocked()
            assert desk.begun == held
            if held < AT_ONCE:
                with anyio.fail_after(60):
                    assert await turns.run("bobs", lambda: "stored") == "stored"
            desk.go_on.set()

    anyio.run(crowd)
    assert desk.begun == 2 * AT_ONCE, "those that waited got their turn"
