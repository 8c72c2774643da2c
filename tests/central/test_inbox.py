"""How batches form. Whoever waited for what does not come would wait for HOURS, longer than any test may."""

import threading

from central.ingest.arrival import Arrival
from central.ingest.inbox import LINGERS, MOST, Inbox

HOURS = 7200.0
SOON = 0.01


def arrivals(first: int, last: int) -> list[Arrival]:
    return [Arrival("t", str(number).encode()) for number in range(first, last)]


def filled(count: int) -> Inbox:
    inbox = Inbox()
    for one in arrivals(0, count):
        inbox.put(one)
    return inbox


def test_a_full_batch_waits_for_nothing_more() -> None:
    inbox = filled(25)
    assert inbox.batch(19, HOURS, HOURS) == arrivals(0, 19)
    assert inbox.batch(6, HOURS, HOURS) == arrivals(19, 25)


def test_a_batch_that_is_not_full_is_taken_when_no_more_come() -> None:
    inbox = filled(10)  # all that this broker lets be on its way: the next comes after we acknowledged
    assert inbox.batch(19, SOON, HOURS) == arrivals(0, 10)


def test_messages_that_come_while_somebody_waits() -> None:
    inbox = Inbox()
    taken: list[list[Arrival]] = []
    reader = threading.Thread(target=lambda: taken.extend(inbox.batch(3, HOURS, HOURS) for _ in range(2)))
    reader.start()
    for one in arrivals(0, 6):
        inbox.put(one)
    reader.join()
    assert taken == [arrivals(0, 3), arrivals(3, 6)]


def test_a_trickle_does_not_keep_a_batch_open() -> None:
    """Each time that it looks, one more is there."""
    inbox = filled(1)
    looked = []

    def one_more(_seconds: float) -> bool:
        looked.append(1)
        inbox.put(Arrival("t", b"one more"))
        return False

    inbox._changed.wait = one_more  # type: ignore[method-assign,assignment]
    assert len(inbox.batch(10**6, HOURS, HOURS)) == LINGERS + 1
    assert len(looked) == LINGERS


def test_a_waker_ends_the_wait() -> None:
    inbox = Inbox()
    taken: list[list[Arrival]] = []
    reader = threading.Thread(target=lambda: taken.append(inbox.batch(3, HOURS, HOURS)))
    reader.start()
    while reader.is_alive():  # it may not wait yet
        inbox.wake()
        reader.join(SOON)
    assert taken == [[]]


def test_nothing_comes() -> None:
    assert Inbox().batch(19, HOURS, SOON) == []


def test_what_a_flood_brings_beyond_the_room_is_told_once() -> None:
    inbox = filled(MOST)
    assert not inbox.overflowed()
    inbox.put(Arrival("t", b"more"))
    assert inbox.overflowed()
    assert not inbox.overflowed()
    assert len(inbox.batch(2 * MOST, SOON, HOURS)) == MOST


def test_another_connection() -> None:
    inbox = filled(3)
    inbox.forget()
    assert inbox.batch(19, SOON, SOON) == []
