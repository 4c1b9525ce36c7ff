"""A gateway that asks for keys, and clients of it that have some."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from shared.settings import Settings
from tests.support.gateway import running_gateway

ADMIN_KEY = "o" * 40


@dataclass(frozen=True)
class Door:
    """A gateway that asks everyone for a key.

    Attributes:
        nobody: a client without any key.
        operator: a client with the operator's.
    """

    nobody: httpx.Client
    operator: httpx.Client

    def make(self, name: str, tenant: str | None = None) -> dict[str, str]:
        """Make a key; return it as it is told once."""
        wish = {"name": name} | ({"tenant": tenant} if tenant else {})
        answer = self.operator.post("/v1/keys", json=wish)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def client(self, key: str) -> httpx.Client:
        """Return a client that sends a key."""
        return client_with(self.nobody, key)


@contextmanager
def locked_gateway(settings: Settings, **changes: object) -> Iterator[Door]:
    """Serve a gateway that asks for keys."""
    locked = settings.model_copy(update={"auth": "keys", "admin_key": SecretStr(ADMIN_KEY), **changes})
    with running_gateway(locked) as nobody:
        yield Door(nobody, client_with(nobody, ADMIN_KEY))


def client_with(api: httpx.Client, key: str) -> httpx.Client:
    """Return a client of the same gateway that sends a key."""
    return httpx.Client(base_url=api.base_url, timeout=30, headers={"Authorization": f"Bearer {key}"})
