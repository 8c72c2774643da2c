"""Every fault on every kind of terminal: the table that `build/zkteco-matrix.txt` shows afterwards.

Some of them, on one kind after the other, in every run of the tests; all of them on all kinds in `make soak`.
"""

from pathlib import Path

import pytest

from tests.zkteco.cell import Cell
from tests.zkteco.every_fault import FAULTS
from tests.zkteco.fault import Fault
from tests.zkteco.kinds import Kind

EVERY_TIME = {
    "split frames", "cut in mid-transfer", "wrong checksums", "UDP: lose 10", "gateway away, people go on punching",
    "punches between count and read", "counts none", "events of unknown length", "events of other known lengths",
    "full: ring, while nobody looks", "cleared while nobody looks, and filled again", "clock steps back",
    "clock set at the menu", "31 February", "tamper alarm",
    "another terminal at the address, and the first one back",
}  # fmt: skip
"""Faults that every run of the tests plays, each on one kind of terminal."""
assert {fault.name for fault in FAULTS} >= EVERY_TIME


def cells() -> list[object]:
    """(fault, kind) of the whole table, all but a few of them marked as long."""
    found = []
    for number, fault in enumerate(FAULTS):
        chosen = fault.kinds[number % len(fault.kinds)] if fault.name in EVERY_TIME else None
        for kind in fault.kinds:
            marks = [] if kind is chosen else [pytest.mark.soak]
            found.append(pytest.param(fault, kind, marks=marks, id=f"{fault.name}-{kind}"))
    return found


@pytest.mark.parametrize(("fault", "kind"), cells())
@pytest.mark.usefixtures("impatient")
def test_cell(fault: Fault, kind: Kind, tmp_path: Path) -> None:
    with Cell(tmp_path, kind, silent_after=fault.silent_after) as cell:
        fault.play(cell)
        cell.settled()
        cell.looked()
        cell.judge(fault.words(kind))
        cell.reread()
