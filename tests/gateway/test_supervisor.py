"""Threads that end, hang, or wake up when another has taken their place."""

import threading

import pytest

from gateway import supervisor as module
from gateway.supervisor import Restart, Supervisor
from tests.gateway.house import House, clock_reading, punch, until


def replaced(house: House) -> object:
    """The restart that leaves a thread behind, once it comes."""
    return next((restart for restart in house.supervisor.check() if restart.how == "left behind"), None)


def test_a_hung_driver_is_freed_by_closing_it(house: House) -> None:
    house.device.hang = threading.Event()
    house.start()
    until(lambda: house.device.opened == [None])
    told: list[Restart] = []

    def opened_again() -> bool:
        told.extend(house.supervisor.check())
        return len(house.device.opened) >= 2

    until(opened_again)
    assert [(restart.device, restart.how) for restart in told[:1]] == [("pintu", "closed")]
    assert house.supervisor.workers[0].restarts == 0


def test_a_driver_that_cannot_be_freed_is_left_behind_and_replaced(house: House) -> None:
    house.device.hang = threading.Event()
    house.device.deaf, house.device.hanging_drivers = True, range(1, 2)
    house.start()
    until(lambda: house.device.opened == [None])
    first = house.supervisor.workers[0].thread
    until(lambda: replaced(house))
    assert first.is_alive()
    assert house.supervisor.workers[0].restarts == 1
    house.device.waiting = [[punch(1)]]
    until(lambda: len(house.entries("punch")) == 1)


@pytest.mark.parametrize("where", ["poll", "open", "read_clock"])
def test_what_was_left_behind_records_and_acknowledges_nothing_when_it_wakes_up(house: House, where: str) -> None:
    hang = house.device.hang = threading.Event()
    house.device.hangs_in, house.device.deaf, house.device.hanging_drivers = where, True, range(1, 2)
    house.device.offset = 3600
    house.device.late = [punch(1), punch(2), clock_reading(3600)]
    house.start()
    until(lambda: house.device.opened == [None])
    if where == "read_clock":
        house.present.want_look()
    old = house.supervisor.workers[0].thread
    until(lambda: replaced(house))
    until(lambda: house.present.state == "ok")

    def done() -> object:
        device = house.device
        return house.entries("punch"), house.events(), device.acknowledged, device.sets, device.polled.count(1)

    before = done()
    hang.set()  # the old thread goes on with what it gets
    old.join(10)
    assert not old.is_alive()
    assert done() == before


def test_a_disk_that_hangs_is_not_taken_for_a_driver_that_hangs(house: House) -> None:
    """The loop is in the middle of an append: it will have recorded, so nobody may take its place."""
    hang = house.disk.hang = threading.Event()
    house.device.waiting = [[punch(1)]]
    house.start()
    until(lambda: house.disk.hanging)
    until(lambda: house.present.idle_for() > 0.8)
    assert not house.present.abandon(0.6)
    for _ in range(5):
        assert all(restart.how == "closed" for restart in house.supervisor.check())
    hang.set()
    until(lambda: house.subjects() == ["pin:1"])
    assert house.supervisor.workers[0].restarts == 0


def test_a_loop_that_shows_life_is_not_given_up(house: House) -> None:
    house.start()
    until(lambda: house.present.state == "ok")
    assert not house.present.abandon(60)
    house.device.waiting = [[punch(1)]]
    until(lambda: house.subjects() == ["pin:1"])


def test_threads_that_hang_do_not_pile_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LEFT", 2)
    house.supervisor = Supervisor(hung_after=0.05, left_after=0.05)
    hang = house.device.hang = threading.Event()
    house.device.deaf = True
    house.start()
    worker = house.supervisor.workers[0]
    until(lambda: house.supervisor.check() is None or "restart the gateway" in worker.loop.problem)
    assert worker.restarts == 2
    assert worker.loop.state == "silent"
    hang.set()
    house.device.hang = None
    until(lambda: house.supervisor.check() is None or worker.loop.state == "ok")
    house.device.waiting = [[punch(1)]]
    until(lambda: house.subjects() == ["pin:1"])


def test_a_thread_that_ends_is_started_again_but_not_all_the_time(house: House) -> None:
    house.start()
    until(lambda: house.present.state == "ok")
    worker = house.supervisor.workers[0]

    def end() -> None:
        worker.loop.abandon(0)
        worker.thread.join(10)

    end()
    assert [restart.how for restart in house.supervisor.check()] == ["thread ended"]
    until(lambda: worker.loop.state == "ok")
    end()
    assert house.supervisor.check() == []
    until(house.supervisor.check)
    assert worker.restarts == 2
    house.device.waiting = [[punch(1)]]
    until(lambda: house.subjects() == ["pin:1"])


def test_a_driver_that_cannot_tell_its_status_is_no_trouble_to_the_supervisor(house: House) -> None:
    house.device.status = RuntimeError("not now")
    house.device.waiting = [[punch(1)]]
    house.start()
    until(lambda: house.subjects() == ["pin:1"])
    assert house.supervisor.check() == []
    house.device.status = "fine"
    assert house.present.status().serial == ""


@pytest.mark.parametrize("where", ["poll", "open"])
def test_stopping_frees_every_thread(house: House, where: str) -> None:
    house.device.hang, house.device.hangs_in = threading.Event(), where
    house.start()
    until(lambda: house.device.opened == [None])
    assert house.supervisor.stop(5) == []


def test_stopping_names_those_that_do_not_let_go_and_waits_for_the_others(house: House) -> None:
    house.device.hang, house.device.deaf = threading.Event(), True
    house.start()
    until(lambda: house.device.opened == [None])
    other = House.__new__(House)
    other.__dict__.update(house.__dict__)
    other.device = type(house.device)()
    house.supervisor.add(other.loop)
    until(lambda: house.supervisor.workers[1].loop.state == "ok")
    assert house.supervisor.stop(0.5) == ["pintu"]
    assert not house.supervisor.workers[1].thread.is_alive()


def test_a_clock_that_hangs_in_being_read_is_not_set_by_the_one_that_was_left(house: House) -> None:
    hang = house.device.hang = threading.Event()
    house.device.hangs_in, house.device.deaf, house.device.offset = "read_clock", True, 3600
    house.device.waiting = [[clock_reading(0)]]
    house.start()
    until(lambda: house.present.recorder.offset_s is not None)
    house.present.want_look()
    old = house.supervisor.workers[0].thread
    until(lambda: replaced(house))
    hang.set()
    old.join(10)
    assert house.device.sets == 0
    assert "terminal-clock-set" not in house.events()
