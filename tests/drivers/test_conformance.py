"""What every driver promises (gateway.reading.Driver), on the virtual device, on simulated terminals, on hardware."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from gateway.errors import DriverError
from gateway.reading import ClockReading, DeviceStatus, Driver, Finding, Reading, Report, SettableClock
from tests.drivers.rigs import RealDevice, Rig, SimulatedTerminal, VirtualRig

KINDS = ["virtual", "zkteco:tft-tcp", "zkteco:new-tcp", "zkteco:zem-udp", "zkteco:zem-udp-old"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", [*KINDS, *metafunc.config.getoption("--device", default=[])])


@pytest.fixture(scope="module")
def rigs() -> Iterator[dict[str, Rig]]:
    """One device a kind; tests leave it plugged in, with a longer log."""
    made: dict[str, Rig] = {}
    yield made
    for rig in made.values():
        rig.end()


@pytest.fixture
def rig(kind: str, rigs: dict[str, Rig]) -> Rig:
    name, _, profile = kind.partition(":")
    if kind not in rigs:
        if name == "virtual":
            rigs[kind] = VirtualRig("conformance")
        elif kind in KINDS:
            rigs[kind] = SimulatedTerminal(profile, f"SN-{profile}")
        else:
            rigs[kind] = RealDevice(kind)
    return rigs[kind]


@pytest.fixture
def driver(rig: Rig) -> Iterator[Driver]:
    made = rig.driver()
    yield made
    made.close()


def poll_until(driver: Driver, condition: Callable[[list[Report]], object], seconds: float) -> list[Report]:
    deadline = time.monotonic() + seconds
    found: list[Report] = []
    while not condition(found):
        assert time.monotonic() < deadline, f"it did not come about: {found[-2:]}"
        found += driver.poll(0.1)
    return found


def everything(driver: Driver) -> list[Report]:
    """What there is until two polls in a row give nothing."""
    found: list[Report] = []
    quiet = 0
    while quiet < 2:
        batch = driver.poll(0.2)
        quiet = 0 if batch else quiet + 1
        found += batch
    return found


def punches(reports: list[Report]) -> list[Reading]:
    return [report for report in reports if isinstance(report, Reading)]


def identities(reports: list[Report]) -> set[tuple[str, str, str, int]]:
    return {(one.serial, one.person, one.local_time, one.ordinal) for one in punches(reports)}


def last_cursor(reports: list[Report]) -> str | None:
    return next((one.cursor for one in reversed(punches(reports)) if one.cursor), None)


def test_reports_are_what_the_seam_says(rig, driver):
    rig.punch()
    driver.open(None)
    found = everything(driver)
    serial = driver.status().serial
    assert serial
    assert punches(found)
    assert all(isinstance(report, Reading | Finding | ClockReading) for report in found)
    assert {report.serial for report in found} == {serial}
    for one in punches(found):
        assert TIME.fullmatch(one.local_time)
        assert one.person.strip()
        assert one.raw
        json.dumps(one.extra)
    for finding in found:
        if isinstance(finding, Finding):
            json.dumps(finding.detail)


def test_nothing_new_is_an_empty_answer(driver):
    driver.open(None)
    everything(driver)
    assert list(driver.poll(0)) == []


def test_a_punch_comes_live_once(rig, driver):
    driver.open(None)
    before = everything(driver)
    rig.punch()
    found = poll_until(driver, punches, rig.patience) + everything(driver)
    (punch,) = punches(found)
    assert punch.origin == "live"
    assert not identities(found) & identities(before)


def test_nothing_is_lost_or_doubled_across_sessions(rig, driver):
    """Punches before, between and within sessions; some batches are lost in a crash before they were on disk."""
    kept: list[Report] = []
    driver.open(None)
    kept += everything(driver)
    start = len(identities(kept))
    for number in range(3):
        rig.punch()
        poll_until(driver, punches, rig.patience)  # taken, and lost
        rig.punch()
        driver.close()
        rig.punch()
        driver.open(last_cursor(kept) if number else None)
        kept += everything(driver)
    assert len(identities(kept)) == start + 9


def test_a_driver_made_anew_goes_on_from_the_cursor(rig, driver):
    driver.open(None)
    before = everything(driver)
    driver.close()
    rig.punch()
    other = rig.driver()
    other.open(last_cursor(before))
    try:
        found = everything(other)
    finally:
        other.close()
    assert len(identities(found) - identities(before)) == 1


def test_close_frees_a_poll_that_waits(rig, driver):
    driver.open(None)
    everything(driver)
    outcome: list[object] = []

    def wait() -> None:
        try:
            outcome.append(driver.poll(120))
        except DriverError as error:
            outcome.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while not outcome and thread.is_alive():
        driver.close()
        thread.join(0.2)
        if not thread.is_alive():
            break
    thread.join(10)
    assert not thread.is_alive()
    assert outcome == [[]] or isinstance(outcome[0], DriverError)


def test_close_may_be_called_ever_again_and_before_open(rig, driver):
    driver.close()
    driver.open(None)
    driver.close()
    driver.close()
    with pytest.raises(DriverError):
        driver.poll(0)
    driver.open(None)
    assert everything(driver)


def test_status_from_any_thread_at_any_time(rig, driver):
    seen: list[DeviceStatus] = [driver.status()]
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.append(driver.status())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        driver.open(None)
        everything(driver)
    finally:
        done.set()
        thread.join(10)
    assert not thread.is_alive()
    assert all(isinstance(status, DeviceStatus) for status in seen)
    assert driver.status().serial


def test_a_device_that_goes_away_is_a_driver_error_and_comes_back(rig, driver):
    driver.open(None)
    before = everything(driver)
    rig.unplug()
    with pytest.raises(DriverError):
        poll_until(driver, lambda _: False, rig.patience + 20)
    driver.close()
    with pytest.raises(DriverError):
        driver.open(None)
    driver.close()
    rig.plug()
    driver.open(None)
    assert identities(everything(driver)) >= identities(before)


def test_the_clock_can_be_read_and_set(rig, driver):
    driver.open(None)
    if isinstance(driver, SettableClock):
        now = time.strftime("%Y-%m-%dT%H:%M:%S")
        driver.set_clock(now)
        reading = driver.read_clock()
        assert reading.serial == driver.status().serial
        assert now[:15] <= reading.local_time[:15]
        assert reading.round_trip >= 0
