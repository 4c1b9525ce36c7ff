"""Judge what a machine has against what Segue needs: pure functions of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.output import size
from segue_client.documents import Stored
from shared.errors import SegueError
from shared.sound.decoding import DecodedSong, Refusal

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
LEAST_MEMORY_BYTES = 2 * 1024**3
"""The four services and two servers, with one network being fitted."""
LEAST_DISK_BYTES = 3 * 1024**3
"""The object store keeps 1 GiB of the disk free; 25 songs of 4 min, decoded and cut, take about as much."""
_LOCAL_EXTRA = "Install Segue's `local` extra: pip install 'segue[local]'."


@dataclass(frozen=True)
class Check:
    """One thing that Segue needs, or may want to know."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    """How to get it, where it is missing."""


def check_python(version: tuple[int, ...]) -> Check:
    """Judge Python's version, such as (3, 11, 9)."""
    oldest, newest = (".".join(map(str, one)) for one in (OLDEST_PYTHON, NEWEST_PYTHON))
    return Check(
        "Python",
        OLDEST_PYTHON <= tuple(version[:2]) <= NEWEST_PYTHON,
        ".".join(map(str, version)),
        f"Segue needs Python {oldest} to {newest}; on Debian or Ubuntu: apt install python3 python3-venv.",
    )


def check_avx(machine: str, cpu_flags: str | None) -> Check:
    """Judge the processor, for TensorFlow's packages.

    Args:
        machine: its kind, such as `x86_64`.
        cpu_flags: what it can do, as words; None: unknown.
    """
    remedy = (
        "TensorFlow's packages need a processor with AVX, made in 2011 or later. A virtual machine may "
        "hide it: give it the CPU model `host`."
    )
    if machine not in ("x86_64", "AMD64"):
        return Check("AVX", True, f"not needed on {machine}")
    if cpu_flags is None:
        return Check("AVX", True, "cannot be told on this system")
    has = "avx" in cpu_flags.split()
    return Check("AVX", has, "the processor has it" if has else "the processor has none", remedy)


def check_memory(total_bytes: int) -> Check:
    """Judge the machine's memory."""
    return Check(
        "Memory",
        total_bytes >= LEAST_MEMORY_BYTES,
        size(total_bytes),
        f"Segue needs {size(LEAST_MEMORY_BYTES)} in all. Use a machine with more.",
    )


def check_disk(folder: Path, free_bytes: int, *, writable: bool) -> Check:
    """Judge the disk of the data folder."""
    if not writable:
        return Check(
            "Disk", False, f"{folder} cannot be written", "Choose another folder with --data or SEGUE_DATA."
        )
    return Check(
        "Disk",
        free_bytes >= LEAST_DISK_BYTES,
        f"{size(free_bytes)} free at {folder}",
        f"Segue needs {size(LEAST_DISK_BYTES)} free. Make room, or choose another disk with --data.",
    )


def check_tool(name: str, found: Path | SegueError, version: str | None) -> Check:
    """Judge a program.

    Args:
        name: what it is called.
        found: where it is, or why it is not there.
        version: what it says of itself; None: it does not run.
    """
    if isinstance(found, SegueError):
        return Check(name, False, "not found", str(found))
    if version is None:
        return Check(name, False, f"{found} does not run", f"Replace it. {_LOCAL_EXTRA}")
    return Check(name, True, f"{version} ({found})")


def check_module(name: str, version: str | None, reason: str) -> Check:
    """Judge a package that was imported in a process of its own.

    Args:
        name: of the package.
        version: its version; None: it cannot be imported.
        reason: why not.
    """
    return Check(name, version is not None, version or reason, _LOCAL_EXTRA)


def check_decoder(outcome: DecodedSong | Refusal | str, gaps: Sequence[str]) -> Check:
    """Judge what became of a song that ffmpeg decoded in a confined child.

    Args:
        outcome: the song, its refusal, or how the child failed.
        gaps: what a song that takes its decoder over could do on this system; they are told, and no fault.
    """
    if not isinstance(outcome, DecodedSong):
        return Check(
            "Decoder",
            False,
            outcome if isinstance(outcome, str) else outcome.found or outcome.kind,
            "Confined, ffmpeg runs alone, with its libraries: SEGUE_FFMPEG must name itself, not a script. "
            "Without SEGUE_FFMPEG the one of Segue's packages is found.",
        )
    if not gaps:
        return Check("Decoder", True, "works, and is confined: a song that takes it over finds nothing else")
    return Check("Decoder", True, f"works; a song that takes it over could {', or '.join(gaps)}")


def check_port(port: int, *, is_free: bool, answers_as_segue: bool) -> Check:
    """Judge the port that `segue up` listens on."""
    found = "Segue answers there" if answers_as_segue else "free" if is_free else "in use by another program"
    return Check(
        f"Port {port}",
        is_free or answers_as_segue,
        found,
        "Stop that program, or choose another port with `segue up --port` or SEGUE_PORT.",
    )


def check_workers(workers: Mapping[str, int] | None, deaf: Mapping[str, int] | None = None) -> Check:
    """Judge the workers of a gateway that runs.

    Args:
        workers: how many live, by queue; None: the queue does not answer.
        deaf: how many of them do not hear their queue; None: the gateway does not tell.
    """
    remedy = "Look into the logs of the data folder, or start `segue up` anew."
    if workers is None:
        return Check("Workers", False, "the queue does not answer", remedy)
    found = ", ".join(f"{count} {queue}" for queue, count in workers.items())
    unable = {queue: count for queue, count in (deaf or {}).items() if count}
    if unable:
        found += ", of which deaf: " + ", ".join(f"{count} {queue}" for queue, count in unable.items())
    able = all(count > unable.get(queue, 0) for queue, count in workers.items())
    return Check("Workers", able, found or "none", remedy)


def check_stored(stored: Mapping[str, Stored]) -> Check:
    """Tell what a gateway that runs has stored, by kind."""
    kinds = sorted(stored.items(), key=lambda kind: -kind[1]["bytes"])
    total = sum(kind["bytes"] for kind in stored.values())
    told = ", ".join(f"{name} {size(kind['bytes'])}" for name, kind in kinds)
    return Check("Stored", True, f"{size(total)}: {told}" if told else "nothing yet")
