"""Jobs that do harm, for workers in other processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from offercast.cohort.source import Part, names_of

KILLER = "seeker-0000013"


def names(part: Part) -> tuple[list[str], int]:
    """Who is in a part, and where that was found out."""
    return names_of(part), os.getpid()


def dies_of_one(part: Part) -> list[str]:
    """The process dies where one seeker is among them."""
    found = names_of(part)
    if KILLER in found:
        os.kill(os.getpid(), signal.SIGKILL)
    return found


def dies_thrice(part: Part, *, marks: str) -> list[str]:
    """The first three processes that are asked die, whatever they are asked for."""
    for number in range(3):
        try:
            (Path(marks) / str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
    return names_of(part)


def raises(part: Part) -> list[str]:
    raise ArithmeticError(part.key)


def naps(part: Part, *, seconds: float) -> list[str]:
    """Takes its time."""
    time.sleep(seconds)
    return names_of(part)
