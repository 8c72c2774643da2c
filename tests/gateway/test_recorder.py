"""From reports to entries on the real log: drivers that break every promise, disks that refuse, clocks that are set."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import topics
from contract.entry import MAX_BYTES
from gateway.errors import DeviceSilent, LogUnwritable
from gateway.log.log import Log
from gateway.reading import DeviceStatus, Finding, Reading
from gateway.recorder import MAX_CURSOR, Batch
from tests.gateway import strange
from tests.gateway.house import House, ScriptedDriver, clock_reading, punch, until
from tests.schemas import check_entry

# What a third party's driver hands over


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],  # one house for all is meant
)
@given(reports=st.lists(strange.reports, min_size=1, max_size=5))
def test_every_report_becomes_a_valid_entry_or_was_known(house: House, reports: list[Any]) -> None:
    before = house.log.marks().next
    recorder = house.recorder()
    good = punch(7)
    recorder.commit(recorder.prepare([*reports, good]))
    house.log.keep_marks()
    new = house.log.read(before - 1, 100)
    for entry in new:
        check_entry(entry.raw, topics.log("kec", "gw1", entry.kind))
        assert len(entry.raw) <= MAX_BYTES
    again = house.recorder()
    again.commit(again.prepare([one for one in reports if isinstance(one, Reading)]))
    assert house.log.marks().next == before + len(new)


@pytest.mark.parametrize(
    "odd",
    [
        punch(2, method="smell"),
        punch(2, scheme="nip"),
        punch(2, ordinal="first"),
        Reading("SN1", "", "2024-05-22T07:00:00", b"\x01"),
        Reading("SN1", "x" * 65, "2024-05-22T07:00:00", b"\x01"),
        Reading("SN1", "xyz", "2024-05-22T07:00:00", b"\x01", scheme="card"),
        Reading("SN1", 1042, "2024-05-22T07:00:00", b"\x01"),  # type: ignore[arg-type]
        Finding("tamper-alarm-loud", "SN1", {"code": 55}, raw=b"\x02"),
        Finding("alarm", 7, {"code": 55}),  # type: ignore[arg-type]
        "pin 1042 punched",
        None,
    ],
)
def test_what_no_entry_can_be_made_of_is_kept_and_holds_up_nothing(house: House, odd: Any) -> None:
    house.device.waiting = [[punch(1), odd, punch(3)], [odd]]
    house.start()
    until(lambda: house.device.acknowledged == 4)
    assert house.subjects() == ["pin:1", "pin:3"]
    (data,) = house.audits("record-unreadable")
    assert data["detail"]["why"]
    if isinstance(odd, Finding):
        assert str(odd.event) in data["detail"]["event"]
        assert data["detail"]["detail"] == {"code": 55}
    elif isinstance(odd, Reading):
        assert data["detail"]["person"] == odd.person
        assert data["raw"] == odd.raw.hex()
    else:
        assert str(odd) in data["detail"]["report"]
    assert len(house.device.opened) == 1


@pytest.mark.parametrize("extra", [{"x": b"\x00"}, {"x": float("nan")}, {"x": {1, 2}}, {"x": "y" * 100_000}, {1: 2}])
def test_strange_facts_beside_a_punch_do_not_cost_the_punch(house: House, extra: dict[Any, Any]) -> None:
    house.device.waiting = [[punch(1, extra=extra)]]
    house.start()
    until(lambda: house.device.acknowledged == 1)
    assert house.subjects() == ["pin:1"]
    (entry,) = house.entries("punch")
    assert set(entry["data"]["device"]) > {"serial", "time"}


def test_a_drivers_facts_never_stand_in_place_of_ours(house: House) -> None:
    house.device.waiting = [[punch(1, extra={"serial": 7, "time": None})]]
    house.start()
    until(lambda: house.device.acknowledged == 1)
    (entry,) = house.entries("punch")
    assert entry["data"]["device"]["serial"] == "SN1"
    assert entry["data"]["device"]["extra"] == {"serial": 7, "time": None}


def test_a_generator_of_readings_loses_none(house: House) -> None:
    house.device.waiting = [(punch(n, cursor=str(n)) for n in (1, 2, 3))]
    house.start()
    until(lambda: house.log.cursor("pintu") == "3")
    assert house.subjects() == ["pin:1", "pin:2", "pin:3"]


def test_a_look_at_the_clock_may_bring_a_cursor(house: House) -> None:
    """What is known of a device changes although nobody punches."""
    recorder = house.recorder()
    recorder.commit(recorder.prepare([replace(clock_reading(0), cursor="seen")]))
    assert house.log.cursor("pintu") == "seen"


@pytest.mark.parametrize("cursor", [b"17", 17, "x" * (MAX_CURSOR + 1)])
def test_a_cursor_that_is_no_short_text_is_not_kept_and_hurts_nobody(house: House, cursor: Any) -> None:
    house.device.waiting = [[punch(1, cursor=cursor)]]
    house.start()
    until(lambda: house.device.acknowledged == 1)
    house.log.keep_marks()
    assert house.log.cursor("pintu") is None
    assert house.subjects() == ["pin:1"]


def test_raw_bytes_beyond_the_limit_are_cut_and_it_says_so(house: House) -> None:
    reading = Reading("SN1", "1", "2024-05-22T07:00:00", b"\x07" * 10_000)
    bad_day = Reading("SN1", "2", "2024-02-31T07:00:00", b"\x07" * 10_000)
    finding = Finding("alarm", "SN1", {}, raw=b"\x07" * 10_000)
    recorder = house.recorder()
    recorder.commit(recorder.prepare([reading, bad_day, finding]))
    (device,) = [entry["data"]["device"] for entry in house.entries("punch")]
    details = [data["detail"] for word in ("alarm", "record-implausible") for data in house.audits(word)]
    for facts in (device, *details):
        assert facts["raw_bytes"] == 10_000
        assert len(facts["raw_sha256"]) == 64


# Disks


class _Counting:
    """A log that refuses at the given appends."""

    def __init__(self, log: Log, refuse: set[int]) -> None:
        self._log, self._refuse, self.calls = log, refuse, 0

    def append(self, drafts: Any) -> Any:
        self.calls += 1
        if self.calls in self._refuse:
            raise LogUnwritable("no space")
        return self._log.append(drafts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def test_evidence_without_an_identity_is_recorded_once_however_often_the_disk_refuses(house: House) -> None:
    findings = [Finding("alarm", "SN1", {"number": number}) for number in range(1200)]
    recorder = house.recorder()
    recorder._log = _Counting(house.log, {2, 4})
    batch = recorder.prepare([*findings, punch(1, cursor="end")])
    for _ in range(2):
        with pytest.raises(LogUnwritable):
            recorder.commit(batch)
        assert house.log.cursor("pintu") is None
    recorder.commit(batch)
    assert [data["detail"]["number"] for data in house.audits("alarm")] == list(range(1200))
    assert house.log.cursor("pintu") == "end"


def test_the_newest_punch_is_the_newest_whatever_order_they_come_in(house: House) -> None:
    recorder = house.recorder()
    for number in (3, 1, 2):
        recorder.commit(recorder.prepare([punch(number)]))
    assert recorder.tally.last_punch == "2024-05-23T07:00:03+07:00"


# The device's clock


def test_a_step_is_on_record_although_setting_the_clock_fails(house: House) -> None:
    house.device.waiting = [[clock_reading(0)]]
    house.start()
    until(lambda: house.present.recorder.offset_s is not None)
    house.device.set_error = DeviceSilent("pintu: cut")
    house.device.offset = -3600
    house.present.want_look()
    until(lambda: len(house.device.opened) >= 2)
    assert "terminal-clock-stepped" in house.events()
    assert "terminal-clock-wrong" in house.events()
    assert "terminal-clock-set" not in house.events()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_setting_that_was_not_seen_is_ours_and_nobodys_forgery(house: House, restarted: bool) -> None:
    """The line breaks, or the gateway is killed, between setting the clock and reading it again."""
    house.device.unseen_error = DeviceSilent("pintu: cut")
    house.device.waiting = [[clock_reading(-3600)]]
    house.start()
    until(lambda: house.device.sets == 1 and len(house.device.opened) >= 2)
    assert "terminal-clock-set" not in house.events()
    if restarted:
        assert house.supervisor.stop(5) == []
        house.supervisor.workers.clear()
        house.start()
    house.device.waiting = [[clock_reading(0)]]
    until(lambda: "terminal-clock-set" in house.events())
    assert "terminal-clock-stepped" not in house.events()
    (data,) = house.audits("terminal-clock-set")
    assert data["detail"]["offset_before_s"] == pytest.approx(-3600, abs=2)
    assert data["detail"]["offset_s"] == pytest.approx(0, abs=2)
    assert house.device.sets == 1


def changed(moment: str, *, watched: bool = False, serial: str = "SN1") -> Finding:
    """A setting of the clock as the device recorded it."""
    detail: dict[str, object] = {"code": 21, "time": moment}
    return Finding("terminal-clock-changed", serial, detail if watched else {**detail, "watched": False})


@pytest.mark.parametrize("off", [0, -3600])
def test_our_own_setting_that_the_device_tells_us_of_after_a_restart_is_not_held_against_anybody(
    house: House, off: int
) -> None:
    """By the time it showed after the setting (0), or by the one before. The gateway was killed as it set it."""
    recorder, driver = house.recorder(), house.device.driver()
    house.device.unseen_error = DeviceSilent("pintu: cut")
    batch = recorder.prepare([clock_reading(-3600)])
    recorder.commit(batch)
    with pytest.raises(DeviceSilent):
        recorder.tend_clock(batch, driver)
    ours = clock_reading(off).local_time
    for reports in ([clock_reading(0)], [changed(ours)], [changed(ours)]):
        restarted = house.recorder()
        restarted.commit(restarted.prepare(reports))
    (mine,) = house.audits("terminal-operation")
    assert mine["detail"]["by"] == "gateway"
    assert len(house.audits("terminal-clock-changed")) == 1  # ours was one, not two


@pytest.mark.parametrize(
    "foreign",
    [
        lambda now: changed("2026-01-05T07:25:00"),
        lambda now: changed(now, watched=True),
        lambda now: changed(now, serial="SN2"),
        lambda now: changed("no time"),
        lambda now: changed(clock_reading(-600).local_time),
        lambda now: Finding("terminal-clock-changed", "SN1", {"watched": False}),
    ],
)
def test_a_setting_by_others_is_told_as_such_although_we_set_the_clock_too(
    house: House, foreign: Callable[[str], Finding]
) -> None:
    recorder, driver = house.recorder(), house.device.driver()
    batch: Batch | None = recorder.prepare([clock_reading(-3600)])
    while batch is not None:
        recorder.commit(batch)
        batch = recorder.tend_clock(batch, driver)
    restarted = house.recorder()
    restarted.commit(restarted.prepare([foreign(clock_reading(0).local_time)]))
    assert len(house.audits("terminal-clock-changed")) == 1
    assert house.audits("terminal-operation") == []


def test_of_two_settings_that_may_be_ours_the_last_one_is(house: House) -> None:
    """Somebody turned the clock back an hour, we put it right and were killed."""
    recorder, driver = house.recorder(), house.device.driver()
    house.device.unseen_error = DeviceSilent("pintu: cut")
    batch = recorder.prepare([clock_reading(-3600)])
    recorder.commit(batch)
    with pytest.raises(DeviceSilent):
        recorder.tend_clock(batch, driver)
    theirs, ours = changed(clock_reading(-3600).local_time), changed(clock_reading(0).local_time)
    restarted = house.recorder()
    restarted.commit(restarted.prepare([theirs, ours]))
    assert [data["detail"]["time"] for data in house.audits("terminal-clock-changed")] == [theirs.detail["time"]]
    assert [data["detail"]["time"] for data in house.audits("terminal-operation")] == [ours.detail["time"]]


def test_a_punch_whose_time_does_not_fit_is_not_vouched_for(house: House) -> None:
    recorder = house.recorder()
    recorder.commit(recorder.prepare([clock_reading(0)]))
    times = (clock_reading(0).local_time, clock_reading(-900).local_time)
    recorder.commit(recorder.prepare([Reading("SN1", "7", time, b"", origin="live") for time in times]))
    fits, does_not = [entry["data"]["clock"] for entry in house.entries("punch")]
    assert fits["state"] == "synced"
    assert does_not == {"state": "holdover"}


def test_a_clock_that_was_set_while_the_gateway_was_off_shows_as_a_step(house: House) -> None:
    """No device needs to keep a record of it: the offset of the last look is kept over a restart."""
    recorder = house.recorder()
    recorder.commit(recorder.prepare([clock_reading(0)]))
    restarted = house.recorder()
    restarted.commit(restarted.prepare([clock_reading(-900)]))
    (step,) = house.audits("terminal-clock-stepped")
    assert step["detail"]["step_s"] == pytest.approx(-900, abs=2)
    assert step["detail"]["compared_at"] is not None


class Rereadable(ScriptedDriver):
    """A driver whose device has a log."""

    rereads = 0

    def reread(self) -> None:
        self.rereads += 1


def test_a_live_punch_that_is_known_makes_the_devices_log_be_read(house: House) -> None:
    """The clock was turned back: the same person, at a second at which that person had punched before."""
    recorder, driver = house.recorder(), Rereadable(house.device)

    def poll(*reports: Reading) -> int:
        batch = recorder.prepare(reports)
        recorder.commit(batch)
        recorder.tend_clock(batch, driver)
        return driver.rereads

    assert poll(punch(1), punch(2), punch(3, origin="live")) == 0
    assert poll(punch(1), punch(2), punch(4, origin="live")) == 0  # what is read again is known, and no cause
    assert poll(punch(5, origin="live"), punch(1, origin="live")) == 1
    assert poll() == 1


def test_the_setting_is_remembered_on_disk_before_it_happens(house: House) -> None:
    recorder = house.recorder()
    batch = recorder.prepare([clock_reading(-3600)])
    recorder.commit(batch)
    driver = house.device.driver()
    house.device.set_error = DeviceSilent("pintu: cut")
    with pytest.raises(DeviceSilent):
        recorder.tend_clock(batch, driver)
    state = (house.log._root.parent / "state.json").read_text()
    assert '\\"setting\\":true' in state


def test_records_made_before_we_set_a_clock_that_was_ahead_are_punches(house: House) -> None:
    """The terminal was an hour ahead all night: what its log has of the last hour lies in the future now."""
    recorder = house.recorder()
    driver = house.device.driver()
    house.device.offset = 3600
    early = clock_reading(3600 - 7200).local_time
    late = clock_reading(3600 - 60).local_time
    batch: Batch | None = recorder.prepare([clock_reading(3600)])
    while batch is not None:
        recorder.commit(batch)
        batch = recorder.tend_clock(batch, driver)
    assert house.events()[-1] == "terminal-clock-set"
    from_log = [Reading("SN1", who, when, b"") for who, when in (("1", early), ("2", late))]
    recorder.commit(recorder.prepare(from_log))
    assert house.subjects() == ["pin:1", "pin:2"]
    offsets = [entry["data"]["clock"]["offset_s"] for entry in house.entries("punch")]
    assert offsets == [pytest.approx(3600, abs=2)] * 2


def test_punches_that_come_with_a_look_at_the_clock_are_told_what_it_showed(house: House) -> None:
    recorder = house.recorder()
    reports = [punch(1), clock_reading(60), punch(2), clock_reading(300), punch(3)]
    recorder.commit(recorder.prepare(reports))
    told = [entry["data"]["clock"].get("offset_s") for entry in house.entries("punch")]
    assert told == [None, pytest.approx(60, abs=2), pytest.approx(300, abs=2)]


def test_a_status_of_nonsense_does_not_keep_evidence_from_being_recorded(house: House) -> None:
    house.device.status = DeviceStatus(serial="x" * 500)
    house.device.error = DeviceSilent("pintu: no answer")
    house.start()
    until(lambda: "device-silent" in house.events())
