"""API keys: how they are drawn, kept, and known again.

A key reads `segue_<id>_<secret>`: the id is public, the secret 32 random bytes. The bucket keeps the
secret's SHA-256 alone. A slow hash, as passwords need, would add nothing: it makes guessing dear where there
is something to guess, and of 2^256 secrets drawn at random nobody guesses one, whatever a guess costs. It
would cost every request some tenths of a second, though, which is a way to stop the gateway.

Records are created once and never changed, as those of jobs: `made`, and `revoked` where it is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import Field

from shared.errors import NotFound
from shared.store import keys
from shared.store.documents import find_document
from shared.store.manifests import Document
from shared.store.objects import ObjectStore, to_json

__all__ = ["ApiKey", "Keyring", "Presented", "digest_of", "fits", "parse_key"]

ID_BYTES, SECRET_BYTES = 6, 32
_KEY = re.compile(r"segue_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_ID = re.compile(r"[0-9a-f]{12}")


class KeyMade(Document):
    """The record of a key: all but the secret."""

    id: str
    name: str
    tenant: str
    secret_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    made_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class KeyRevoked(Document):
    """The record that a key opens nothing any more."""

    revoked_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


Record = TypeVar("Record", bound=Document)


@dataclass(frozen=True)
class ApiKey:
    """A key as its records tell it."""

    made: KeyMade
    revoked: KeyRevoked | None = None

    @property
    def id(self) -> str:
        """The public part of the key."""
        return self.made.id


@dataclass(frozen=True)
class Presented:
    """A key as it came with a request."""

    id: str
    digest: str
    """SHA-256 of the secret."""


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse_key(text: str) -> Presented | None:
    """Return what a key says; None: it is none."""
    match = _KEY.fullmatch(text)
    return Presented(match[1], digest_of(match[2])) if match else None


def fits(presented: Presented, known: ApiKey | None) -> bool:
    """Tell whether a key is the one that is known, and not revoked, in a time that tells nothing."""
    needed = known.made.secret_sha256 if known else digest_of("")
    same = hmac.compare_digest(presented.digest, needed)
    return same and known is not None and known.revoked is None


class Keyring:
    """All keys of an installation, in its bucket."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def make(self, name: str, tenant: str | None = None) -> tuple[ApiKey, str]:
        """Make a key; return its record and the key itself, which is kept nowhere.

        Args:
            name: what people call it.
            tenant: whose things it opens; None: a new tenant's, named by the key's id.
        """
        identifier, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        made = KeyMade(id=identifier, name=name, tenant=tenant or identifier, secret_sha256=digest_of(secret))
        if not self._store.create(keys.api_key_record(identifier, "made"), to_json(made)):
            return self.make(name, tenant)  # The id is taken: once in 2^48.
        return ApiKey(made), f"segue_{identifier}_{secret}"

    def revoke(self, identifier: str) -> ApiKey:
        """Let a key open nothing any more; one that is revoked stays so.

        Raises:
            NotFound: there is no such key.
        """
        self.get(identifier)
        self._store.create(keys.api_key_record(identifier, "revoked"), to_json(KeyRevoked()))
        return self.get(identifier)

    def rotate(self, identifier: str) -> tuple[ApiKey, str]:
        """Make a key of the same name and tenant, and revoke the old one.

        Raises:
            NotFound: there is no such key.
        """
        old = self.get(identifier)
        new = self.make(old.made.name, old.made.tenant)  # First: a failure in between leaves a key too many.
        self.revoke(identifier)
        return new

    def find(self, identifier: str) -> ApiKey | None:
        """Return a key, revoked or not, or None."""
        made = self._read(identifier, "made", KeyMade) if _ID.fullmatch(identifier) else None
        return None if made is None else ApiKey(made, self._read(identifier, "revoked", KeyRevoked))

    def _read(self, identifier: str, name: str, kind: type[Record]) -> Record | None:
        return find_document(self._store, kind, keys.api_key_record(identifier, name))

    def get(self, identifier: str) -> ApiKey:
        """Return a key, revoked or not, or raise NotFound."""
        found = self.find(identifier)
        if found is None:
            raise NotFound("key", identifier[:100])
        return found

    def ids(self, *, after: str | None = None) -> Iterator[str]:
        """Yield the ids of all keys that were ever made, in order."""
        return self._store.folders(keys.api_keys_folder(), after=after)

    def has_any(self) -> bool:
        """Tell whether a key was ever made, revoked or not."""
        return next(self.ids(), None) is not None
