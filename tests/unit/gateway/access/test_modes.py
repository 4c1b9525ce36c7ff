from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from services.gateway.access.modes import check_address, is_own_host, needs_no_key
from shared.errors import OpenAddress, StoreUnavailable
from shared.settings import Settings

LOOPBACK = ["127.0.0.1", "127.8.9.1", "::1", "localhost"]
ELSEWHERE = ["0.0.0.0", "::", "192.168.0.7", "example.org"]
SECRET = SecretStr("s" * 40)


def no_key() -> bool:
    return False


def a_key() -> bool:
    return True


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_needs_no_key_unless_told(host):
    check_address(Settings(host=host), no_key)
    assert needs_no_key(Settings(host=host))
    assert not needs_no_key(Settings(host=host, auth="keys"))


@pytest.mark.parametrize("host", ELSEWHERE)
def test_elsewhere_a_key_has_to_be_there_before_anyone_listens(host):
    for settings in (Settings(host=host), Settings(host=host, auth="keys")):
        assert not needs_no_key(settings)
        with pytest.raises(OpenAddress, match=r"SEGUE_ADMIN_KEY.*SEGUE_ALLOW_OPEN"):
            check_address(settings, no_key)
        check_address(settings, a_key)
        check_address(settings.model_copy(update={"admin_key": SECRET}), no_key)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_who_allows_it_gets_an_open_gateway_anywhere(host):
    open_anywhere = Settings(host=host, allow_open=True)
    check_address(open_anywhere, no_key)
    assert needs_no_key(open_anywhere)
    assert not needs_no_key(Settings(host=host, allow_open=True, auth="keys"))


def test_a_store_that_is_not_up_yet_does_not_keep_the_gateway_from_asking_for_keys():
    def away() -> bool:
        raise StoreUnavailable("refused")

    check_address(Settings(host="0.0.0.0"), away)
    assert not needs_no_key(Settings(host="0.0.0.0"))


@pytest.mark.parametrize(
    ("header", "own"),
    [
        ("127.0.0.1:8000", True),
        ("localhost:8000", True),
        ("[::1]:8000", True),
        ("127.0.0.1", True),
        ("rebound.example:8000", False),
        ("127.0.0.1.rebound.example", False),
        ("[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_another_name_for_this_machine_is_found_out(header, own):
    assert is_own_host(Settings(host="127.0.0.1"), header) is own
    assert is_own_host(Settings(host="0.0.0.0", allow_open=True), header) is own


@pytest.mark.parametrize(
    ("header", "own"),
    [
        ("segue.lan", True),
        ("Segue.LAN:8080", True),
        ("192.168.0.7:8000", True),
        ("localhost:8000", True),
        ("rebound.example", False),
        ("segue.lan.rebound.example", False),
        ("", False),
        (None, False),
    ],
)
def test_an_open_gateway_goes_by_the_names_that_it_is_given(header, own):
    settings = Settings(host="0.0.0.0", allow_open=True, hosts="segue.lan, 192.168.0.7")
    assert is_own_host(settings, header) is own
    assert is_own_host(settings.model_copy(update={"hosts": "*"}), header)


def test_a_secret_that_could_be_guessed_is_refused_and_an_empty_one_is_none():
    assert Settings(admin_key=SecretStr(" ")).admin_key is None
    with pytest.raises(ValidationError, match="32 characters"):
        Settings(admin_key=SecretStr("short"))
    told = Settings(admin_key=SecretStr("k" * 40 + "\n")).admin_key
    assert told is not None
    assert told.get_secret_value() == "k" * 40
