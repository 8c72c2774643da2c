"""A driver on a scripted terminal, closed whatever happens."""

from collections.abc import Callable, Iterator

import pytest

from gateway.drivers import table
from gateway.drivers.zkteco.driver import ZktecoDriver
from gateway.reading import Reading, Report
from tests.drivers.zkteco.scripted import ScriptedTerminal

Connect = Callable[..., ZktecoDriver]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """connect(terminal, since=None, **options): a driver, open."""
    made: list[ZktecoDriver] = []

    def opened(terminal: ScriptedTerminal, since: str | None = None, **options: object) -> ZktecoDriver:
        keys = {"host": "127.0.0.1", "port": terminal.port, "timeout": 2, **options}
        if terminal.udp:
            keys["transport"] = "udp"
        driver = table.create("zkteco", keys, "pintu")
        assert isinstance(driver, ZktecoDriver)
        made.append(driver)
        driver.open(since)
        return driver

    yield opened
    for driver in made:
        driver.close()


def drain(driver: ZktecoDriver, polls: int = 400) -> list[Report]:
    """Everything that is there to be had: polls until nothing comes."""
    found: list[Report] = []
    for _ in range(polls):
        batch = driver.poll(0.05)
        if not batch:
            return found
        found += batch
    raise AssertionError("it never comes to an end")


def punches(reports: list[Report]) -> list[Reading]:
    """The punches among them."""
    return [report for report in reports if isinstance(report, Reading)]


def people(reports: list[Report]) -> list[str]:
    """Who punched, in order."""
    return [reading.person for reading in punches(reports)]


def events(reports: list[Report]) -> list[str]:
    """The words of the findings among them, in order."""
    return [report.event for report in reports if hasattr(report, "event")]


def last_cursor(reports: list[Report]) -> str | None:
    """Where to go on after them."""
    cursors = [str(report.cursor) for report in reports if getattr(report, "cursor", None)]
    return cursors[-1] if cursors else None


def identities(reports: list[Report]) -> set[tuple[str, str, str, int]]:
    """What makes a punch the same punch."""
    return {(one.serial, one.person, one.local_time, one.ordinal) for one in punches(reports)}


def until(driver: ZktecoDriver, condition: Callable[[list[Report]], object], polls: int = 200) -> list[Report]:
    """Everything up to the poll after which `condition` holds of it."""
    found: list[Report] = []
    for _ in range(polls):
        found += driver.poll(0.02)
        if condition(found):
            return found
    raise AssertionError(f"it did not come about: {found[-3:]}")
