"""How each chunk begins, as it is kept to find chunks that are alike: its first 1.5 s, mono, at 8 kHz."""

from __future__ import annotations

OPENING_RATE_HZ = 8_000
OPENING_SAMPLES = 12_000
"""1.5 s."""
