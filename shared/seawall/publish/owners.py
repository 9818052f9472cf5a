"""Who takes letters: a process of a host, and whether it still lives."""

import os
import socket
from typing import Final

LARGEST_PID: Final = 2**31 - 1
"""What kill(2) takes."""


def this_owner() -> str:
    """Names this process to a queue."""
    return f"{socket.gethostname()}:{os.getpid()}"


def owner_is_dead(owner: str) -> bool:
    """Whether a process of this very host is gone. When in doubt it lives.

    Its number may have been given to another process since (it then seems to live, and its letters
    come back when their time is up), and two containers may call themselves the same host (it then
    seems dead, and its letters are delivered twice, which they are made for).
    """
    host, _, number = owner.rpartition(":")
    if host != socket.gethostname() or not _is_pid(number) or os.name != "posix":
        return False  # os.kill(pid, 0) would end the process on Windows
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it is there, and another user's
    return False


def _is_pid(number: str) -> bool:
    """A positive number: kill(2) means groups of processes by the others."""
    digits = len(str(LARGEST_PID))
    plain = number.isascii() and number.isdecimal() and len(number) <= digits
    return plain and 0 < int(number) <= LARGEST_PID
