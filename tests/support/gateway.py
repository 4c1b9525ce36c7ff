"""The gateway on a free port, as uvicorn serves it, in a thread of the test's process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from services.gateway.app import create_app
from services.gateway.lines import BoundedLines
from shared.settings import Settings
from tests.support.servers import until


@contextmanager
def running_gateway(settings: Settings) -> Iterator[httpx.Client]:
    """Serve the gateway; yield a client of it."""
    with serving(create_app(settings)) as client:
        yield client


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an application as the gateway is served; yield a client of it."""
    config = uvicorn.Config(
        app, port=0, http=BoundedLines, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="gateway", daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        with httpx.Client(base_url=f"http://{host}:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=15)
    assert not thread.is_alive()
