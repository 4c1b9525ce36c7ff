"""Compile what analyses take from librosa before a song comes: `python -m services.chunker.compiling`.

Numba keeps the machine code in NUMBA_CACHE_DIR, or beside the modules. Made anew it costs the first analysis
of every process half a minute, so it comes with `make setup` and the container's image.
"""

from __future__ import annotations

import numpy as np

from services.chunker.analysing import analyse

RATE_HZ = 22_050
CLICKS_S, LENGTH_S = 0.5, 20.0


def compile_ahead() -> None:
    """Analyse clicks in noise, so that every step has something to work on."""
    sound = np.random.default_rng(0).normal(scale=0.01, size=(round(LENGTH_S * RATE_HZ), 1))
    sound[:: round(CLICKS_S * RATE_HZ)] = 0.9
    analyse([sound.astype(np.float32)], RATE_HZ)


if __name__ == "__main__":
    compile_ahead()
