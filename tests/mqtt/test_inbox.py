"""One bounded queue for all that happens."""

import threading
import time

from gateway.mqtt.inbox import MAX_COMMANDS, Acknowledged, Arrived, Closed, Inbox

ACK, COMMAND = "ketuk/v1/a/b/ack", "ketuk/v1/a/b/cmd/ping"


def inbox() -> Inbox:
    return Inbox(frozenset((ACK,)))


def test_events_come_in_order() -> None:
    box = inbox()
    box.put(Acknowledged(1, 0))
    box.put(Closed("x", by_peer=True))
    assert box.drain(1) == [Acknowledged(1, 0), Closed("x", by_peer=True)]
    assert box.drain(0) == []


def test_of_a_watermark_only_the_newest_is_kept() -> None:
    box = inbox()
    for number in range(1000):
        box.arrive(Arrived(ACK, b"%d" % number, retained=False))
    assert box.drain(1) == [Arrived(ACK, b"999", retained=False)]
    box.arrive(Arrived(ACK, b"more", retained=False))
    assert box.drain(1) == [Arrived(ACK, b"more", retained=False)]


def test_commands_are_bounded_and_the_rest_is_counted() -> None:
    box = inbox()
    for _ in range(MAX_COMMANDS + 5):
        box.arrive(Arrived(COMMAND, b"{}", retained=False))
    assert len(box.drain(1)) == MAX_COMMANDS
    assert box.dropped == 5
    box.arrive(Arrived(COMMAND, b"{}", retained=False))
    assert len(box.drain(1)) == 1


def test_a_wake_up_ends_the_wait_and_many_are_one() -> None:
    box = inbox()
    for _ in range(1000):
        box.wake()
    assert box.drain(10) == []
    started = time.monotonic()
    assert box.drain(0.05) == []
    assert time.monotonic() - started >= 0.04
    threading.Timer(0.05, box.wake).start()
    assert box.drain(30) == []
    assert time.monotonic() - started < 20


def test_forget_leaves_nothing_of_a_connection() -> None:
    box = inbox()
    box.wake()
    box.put(Acknowledged(1, 0))
    box.arrive(Arrived(ACK, b"1", retained=False))
    box.wake()
    box.forget()
    assert box.drain(0) == []
    box.arrive(Arrived(ACK, b"2", retained=False))
    assert box.drain(0) == [Arrived(ACK, b"2", retained=False)]
