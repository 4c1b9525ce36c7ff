"""Free ports on this machine.

Random ports are taken from below the ranges that Linux (32768 and up) and macOS (49152 and up) use for
outgoing connections, so that a remembered port is not lost to a passing client. SeaweedFS opens a second
port 10,000 above each of its own, which lies below them too.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

from shared.errors import PortTaken

LOWEST = 10_240
HIGHEST = 20_240
GRPC_OFFSET = 10_000
"""At least as wide as the range, so that no port is the companion of another."""
_TRIES = 1000


def is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # As servers do: lingering closes do not count.
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def are_free(ports: Iterable[int], *, with_offset: int = 0) -> bool:
    """Tell whether all ports are free on loopback, and those `with_offset` above them."""
    return all(is_free(port) and is_free(port + with_offset) for port in ports)


def choose(count: int, *, with_offset: int = 0) -> list[int]:
    """Return distinct random ports that are free on loopback, as are those `with_offset` above them.

    Raises:
        PortTaken: almost every port of the range is taken.
    """
    chosen: list[int] = []
    for port in random.SystemRandom().sample(range(LOWEST, HIGHEST), _TRIES):
        if are_free([port], with_offset=with_offset):
            chosen.append(port)
            if len(chosen) == count:
                return chosen
    raise PortTaken(f"{LOWEST} to {HIGHEST}")
