"""An office for a month, in virtual time: 300 taps a day, little network, power cuts, a broker that forgets."""

from pathlib import Path

import pytest

from tests.firmware.interpreter import DEVICE, Ran, run


def month(folder: Path, days: int, cuts: int, seed: int, patience: float) -> Ran:
    ran = run(DEVICE / "month.py", str(folder), str(days), str(cuts), str(seed), heap="200m", patience=patience)
    assert ran.code == 0, ran.output[-4000:]
    return ran


def test_a_day(tmp_path: Path) -> None:
    ran = month(tmp_path, 1, 3, 11, 150)
    assert int(ran.value("taps")) > 200
    assert int(ran.value("boots")) > 3


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_thirty_days(tmp_path: Path) -> None:
    ran = month(tmp_path, 30, 40, 7, 5000)
    assert int(ran.value("taps")) > 8000
    assert int(ran.value("lost_by_broker")) > 0
    assert int(ran.value("boots")) > 40
