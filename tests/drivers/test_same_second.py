"""Two punches of one person within a second, one known from the log and one live: two facts, not one."""

import time
from datetime import datetime

import pytest

from gateway.drivers.table import create
from gateway.punch import identity
from gateway.reading import Reading
from simulators.zkteco import TerminalServer, clock

MOMENT = clock.stamp(datetime(2026, 11, 24, 7, 28, 41))  # noqa: DTZ001 - a terminal's clock has no zone


@pytest.mark.parametrize("before", [1, 2])
def test_the_live_one_is_not_taken_for_the_one_in_the_log(before: int) -> None:
    with TerminalServer("tft-tcp", users=3, pause=0.0) as terminal:
        for _ in range(before):
            terminal.punch("1042", stamp=MOMENT)
        driver = create("zkteco", {"host": terminal.host, "port": terminal.port, "reconcile": 3600}, "pintu")
        driver.open(None)
        try:
            facts: dict[str, Reading] = {}
            _take(driver, facts, before)
            terminal.punch("1042", stamp=MOMENT)
            _take(driver, facts, before + 1)
        finally:
            driver.close()
    assert sorted(reading.ordinal for reading in facts.values()) == list(range(before + 1))


def _take(driver: object, facts: dict[str, Reading], count: int) -> None:
    end = time.monotonic() + 10
    while len(facts) < count:
        assert time.monotonic() < end, f"{len(facts)} of {count} punches came"
        for report in driver.poll(0.2):  # type: ignore[attr-defined]
            if isinstance(report, Reading):
                facts.setdefault(identity(report), report)
