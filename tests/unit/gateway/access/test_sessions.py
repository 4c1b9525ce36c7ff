from __future__ import annotations

import pytest
from pydantic import SecretStr

from services.gateway.access.sessions import LASTS_S, Sessions
from shared.settings import Settings

SHARED = Settings(session_secret=SecretStr("s" * 40))
KEY = "0123456789ab"


class Clock:
    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_session_names_its_key_until_it_is_over(clock):
    sessions = Sessions(SHARED, clock=clock)
    begun = sessions.begin(KEY)
    clock.now_s += LASTS_S - 1
    assert sessions.read(begun.token) == begun
    assert begun.key == KEY
    clock.now_s += 1
    assert sessions.read(begun.token) is None


def test_what_was_changed_or_signed_elsewhere_is_none(clock):
    sessions = Sessions(SHARED, clock=clock)
    token = sessions.begin(KEY).token
    key, expires_s, lot, signature = token.split(".")
    later = str(int(expires_s) + 1)
    changed = [
        f"ffffffffffff.{expires_s}.{lot}.{signature}",
        f"operator.{expires_s}.{lot}.{signature}",
        f"{key}.{later}.{lot}.{signature}",
        f"{key}.{expires_s}.{lot}.",
        f"{key}.{expires_s}.{lot}",
        token[:-1],
        f"{token}é",
        "",
        ".",
        "...",
    ]
    assert [sessions.read(one) for one in changed] == [None] * len(changed)
    assert Sessions(Settings(), clock=clock).read(token) is None, "another secret, drawn at random"
    assert Sessions(SHARED, clock=clock).read(token) is not None, "another gateway of the installation"


def test_a_new_operators_key_ends_all_sessions(clock):
    before = SHARED.model_copy(update={"admin_key": SecretStr("a" * 40)})
    after = SHARED.model_copy(update={"admin_key": SecretStr("b" * 40)})
    token = Sessions(before, clock=clock).begin("operator").token
    assert Sessions(before, clock=clock).read(token) is not None
    assert Sessions(after, clock=clock).read(token) is None


def test_a_session_can_be_ended_and_is_forgotten_once_it_would_be_over(clock):
    sessions = Sessions(SHARED, clock=clock)
    one, other = sessions.begin(KEY), sessions.begin(KEY)
    sessions.end(one.token)
    assert sessions.read(one.token) is None
    assert sessions.read(other.token) == other
    sessions.end("no session")
    clock.now_s += LASTS_S + 1
    sessions.end(sessions.begin(KEY).token)
    assert len(sessions._ended) == 1
