"""A child that reads the tags of every file in its folder, confined as decoders are, and tells them."""

from __future__ import annotations

import sys
from pathlib import Path

from shared.sound.confining import confine
from shared.sound.decoding import DecodedSong, DecodeLimits
from shared.sound.transcoding import _read_tags

ANSWERS = "answers.jsonl"


def main() -> None:
    folder = Path(sys.argv[1])
    confine(
        max_memory_bytes=DecodeLimits().max_memory_bytes,
        max_cpu_s=60,
        max_file_bytes=100_000_000,
        source=folder,
        folder=folder,
    )
    with (folder / ANSWERS).open("w") as answers:
        for path in sorted(folder.glob("*.bin")):
            # Standard error is what is left of a child that dies: the last name is the file's it died of.
            sys.stderr.write(f"{path.name}\n")
            song = DecodedSong(
                sample_rate_hz=8000, channels=1, frames=1, peak=0, codec="x", **_read_tags(path)
            )
            answers.write(f"{song.model_dump_json()}\n")
