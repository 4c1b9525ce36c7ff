"""Reports of mixes, as far as seams are read from them."""

from __future__ import annotations

from typing import Any


def entry(
    song: str, chunk: int, source_s: tuple[float, float], mix_s: tuple[float, float], **seam: Any
) -> dict[str, Any]:
    plain = {"manner": "blend", "fade_s": 0.08, "leaves_s": 0.0, "enters_s": 0.0}
    return {
        "song": song,
        "chunk": chunk,
        "source_start_s": source_s[0],
        "source_end_s": source_s[1],
        "mix_start_s": mix_s[0],
        "mix_end_s": mix_s[1],
        "seam": plain | seam if seam else None,
    }
