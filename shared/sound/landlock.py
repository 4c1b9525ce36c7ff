"""Landlock: a process gives up, for good, all files but those that it names. Linux alone.

Knows the kernel's interface (https://docs.kernel.org/userspace-api/landlock.html) and nothing of songs.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls; the numbers are the same on all processors that Segue's packages are made for."""
_TELL_VERSION = 1
_PATH_BENEATH = 1
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_UNIX_SOCKETS, _SIGNALS = 1, 2


class Right(IntFlag):
    """What may be done to a file, or below a folder."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ = Right.READ_FILE | Right.READ_DIR

_OF_FILES = Right.EXECUTE | Right.WRITE_FILE | Right.READ_FILE | Right.TRUNCATE | Right.IOCTL_DEV
"""All others have a meaning for folders alone, and are refused for a file."""

TRUNCATE_SINCE, TCP_SINCE, SCOPES_SINCE = 3, 4, 6
"""The first versions that take these from a process. Linux 5.13 has 1, 6.2 has 3, 6.7 has 4, 6.12 has 6."""
_SINCE = {Right.REFER: 2, Right.TRUNCATE: TRUNCATE_SINCE, Right.IOCTL_DEV: 5}


@dataclass(frozen=True)
class Grant:
    """What a process keeps: its rights to a file, or to a folder and all below it."""

    path: Path
    rights: Right


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _BelowPath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """Return the version of the kernel's Landlock (its ABI); 0: it has none, or none may be used here."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return _call(_CREATE_RULESET, None, 0, _TELL_VERSION)
    except OSError:  # No such call, switched off at boot, or a container's profile forbids it.
        return 0


def restrict(grants: Iterable[Grant], known: int) -> None:
    """Have this thread, and all that it starts, keep what is granted and lose all other files.

    From version 4 on it can neither listen nor connect by TCP; from 6 on it can signal no process
    but those that it starts, nor reach their abstract sockets. It can look into no other process from 1 on.

    Args:
        grants: paths that are not there, or that may not be reached, are passed over.
        known: the version whose rights are used, at least 1 and at most `version()`.

    Raises:
        OSError: the kernel refuses; nothing is given up then.
    """
    handled = Right(sum(right for right in Right if _SINCE.get(right, 1) <= known))
    ruleset = _Ruleset(
        files=handled,
        network=_BIND_TCP | _CONNECT_TCP if known >= TCP_SINCE else 0,
        scopes=_ABSTRACT_UNIX_SOCKETS | _SIGNALS if known >= SCOPES_SINCE else 0,
    )
    # What follows the members that an older kernel knows is zero, which it accepts.
    rules = _call(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    try:
        for grant in grants:
            _add(rules, grant.path, grant.rights & handled)
        _call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _add(rules: int, path: Path, rights: Right) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _OF_FILES
        below = _BelowPath(rights=rights, folder=opened)
        _call(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(below), 0)
    finally:
        os.close(opened)


def _call(number: int, *arguments: object) -> int:
    # Its arguments are taken as they come: numbers must be as wide as the machine's registers.
    wide = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    answer: int = _LIBRARY.syscall(ctypes.c_long(number), *wide)
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return answer


_LIBRARY = ctypes.CDLL(None, use_errno=True)
_LIBRARY.syscall.restype = ctypes.c_long
