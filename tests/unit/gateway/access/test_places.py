from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from services.gateway.access.refusals import TooManyStreams
from services.gateway.access.turnstile import Turnstile
from shared.settings import Settings


def test_streams_are_let_in_up_to_a_tenants_share_and_given_back_however_they_end():
    streams = Turnstile(lambda *_: None, Settings(quota_streams=2)).streams

    @contextmanager
    def stream(tenant: str) -> Iterator[None]:
        with streams.take() as place:
            place.claim(tenant)
            yield

    with stream("annas"), suppress(ValueError), stream("annas"):
        with pytest.raises(TooManyStreams, match=r"2 streams .*SEGUE_QUOTA_STREAMS"), stream("annas"):
            pytest.fail("let in")
        with stream("bobs"):
            pass
        raise ValueError
    with stream("annas"), stream("annas"):
        pass
