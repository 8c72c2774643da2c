"""Every fault of the simulated terminal, on each kind of firmware: each punch arrives, none is made up, no false word.

The loop here keeps what the gateway keeps (identities, findings by key, the cursor) and opens the driver again after
every DriverError; the end-to-end tests judge the whole way to the centre.
"""

import itertools
import time
from collections.abc import Iterator

import pytest

from gateway.errors import DriverError
from gateway.reading import Driver, Finding, Reading
from tests.drivers.rigs import SimulatedTerminal

_NUMBERS = itertools.count()
PATIENCE = 40.0
CALM = (
    "coalesce off|split off|slow off|corrupt off|interleave off|lie off|lose off|duplicate off|reorder off|unacked off"
)
STREAM = ["coalesce 5", "split 3"]
DATAGRAMS = ["lose 10", "lose 10 requests", "duplicate 20", "reorder 10"]
ANY = [
    "interleave on",
    "corrupt 3",
    "race sizes 3",
    "race read 3",
    "drop in-transfer",
    "stall 1",
    "unacked 3",
    "restart 0.5",
]
FAULTS = {
    "tft-tcp": [*STREAM, *ANY],
    "new-tcp": [*STREAM, *ANY],
    "zem-udp": [*DATAGRAMS, *ANY],
    "zem-udp-old": [*DATAGRAMS, *ANY],
}


class Loop:
    """What the gateway does with a driver, and remembers."""

    def __init__(self, rig: SimulatedTerminal) -> None:
        self._rig = rig
        self._driver: Driver | None = None
        self._cursor: str | None = None
        self.punches: set[tuple[str, str, str, int]] = set()
        self.findings: list[Finding] = []

    def until(self, count: int) -> None:
        """Poll until so many punches are known, and on until nothing more comes."""
        deadline = time.monotonic() + PATIENCE
        quiet = 0
        while len(self.punches) < count or quiet < 3:
            assert time.monotonic() < deadline, f"{len(self.punches)} punches instead of {count}"
            quiet = 0 if self._turn() else quiet + 1

    def close(self) -> None:
        """Let go of the terminal."""
        if self._driver is not None:
            self._driver.close()
        self._driver = None

    def _turn(self) -> bool:
        try:
            if self._driver is None:
                self._driver = self._rig.driver(timeout=0.5, reconcile=0.5)
                self._driver.open(self._cursor)
            reports = self._driver.poll(0.2)
        except DriverError:
            self.close()
            time.sleep(0.05)
            return False
        for report in reports:
            if isinstance(report, Reading):
                self.punches.add((report.serial, report.person, report.local_time, report.ordinal))
                self._cursor = report.cursor or self._cursor
            elif isinstance(report, Finding):
                self.findings.append(report)
        return bool(reports)


@pytest.fixture(params=FAULTS)
def rig(request: pytest.FixtureRequest) -> Iterator[SimulatedTerminal]:
    made = SimulatedTerminal(request.param, f"F{next(_NUMBERS)}-{request.param}")
    yield made
    made.end()


@pytest.mark.parametrize(
    "rig",
    ["tft-tcp", "zem-udp", *(pytest.param(other, marks=pytest.mark.soak) for other in ("new-tcp", "zem-udp-old"))],
    indirect=True,
)
def test_every_fault(rig: SimulatedTerminal) -> None:
    loop = Loop(rig)
    loop.until(rig.records())
    try:
        for fault in FAULTS[rig.profile]:
            rig.say(fault)
            for _ in range(6):
                rig.try_to("punch 1001 in finger")
                rig.try_to("punch 1002 out card")
                loop._turn()
            loop.close()  # a session that ends, and one that begins, within the fault
            rig.try_to("punch 1003 in finger")
            loop._turn()
            loop._turn()
            for command in CALM.split("|"):
                rig.say(command)
            loop.until(rig.records())
            assert len(loop.punches) == rig.records(), fault
        words = {finding.event for finding in loop.findings}
        assert words <= {"terminal-operation"}  # switched off and on by `restart`
    finally:
        loop.close()


def test_a_log_cleared_and_filled_anew(rig: SimulatedTerminal) -> None:
    loop = Loop(rig)
    before = rig.records()
    loop.until(before)
    try:
        rig.say("clear")
        for _ in range(3):
            rig.say("punch 1001 in finger")
        loop.until(before + 3)
        assert len(loop.punches) == before + 3
        assert [one.event for one in loop.findings if one.event != "terminal-operation"] == ["log-cleared"]
    finally:
        loop.close()


@pytest.mark.parametrize("lie", ["lie +7", "lie -7"])
def test_a_number_of_records_that_is_a_lie(rig: SimulatedTerminal, lie: str) -> None:
    rig.say(lie)
    loop = Loop(rig)
    loop.until(rig.records())
    try:
        rig.say("punch 1001 in finger")
        loop.until(rig.records())
        assert len(loop.punches) == rig.records()
        told = rig.profile != "new-tcp"  # which tells no number
        assert {one.event for one in loop.findings} == ({"log-miscounted"} if told else set())
        assert len({one.key for one in loop.findings}) <= 1
    finally:
        loop.close()


def test_a_ring_that_overwrites_its_oldest(rig: SimulatedTerminal) -> None:
    rig.say("full ring")
    loop = Loop(rig)
    before = rig.records()
    loop.until(before)
    try:
        for number in range(5):
            rig.say(f"punch 100{number + 1} in finger")
        loop.until(before + 5)
        assert len(loop.punches) == before + 5
    finally:
        loop.close()
