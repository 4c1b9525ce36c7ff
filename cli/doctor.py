"""`segue doctor`: look at the machine; `checks` judges what is found."""

from __future__ import annotations

import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil

from cli import checks
from cli.checks import Check
from cli.credentials import key_for
from cli.reaching import find_gateway
from cli.stack import ports, seaweed, valkey
from cli.stack.folder import DataFolder, LocalSettings
from segue_client import ApiProblem, Client, NoGateway
from shared.errors import SegueError, ToolMissing
from shared.settings import Settings
from shared.sound.confining import gaps
from shared.sound.decoding import DecodeLimits, Report
from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.sandbox import run_confined

IMPORT_LIMIT_S = 180.0
TOOL_LIMIT_S = 20.0
_VERSION = re.compile(r"\d+(\.\d+)+")
_SECOND_OF_SILENCE = struct.pack(">4s5I", b".snd", 24, 16000, 3, 8000, 1) + bytes(16000)
"""As an AU file, of 16 bits: ffmpeg reads it, not libsndfile."""


def examine(
    url: str | None, data: Path | None, *, transport: httpx.BaseTransport | None = None
) -> Iterator[Check]:
    """Yield what is found, one check at a time, since importing TensorFlow takes seconds.

    Args:
        url: address of a gateway; None: the one that runs, if any.
        data: the data folder; None: the usual one.
        transport: what carries requests; None: the network.
    """
    local = LocalSettings()
    yield checks.check_python(sys.version_info[:3])
    yield checks.check_avx(platform.machine(), _cpu_flags())
    yield checks.check_memory(psutil.virtual_memory().total)
    yield _check_disk(data or local.data)
    needed = [_check_tool("ffmpeg", ffmpeg_path, "-version"), _check_import("soundfile")]
    yield from needed
    if all(check.ok for check in needed):
        yield _check_decoder()
    yield _check_tool("Valkey", lambda: valkey.find_binary(local.valkey_server), "--version")
    yield _check_tool("SeaweedFS", lambda: seaweed.find_binary(local.weed), "version")
    yield _check_import("tensorflow")
    port = Settings().port
    with Client(f"http://127.0.0.1:{port}", transport=transport) as gateway:
        answers = gateway.is_segue()
    yield checks.check_port(port, is_free=ports.is_free(port), answers_as_segue=answers)
    found = find_gateway(url, data, transport=transport)
    yield from _check_gateway(found, None if found is None else key_for(found, data), transport)


def _check_gateway(
    url: str | None, key: str | None, transport: httpx.BaseTransport | None
) -> Iterator[Check]:
    if url is None:
        yield Check("Gateway", True, "none runs; `segue up` starts one")
        return
    try:
        with Client(url, key=key, transport=transport) as gateway:
            system = gateway.system()
    except (NoGateway, ApiProblem) as error:
        yield Check("Gateway", False, f"{url} does not serve", str(error))
        return
    yield Check("Gateway", True, f"{url}, version {system['versions']['segue']}")
    yield checks.check_workers(system["workers"], system.get("deaf"))
    yield checks.check_stored(system["stored"])


def _check_disk(data: Path) -> Check:
    """Look at the disk of the data folder, or of where it would be made."""
    folder = DataFolder(data).root
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return checks.check_disk(folder, shutil.disk_usage(there).free, writable=writable)


def _check_tool(name: str, find: Callable[[], Path], version_flag: str) -> Check:
    found: Path | SegueError
    try:
        found = find()
    except ToolMissing as error:
        return checks.check_tool(name, error, None)
    return checks.check_tool(name, found, _version_of(found, version_flag))


def _version_of(binary: Path, flag: str) -> str | None:
    """Return the version that a program tells, or None if it does not run."""
    try:
        answer = subprocess.run(
            [binary, flag], capture_output=True, text=True, timeout=TOOL_LIMIT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    told = _VERSION.search(answer.stdout)
    return told[0] if told else "version unknown"


def _check_import(module: str) -> Check:
    """Import a module in a process of its own: without AVX, TensorFlow does not raise, it kills."""
    program = f"import {module}; print({module}.__version__)"
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-c", program],
            capture_output=True,
            text=True,
            timeout=IMPORT_LIMIT_S,
            check=True,
            env=quiet,
        )
    except subprocess.TimeoutExpired:
        return checks.check_module(module, None, f"not imported within {IMPORT_LIMIT_S:g} s")
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        return checks.check_module(module, None, lines[-1] if lines else f"ended with {error.returncode}")
    return checks.check_module(module, answer.stdout.split()[-1], "")


def _check_decoder() -> Check:
    """Decode as a worker does, confined, by an ffmpeg that then finds no other files than its own."""
    with tempfile.TemporaryDirectory(prefix="segue-doctor-") as folder:
        song, limits = Path(folder, "song"), DecodeLimits(max_decoder_s=TOOL_LIMIT_S)
        song.write_bytes(_SECOND_OF_SILENCE)
        arguments = [str(song), str(Path(folder, "audio.flac")), limits.model_dump_json()]
        answer = run_confined(
            "shared.sound.decoder", arguments, folder=Path(folder), limit_s=limits.max_decoder_s
        )
    try:
        outcome = Report.model_validate_json(answer.output).outcome
    except ValueError:
        lines = answer.log.strip().splitlines()
        return checks.check_decoder(lines[-1] if lines else f"ended with {answer.status}", gaps())
    return checks.check_decoder(outcome, gaps())


def _cpu_flags() -> str | None:
    """Return what Linux says that the processor can do, or None."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return None
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return flags[1] if flags else None
