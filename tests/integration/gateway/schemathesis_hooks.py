"""What schemathesis cannot know by itself: what a piece of an upload is, and that any header may come."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

from services.gateway.upload_refusals import PIECE_TYPE

UNKNOWN = "x-schemathesis-unknown-property"

schemathesis.openapi.media_type(PIECE_TYPE, st.binary(min_size=1, max_size=64))


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Leave out headers that the description does not name: proxies add such, and none is refused."""
    return UNKNOWN not in (case.headers or {})
