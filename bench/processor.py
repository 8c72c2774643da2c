"""Processor time of processes, which says more than the clock on a machine that does other things besides."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def seconds(pids: Iterable[int]) -> float:
    """What these have used so far, user and system; those that are gone count nothing."""
    return sum(_used(_stat(pid)) for pid in pids)


def seconds_of_family(parent: int) -> float:
    """The same for a process and its children, those included that ended and were waited for."""
    while True:
        before = _used(_stat(parent), _CHILDREN)
        stats = [_stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()]
        own = _stat(parent)
        # A child that ended meanwhile would count twice, or not at all.
        if _used(own, _CHILDREN) == before:
            return _used(own) + before + sum(_used(stat) for stat in stats if stat and int(stat[_PARENT]) == parent)


# proc(5), counted from behind the name in brackets
_PARENT, _SELF, _CHILDREN = 1, 11, 13


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _used(stat: list[str], of: int = _SELF) -> float:
    return (int(stat[of]) + int(stat[of + 1])) / _TICK if stat else 0.0
