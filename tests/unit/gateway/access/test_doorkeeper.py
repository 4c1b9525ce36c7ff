from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from services.gateway.access.doorkeeper import OPERATOR, REMEMBERED_S, Caller, Doorkeeper
from services.gateway.access.keyring import ApiKey, KeyMade, KeyRevoked, parse_key
from services.gateway.access.refusals import KeyNeeded, KeyRefused
from shared.errors import StoreUnavailable
from shared.settings import Settings

ID, SECRET = "0123456789ab", "A" * 20 + "_-" + "b" * 21
KEY = f"segue_{ID}_{SECRET}"
OTHER = f"segue_{ID}_{'C' * 43}"
ADMIN = "a" * 40


class Ring(dict):
    """Keys by id, that counts how often it is asked and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.away = 0, False

    def find(self, identifier: str) -> ApiKey | None:
        self._ask()
        return self.get(identifier)

    def has_any(self) -> bool:
        self._ask()
        return bool(self)

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("refused")


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def api_key(*, revoked: bool = False) -> ApiKey:
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    made = KeyMade(id=ID, name="anna", tenant="annas", secret_sha256=digest)
    return ApiKey(made, KeyRevoked() if revoked else None)


@pytest.fixture
def ring() -> Ring:
    ring = Ring()
    ring[ID] = api_key()
    return ring


@pytest.fixture
def clock() -> Clock:
    return Clock()


def keeper(ring: Ring, clock: Clock, **settings) -> Doorkeeper:
    return Doorkeeper(Settings(**{"auth": "keys", **settings}), ring, clock=clock)


def test_a_key_says_its_id_and_the_hash_of_its_secret():
    presented = parse_key(KEY)
    assert presented is not None
    assert (presented.id, presented.digest) == (ID, hashlib.sha256(SECRET.encode()).hexdigest())
    for none in (
        "",
        SECRET,
        KEY[:-1],
        f"{KEY}x",
        KEY.replace("segue", "sk"),
        KEY.replace(ID, "../../0123ab"),
    ):
        assert parse_key(none) is None


def test_a_key_opens_what_its_tenant_has(ring, clock):
    for header in (f"Bearer {KEY}", f"bearer  {KEY} "):
        assert keeper(ring, clock).identify(header) == Caller("annas", ID)


def test_what_is_not_the_key_is_refused_in_the_same_words(ring, clock):
    unknown = KEY.replace(ID, "f" * 12)
    headers = [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {KEY}",
        KEY,
        f"Bearer {OTHER}",
        f"Bearer {unknown}",
        "Bearer x",
    ]
    told = set()
    for header in headers:
        with pytest.raises(KeyRefused) as refused:
            keeper(ring, clock).identify(header)
        told.add(str(refused.value))
    ring[ID] = api_key(revoked=True)
    with pytest.raises(KeyRefused) as refused:
        keeper(ring, clock).identify(f"Bearer {KEY}")
    assert told | {str(refused.value)} == told
    assert len(told) == 1


def test_a_request_without_a_key_is_told_that_it_needs_one(ring, clock):
    with pytest.raises(KeyNeeded, match="Authorization: Bearer") as needed:
        keeper(ring, clock).identify(None)
    assert not isinstance(needed.value, KeyRefused)


def test_a_key_is_looked_up_once_in_a_while_and_a_revoked_one_refused_by_then(ring, clock):
    asked = keeper(ring, clock)
    for _ in range(50):
        asked.identify(f"Bearer {KEY}")
    assert ring.asked == 1
    ring[ID] = api_key(revoked=True)
    clock.now_s += REMEMBERED_S - 0.1
    asked.identify(f"Bearer {KEY}")
    assert asked.is_in(Caller("annas", ID))
    clock.now_s += 0.1
    with pytest.raises(KeyRefused):
        asked.identify(f"Bearer {KEY}")
    assert not asked.is_in(Caller("annas", ID))


def test_the_gateway_that_revokes_a_key_forgets_it_at_once(ring, clock):
    asked = keeper(ring, clock)
    asked.identify(f"Bearer {KEY}")
    ring[ID] = api_key(revoked=True)
    asked.forget()
    with pytest.raises(KeyRefused):
        asked.identify(f"Bearer {KEY}")


class LateRing(Ring):
    """Lets something happen after it was read, and before it answers."""

    def __init__(self, keys: dict[str, ApiKey]) -> None:
        super().__init__()
        self.update(keys)
        self.meanwhile: Callable[[], None] = lambda: None

    def find(self, identifier: str) -> ApiKey | None:
        found = super().find(identifier)
        self.meanwhile()
        return found

    def has_any(self) -> bool:
        found = super().has_any()
        self.meanwhile()
        return found


def test_what_was_read_before_a_key_was_revoked_is_not_remembered(clock):
    ring = LateRing({ID: api_key()})
    asked = keeper(ring, clock)

    def revoke() -> None:
        ring[ID] = api_key(revoked=True)
        asked.forget()

    ring.meanwhile = revoke
    assert asked.identify(f"Bearer {KEY}") == Caller("annas", ID), "it was good when it was asked for"
    ring.meanwhile = lambda: None
    with pytest.raises(KeyRefused):
        asked.identify(f"Bearer {KEY}")


def test_what_was_read_before_the_first_key_was_made_is_not_remembered(clock):
    ring = LateRing({})
    asked = keeper(ring, clock, auth="auto", host="127.0.0.1")

    def make() -> None:
        ring[ID] = api_key()
        asked.forget()

    ring.meanwhile = make
    assert asked.identify(None) == Caller("local")
    ring.meanwhile = lambda: None
    with pytest.raises(KeyNeeded):
        asked.identify(None)


def test_without_the_store_nobody_is_let_in_once_what_was_known_is_old(ring, clock):
    asked = keeper(ring, clock)
    asked.identify(f"Bearer {KEY}")
    ring.away = True
    asked.identify(f"Bearer {KEY}")
    clock.now_s += REMEMBERED_S
    with pytest.raises(StoreUnavailable):
        asked.identify(f"Bearer {KEY}")
    with pytest.raises(StoreUnavailable):
        keeper(ring, clock, auth="auto").identify(None)


def test_on_loopback_nobody_is_asked_until_the_first_key_is_made(clock):
    ring = Ring()
    asked = keeper(ring, clock, auth="auto", host="127.0.0.1")
    assert asked.identify(None) == Caller("local")
    ring[ID] = api_key()
    clock.now_s += REMEMBERED_S
    with pytest.raises(KeyNeeded):
        asked.identify(None)


def test_what_was_closed_does_not_open_again_when_its_last_key_is_gone(ring, clock):
    asked = keeper(ring, clock, auth="auto", host="127.0.0.1")
    with pytest.raises(KeyNeeded):
        asked.identify(None)
    ring.clear()
    clock.now_s += REMEMBERED_S
    with pytest.raises(KeyNeeded):
        asked.identify(None)


def test_elsewhere_everyone_is_asked_though_there_is_no_key(clock):
    with pytest.raises(KeyNeeded):
        keeper(Ring(), clock, auth="auto", host="192.168.0.7").identify(None)
    open_anywhere = keeper(Ring(), clock, auth="auto", host="0.0.0.0", allow_open=True)
    assert open_anywhere.identify(None) == Caller("local")


def test_the_operators_key_is_the_local_tenants_and_needs_no_store(clock):
    ring = Ring()
    ring.away = True
    asked = keeper(ring, clock, admin_key=SecretStr(ADMIN))
    caller = asked.identify(f"Bearer {ADMIN}")
    assert (caller, caller.is_operator) == (Caller("local", OPERATOR), True)
    with pytest.raises(KeyRefused):
        asked.identify(f"Bearer {ADMIN[:-1]}b")


def test_without_an_operators_key_nothing_is_the_operators(ring, clock):
    for header in ("Bearer ", "Bearer None", f"Bearer {OPERATOR}"):
        with pytest.raises(KeyRefused):
            keeper(ring, clock).identify(header)
