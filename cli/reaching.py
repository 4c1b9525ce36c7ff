"""Which gateway is meant: the one that is named, that of the data folder, or the one on the usual port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from cli.credentials import key_for
from cli.output import note
from cli.stack.folder import LocalSettings, find_running
from cli.stack.stack import ANY_PORT, Stack
from segue_client import Client, NoGateway, is_loopback
from shared.settings import Settings


def find_gateway(
    url: str | None, data: Path | None, *, transport: httpx.BaseTransport | None = None
) -> str | None:
    """Return the address of the gateway that is meant, or None if none runs.

    Args:
        url: its address, if the user names one; whether it answers is not looked at.
        data: the data folder, if the user names one; then no gateway of another folder will do.
        transport: what carries requests; None: the network.
    """
    if url is not None:
        return url
    running = find_running(data)
    if running is not None:
        return running.url
    if data is not None or "data" in LocalSettings().model_fields_set:
        return None
    usual = f"http://127.0.0.1:{Settings().port}"
    with Client(usual, transport=transport) as gateway:
        return usual if gateway.is_segue() else None


@contextmanager
def reach(
    url: str | None, data: Path | None, *, transport: httpx.BaseTransport | None = None
) -> Iterator[Client]:
    """Yield a client of the gateway that is meant.

    Raises:
        NoGateway: none runs.
    """
    found = find_gateway(url, data, transport=transport)
    if found is None:
        raise NoGateway()
    with _client(found, data, transport) as gateway:
        yield gateway


@contextmanager
def reach_or_start(
    url: str | None, data: Path | None, *, transport: httpx.BaseTransport | None = None
) -> Iterator[Client]:
    """Yield the gateway that is meant; where none runs, one that lasts as long as the block."""
    running = find_gateway(url, data, transport=transport)
    if running is not None:
        with _client(running, data, transport) as gateway:
            yield gateway
        return
    note("No Segue runs; starting one for this job. `segue up` keeps one running.")
    with brought_up(data) as gateway:
        yield gateway


@contextmanager
def brought_up(data: Path | None, *, port: int = ANY_PORT) -> Iterator[Client]:
    """Yield a client of a stack of one's own, which lasts as long as the block.

    Raises:
        AlreadyRunning, PortTaken, ToolMissing, ServerFailed: it does not start.
    """
    with Stack(data, port=port) as stack, Client(stack.url, key=stack.admin_key) as gateway:
        yield gateway


def _client(url: str, data: Path | None, transport: httpx.BaseTransport | None) -> Client:
    key = key_for(url, data)
    if key is not None and url.startswith("http:") and not is_loopback(url):
        note(
            f"The key goes to {url} unencrypted: whoever is in between can read it. Use https.",
            style="yellow",
        )
    return Client(url, key=key, transport=transport)
