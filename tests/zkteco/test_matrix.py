"""Every fault on every kind of terminal: the table that `build/zkteco-matrix.txt` shows afterwards."""

from pathlib import Path

import pytest

from tests.zkteco.cell import Cell
from tests.zkteco.every_fault import FAULTS
from tests.zkteco.fault import Fault
from tests.zkteco.kinds import Kind

CELLS = [(fault, kind) for fault in FAULTS for kind in fault.kinds]


@pytest.mark.parametrize(("fault", "kind"), CELLS, ids=lambda value: getattr(value, "name", str(value)))
@pytest.mark.usefixtures("impatient")
def test_cell(fault: Fault, kind: Kind, tmp_path: Path) -> None:
    with Cell(tmp_path, kind, silent_after=fault.silent_after) as cell:
        fault.play(cell)
        cell.settled()
        cell.looked()
        cell.judge(fault.words(kind))
        cell.reread()
