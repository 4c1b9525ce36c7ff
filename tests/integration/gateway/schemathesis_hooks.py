"""What schemathesis cannot know by itself: how the bytes of a piece of an upload are made."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

from services.gateway.upload_refusals import PIECE_TYPE

schemathesis.openapi.media_type(PIECE_TYPE, st.binary(min_size=1, max_size=64))
