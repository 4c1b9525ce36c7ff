"""A process gives up sockets, for good, by a filter of its system calls. Linux on x86-64 and ARM64 alone."""

from __future__ import annotations

import ctypes
import errno
import os
import sys

_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""Instructions: load a word; skip some, if it is or is not; return what becomes of the call."""
_NUMBER_AT, _MACHINE_AT = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_FOREIGN_CALLS = 0x40000000
"""From here on calls of x86-64 are those of x32, by other numbers."""

_MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
"""The kernel's name of a machine; its numbers of `socket` and of `io_uring_setup`; a ring makes sockets."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        *(("code", ctypes.c_uint16), ("if_so", ctypes.c_uint8), ("if_not", ctypes.c_uint8)),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction)))


def available() -> bool:
    """Tell whether sockets can be refused here; nothing is refused by asking."""
    if _machine() is None:
        return False
    # Without a program it fails in any case: by EFAULT if there is none, by EINVAL if there are no filters.
    return _set_filter(None) == errno.EFAULT


def refuse_sockets() -> None:
    """Have the kernel refuse sockets of any family to this thread and all that it starts.

    Must have no new privileges. Sockets that are open stay open.

    Raises:
        OSError: the kernel refuses the filter.
    """
    machine = _machine()
    assert machine is not None
    name, *refused = machine
    tests = [(_AT_LEAST, _FOREIGN_CALLS), *((_EQUAL, number) for number in refused)]
    instructions = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 0, len(tests) + 2, name),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((test, len(tests) - at, 0, operand) for at, (test, operand) in enumerate(tests)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code = (_Instruction * len(instructions))(*(_Instruction(*each) for each in instructions))
    program = _Program(len(code), code)
    if error := _set_filter(ctypes.pointer(program)):
        raise OSError(error, os.strerror(error))


def _set_filter(program: ctypes._Pointer[_Program] | None) -> int:
    failed = _LIBRARY.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), program)
    return ctypes.get_errno() if failed else 0


def _machine() -> tuple[int, int, int] | None:
    # A program of 32 bits has numbers of its own.
    if not sys.platform.startswith("linux") or sys.maxsize < 2**32:
        return None
    return _MACHINES.get(os.uname().machine)


_LIBRARY = ctypes.CDLL(None, use_errno=True)
