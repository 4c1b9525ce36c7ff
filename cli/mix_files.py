"""The files that come with a mix: which there are, and how they are fetched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from cli.documents import Shown
from cli.output import duration, short_id
from segue_client import Client
from shared.errors import BadSetting

FILES = {
    "audio": "mix.{format}",
    "cue": "mix.cue",
    "labels": "labels.txt",
    "report": "report.json",
    "peaks": "peaks.json",
    "cover": "cover.jpg",
    "plot": "plot.svg",
    "edl": "mix.edl",
    "rpp": "mix.rpp",
    "rekordbox": "rekordbox.xml",
    "package": "package.zip",
}
"""By what one asks for: the name that the file gets."""

SEAMS = "seams"
"""Asked for as the files are: a snippet of each of the worst seams."""

DEFAULT = "cue,labels,report,cover,plot,seams"


def parse_what(text: str) -> list[str]:
    """Return what `cue,cover,seams` asks for, each once.

    Raises:
        BadSetting: a part is none of the files.
    """
    asked = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    known = [*FILES, SEAMS]
    unknown = [part for part in asked if part not in known]
    if unknown or not asked:
        found = f"there is no {unknown[0]}" if unknown else "it names nothing"
        raise BadSetting(f"--what {text} cannot be used: {found}. Choose from {', '.join(known)}.")
    return asked


def open_folder(folder: Path) -> Path:
    """Return a folder that can be written to, made if it is missing.

    Raises:
        BadSetting: it is a file, or read-only.
    """
    if folder.exists() and not folder.is_dir():
        raise BadSetting(f"-o {folder} is a file. Name a folder.")
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise BadSetting(f"-o {folder} is read-only to you. Choose another folder.")
    return folder


def save_files(
    gateway: Client, mix: Shown, what: list[str], folder: Path, *, tell: Callable[[Path], None]
) -> list[Path]:
    """Fetch files of a mix into a folder; return them.

    Args:
        gateway: where it lies.
        mix: its document.
        what: as `parse_what` returns it.
        folder: there already.
        tell: called before each file is fetched.

    Raises:
        ApiProblem: the mix has no such file.
    """
    saved = []
    for name in what:
        for part, file in _parts(gateway, mix["id"], name, mix["output"]["format"]):
            tell(folder / file)
            gateway.mixes.save(folder / file, mix["id"], part)
            saved.append(folder / file)
    return saved


def _parts(gateway: Client, mix_id: str, name: str, mix_format: str) -> Iterator[tuple[str, str]]:
    """Yield address and file name of each file that a name stands for."""
    if name != SEAMS:
        yield name, FILES[name].format(format=mix_format)
        return
    for entry in worst_seams(gateway.mixes.report(mix_id)):
        if snippet := entry["seam"].get("snippet"):
            yield snippet, f"seam-{entry['position']:04d}.mp3"


def worst_seams(report: Shown) -> list[Shown]:
    """Return the entries of a report whose seams jolt most, the worst first."""
    entries = {entry["position"]: entry for entry in report["sequence"]}
    return [entries[position] for position in report.get("worst_seams", [])]


def describe_seam(seam: Shown | None) -> str:
    """Tell in a few words how a chunk was joined to the one before."""
    if seam is None:
        return "-"
    if seam["manner"] == "continues":
        return "plays on"
    if not seam.get("fade_s"):
        return str(seam["manner"])
    fade_ms = 1000 * seam["fade_s"]
    return f"{seam['manner']}, {fade_ms:.0f} ms, {seam['gain_db']:+.1f} dB, jolt {seam['jolt']:.2f}"


def describe_worst(report: Shown, mix_id: str) -> list[str]:
    """Tell which seams are the worst, a line each, and how to hear them; nothing where there are none."""
    worst = worst_seams(report)
    if not worst:
        return []
    before = {entry["position"] + 1: entry["title"] for entry in report["sequence"]}
    lines = [
        f"  {entry['position']}, at {duration(entry['mix_start_s'])}: "
        f"{before[entry['position']]} to {entry['title']}, jolt {entry['seam']['jolt']:.2f}"
        for entry in worst
    ]
    heard = any(entry["seam"].get("snippet") for entry in worst)
    how = [f"Hear them: segue mixes save {short_id(mix_id)} --what seams -o FOLDER"] if heard else []
    return ["Worst seams:", *lines, *how]
