"""The gateway must start without what decodes and learns: those packages are not in its image."""

from __future__ import annotations

import subprocess
import sys

FORBIDDEN = {"tensorflow", "keras", "soundfile", "soxr", "pydub", "imageio_ffmpeg"}


def test_the_gateway_imports_nothing_that_decodes_or_learns():
    program = "import sys, services.gateway.app; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert "fastapi" in loaded
    assert not loaded & FORBIDDEN
