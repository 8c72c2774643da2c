"""The device loop over the real log, with a scripted driver as the device."""

import threading

import pytest

from gateway.errors import DeviceRefused, DeviceSilent, LogFull, LogUnwritable
from tests.gateway.house import House, clock_reading, punch, until


def test_readings_are_on_disk_before_the_device_hears_of_them(house: House) -> None:
    house.device.waiting = [[punch(1), punch(2, cursor="after 2")]]
    house.disk.full = True
    house.start()
    until(lambda: len(house.errors) >= 2)
    assert isinstance(house.errors[0], LogUnwritable)
    assert house.device.acknowledged == 0
    assert house.log.cursor("pintu") is None
    house.disk.full = False
    until(lambda: house.device.acknowledged == 2)
    assert house.subjects() == ["pin:1", "pin:2"]
    assert house.log.cursor("pintu") == "after 2"


def test_a_device_that_gives_everything_again_makes_no_second_entry(house: House) -> None:
    batch = [punch(n, cursor=str(n)) for n in range(50)]
    house.device.waiting = [batch, batch]
    house.start()
    until(lambda: house.device.acknowledged == 100)
    assert len(house.entries("punch")) == 50
    assert house.present.recorder.tally.known == 50


def test_it_opens_again_after_silence_and_says_so(house: House) -> None:
    house.device.error = DeviceSilent("pintu: no answer")
    house.start()
    until(lambda: len(house.device.opened) >= 3)
    assert (house.present.state, house.present.problem) == ("silent", "pintu: no answer")
    house.device.waiting = [[punch(1, cursor="c1")]]
    house.device.error = None
    until(lambda: house.entries("punch"))
    assert house.events() == ["log-created", "device-silent", "device-back"]
    assert house.present.state == "ok"


def test_a_device_that_opens_and_then_fails_is_silent_all_the_same(house: House) -> None:
    house.start()
    until(lambda: house.present.state == "ok")
    house.device.error = DeviceSilent("pintu: cut")
    until(lambda: "device-silent" in house.events())
    open_before = len(house.device.opened)
    until(lambda: len(house.device.opened) >= open_before + 3)
    house.device.error = None
    until(lambda: "device-back" in house.events())
    assert house.events() == ["log-created", "device-silent", "device-back"]


def test_a_refusal_is_told_apart_also_after_silence(house: House) -> None:
    house.device.error = DeviceSilent("pintu: no answer")
    house.start()
    until(lambda: "device-silent" in house.events())
    house.device.error = DeviceRefused("pintu: wrong comm key")
    until(lambda: "device-refused" in house.events())
    assert house.present.state == "refused"
    opened = len(house.device.opened)
    until(lambda: len(house.device.opened) >= opened + 3)
    assert house.events() == ["log-created", "device-silent", "device-refused"]


def test_silence_while_the_disk_refuses_is_on_record_when_it_takes_entries_again(house: House) -> None:
    house.disk.full = True
    house.device.error = DeviceSilent("pintu: no answer")
    house.start()
    until(lambda: house.errors)
    house.device.error = None
    until(lambda: house.present.state == "ok")
    house.disk.full = False
    until(lambda: "device-back" in house.events())
    assert house.events() == ["log-created", "device-silent", "device-back"]
    assert house.audits("device-silent")[0]["detail"]["at"].endswith("+07:00")


@pytest.mark.parametrize("error", [ZeroDivisionError("oops"), SystemExit(3)])
def test_a_broken_driver_does_not_take_the_thread_down(house: House, error: BaseException) -> None:
    house.device.error = error
    house.start()
    until(lambda: len(house.device.opened) >= 3)
    assert type(error).__name__ in house.present.problem
    house.device.error = None
    house.device.waiting = [[punch(1)]]
    until(lambda: house.entries("punch"))
    assert house.supervisor.check() == []


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize("error", [DeviceSilent("pintu:\n" + "x" * 100_000), DeviceSilent("a\ud800b"), Unspeakable()])
def test_what_a_broken_driver_says_is_one_line_of_bounded_length(house: House, error: Exception) -> None:
    house.device.error = error
    house.start()
    until(lambda: "device-silent" in house.events())
    assert 0 < len(house.present.problem) <= 300
    assert "\n" not in house.present.problem
    assert house.audits("device-silent")[0]["detail"]["reason"] == house.present.problem


def test_a_driver_that_fails_while_closing_hides_nothing(house: House) -> None:
    house.device.close_error = OSError("already closed")
    house.device.error = DeviceSilent("pintu: cut")
    house.start()
    until(lambda: len(house.device.opened) >= 3)
    assert house.present.problem == "pintu: cut"
    house.present.interrupt()


def test_it_goes_on_where_it_stopped(house: House) -> None:
    house.device.waiting = [[punch(1, cursor="c1")]]
    house.start()
    until(lambda: house.device.acknowledged == 1)
    house.device.error = DeviceSilent("pintu: cut")
    until(lambda: len(house.device.opened) >= 2)
    assert house.device.opened[:2] == [None, "c1"]


def test_a_full_log_stops_the_polling(house: House) -> None:
    house.room = False
    house.device.waiting = [[punch(1)]]
    house.start()
    until(lambda: house.device.opened == [None])
    assert not house.entries("punch")
    house.room = True
    until(lambda: len(house.entries("punch")) == 1)


def test_what_was_polled_when_the_stop_came_is_recorded(house: House) -> None:
    """A sensor without a log of its own gives each punch once."""
    house.disk.full = True
    house.device.waiting = [[punch(1)]]
    house.start()
    until(lambda: house.errors)
    house.disk.full = False
    assert house.supervisor.stop(5) == []
    assert house.subjects() == ["pin:1"]


def test_a_disk_that_refuses_does_not_hold_up_the_stop(house: House) -> None:
    house.disk.full = True
    house.device.waiting = [[punch(1)]]
    house.start()
    until(lambda: house.errors)
    assert house.supervisor.stop(5) == []
    assert not any(isinstance(error, LogFull) for error in house.errors)
    assert house.device.acknowledged == 0


def test_a_wrong_clock_is_set_and_left_as_evidence(house: House) -> None:
    house.device.offset = -90
    house.device.waiting = [[clock_reading(-90), punch(1)]]
    house.start()
    until(lambda: house.device.sets == 1 and "terminal-clock-set" in house.events())
    assert house.events() == ["log-created", "terminal-clock-wrong", "terminal-clock-set"]
    assert house.present.recorder.offset_s == pytest.approx(0, abs=1.5)


def test_a_look_that_somebody_asked_for_comes_with_nothing_to_report(house: House) -> None:
    house.start()
    until(lambda: house.present.state == "ok")
    assert house.present.recorder.offset_s is None
    house.device.offset = 40
    house.present.want_look()
    until(lambda: "terminal-clock-set" in house.events())
    assert house.device.sets == 1


def test_a_look_that_is_asked_for_while_something_is_written_is_not_forgotten(house: House) -> None:
    house.start()
    until(lambda: house.present.state == "ok")
    house.device.offset, house.disk.hang = 100, threading.Event()
    house.device.waiting = [[punch(1)]]
    until(lambda: house.disk.hanging)
    house.present.want_look()
    hang, house.disk.hang = house.disk.hang, None
    hang.set()
    until(lambda: house.device.sets == 1)
