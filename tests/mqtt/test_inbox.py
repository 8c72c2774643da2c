"""One bounded queue for all that happens."""

import os
import select
import threading

import pytest

from gateway.mqtt.inbox import MAX_COMMANDS, Acknowledged, Arrived, Bell, Closed, Inbox

ACK, COMMAND = "ketuk/v1/a/b/ack", "ketuk/v1/a/b/cmd/ping"


def inbox() -> Inbox:
    return Inbox(frozenset((ACK,)))


def test_events_come_in_order() -> None:
    box = inbox()
    box.put(Acknowledged(1, 0))
    box.put(Closed("x", by_peer=True))
    assert box.drain() == [Acknowledged(1, 0), Closed("x", by_peer=True)]
    assert box.drain() == []


def test_of_a_watermark_only_the_newest_is_kept() -> None:
    box = inbox()
    for number in range(1000):
        box.arrive(Arrived(ACK, b"%d" % number, retained=False))
    assert box.drain() == [Arrived(ACK, b"999", retained=False)]
    box.arrive(Arrived(ACK, b"more", retained=False))
    assert box.drain() == [Arrived(ACK, b"more", retained=False)]


def test_commands_are_bounded_and_the_rest_is_counted() -> None:
    box = inbox()
    for _ in range(MAX_COMMANDS + 5):
        box.arrive(Arrived(COMMAND, b"{}", retained=False))
    assert len(box.drain()) == MAX_COMMANDS
    assert box.dropped == 5
    box.arrive(Arrived(COMMAND, b"{}", retained=False))
    assert len(box.drain()) == 1


def heard(bell: Bell, timeout: float) -> bool:
    poll = select.poll()
    poll.register(bell, select.POLLIN)
    return bool(poll.poll(timeout * 1000))


def test_the_bell_is_heard_once_however_often_it_was_rung() -> None:
    bell = Bell()
    assert not heard(bell, 0)
    for _ in range(1000):
        bell.ring()
    assert heard(bell, 0)
    bell.silence()
    assert not heard(bell, 0)
    bell.silence()
    threading.Timer(0.05, bell.ring).start()
    assert heard(bell, 30)


def test_a_bell_that_nobody_needs_leaves_no_file() -> None:
    bell = Bell()
    number = bell.fileno()
    del bell
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(number)


def test_forget_leaves_nothing_of_a_connection() -> None:
    box = inbox()
    box.put(Acknowledged(1, 0))
    box.arrive(Arrived(ACK, b"1", retained=False))
    box.forget()
    assert box.drain() == []
    box.arrive(Arrived(ACK, b"2", retained=False))
    assert box.drain() == [Arrived(ACK, b"2", retained=False)]
