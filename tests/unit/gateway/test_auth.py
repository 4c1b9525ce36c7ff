from __future__ import annotations

import pytest

from services.gateway.auth import check_address
from shared.errors import OpenAddress
from shared.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_needs_no_leave(host):
    check_address(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org"])
def test_other_addresses_are_refused_unless_allowed(host):
    with pytest.raises(OpenAddress, match="SEGUE_ALLOW_OPEN"):
        check_address(Settings(host=host))
    check_address(Settings(host=host, allow_open=True))
