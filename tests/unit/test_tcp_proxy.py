"""The proxy that chaos is made with does to connections what it says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.tcp_proxy import TcpProxy

PATIENCE_S = 20


@pytest.fixture
def echo_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=echo, args=(connection,), daemon=True).start()

        def echo(connection: socket.socket) -> None:
            with connection:
                try:
                    while data := connection.recv(65536):
                        connection.sendall(data)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def proxy(echo_port: int) -> Iterator[TcpProxy]:
    with TcpProxy(echo_port) as proxy:
        yield proxy


def connected(proxy: TcpProxy, timeout_s: float = PATIENCE_S) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=timeout_s)


def assert_turned_away(proxy: TcpProxy) -> None:
    # The reset may arrive while the connection is still being made, or after.
    with pytest.raises(ConnectionResetError), connected(proxy) as connection:
        connection.recv(10)


def echoed(connection: socket.socket, data: bytes) -> bytes:
    threading.Thread(target=connection.sendall, args=(data,), daemon=True).start()
    found = b""
    while len(found) < len(data) and (block := connection.recv(65536)):
        found += block
    return found


def test_bytes_arrive_unchanged(proxy):
    data = bytes(range(256)) * 20_000
    with connected(proxy) as connection:
        assert echoed(connection, data) == data


def test_a_delay_counts_once_each_way_however_much_is_sent(proxy):
    with connected(proxy) as connection:
        assert echoed(connection, b"before") == b"before"
        proxy.delay(0.3)
        started_s = time.monotonic()
        assert len(echoed(connection, bytes(2_000_000))) == 2_000_000
        lasted_s = time.monotonic() - started_s
    assert lasted_s >= 0.6
    assert lasted_s < 10, "thirty blocks wait together, not one after another"


def test_a_black_hole_swallows_until_it_is_healed(proxy):
    with connected(proxy) as connection:
        assert echoed(connection, b"before") == b"before"
        proxy.black_hole()
        connection.settimeout(0.5)
        connection.sendall(b"held back")
        with pytest.raises(TimeoutError):
            connection.recv(10)
        with connected(proxy, 0.5) as fresh:
            fresh.sendall(b"also")
            with pytest.raises(TimeoutError):
                fresh.recv(10)
        proxy.heal()
        connection.settimeout(PATIENCE_S)
        assert connection.recv(100) == b"held back"


def test_a_reset_ends_connections_and_may_refuse_new_ones(proxy):
    with connected(proxy) as connection:
        assert echoed(connection, b"before") == b"before"
        proxy.reset(refuse=True)
        with pytest.raises(ConnectionResetError):
            connection.recv(10)
    assert_turned_away(proxy)
    proxy.heal()
    with connected(proxy) as connection:
        assert echoed(connection, b"after") == b"after"


def test_a_target_that_is_gone_ends_connections():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with TcpProxy(port) as proxy:
        assert_turned_away(proxy)
