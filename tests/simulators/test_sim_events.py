"""Live events: who gets which, what they look like, and that acknowledgements are counted."""

import struct
from collections.abc import Iterator

import pytest

from simulators.zkteco import Profile, PunchRefused, TerminalServer
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import RawClient, Reply, wall

ATTLOG, FINGER, VERIFY, FPFTR = 1, 2, 128, 256


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer(users=3, pause=0, now=lambda: wall("2018-06-25T17:41:05")) as server:
        yield server


@pytest.fixture
def client(terminal: TerminalServer) -> Iterator[RawClient]:
    with RawClient(terminal.host, terminal.port) as made:
        made.connect()
        yield made


def subscribe(client: RawClient, mask: int) -> None:
    assert client.ask(raw.REG_EVENT, struct.pack("<I", mask)).command == raw.ACK_OK


def acknowledge(client: RawClient) -> None:
    client.send(raw.ACK_OK, number=0)


def test_a_punch_is_told_as_it_was_captured_elsewhere(terminal: TerminalServer, client: RawClient) -> None:
    subscribe(client, ATTLOG)
    terminal.punch("1002", "out")
    # 18-06-25 17:41:05 is 12 06 19 11 29 05
    person = b"1002".ljust(24, b"\0") + b"\x01\x01" + bytes.fromhex("120619112905")
    assert client.receive() == Reply(raw.REG_EVENT, ATTLOG, 0, person)


@pytest.mark.parametrize("length", [32, 36])
def test_the_profile_says_how_long_an_event_is(length: int) -> None:
    profile = Profile(name="any", event_length=length)
    with TerminalServer(profile, pause=0) as terminal, RawClient(terminal.host, terminal.port) as client:
        client.connect()
        subscribe(client, ATTLOG)
        terminal.punch("AB-12")
        event = client.receive()
    assert (len(event.data), event.data[:24].rstrip(b"\0"), event.data[32:]) == (length, b"AB-12", bytes(length - 32))


def test_a_mask_of_everything_tells_the_whole_story(terminal: TerminalServer, client: RawClient) -> None:
    subscribe(client, 0xFFFF)
    terminal.punch("1003")
    events = [client.receive() for _ in range(4)]
    assert [(event.session, event.data) for event in events[:3]] == [
        (FINGER, b""),
        (FPFTR, b"\x64"),
        (VERIFY, b"\x03\0\0\0\x01\0\0"),
    ]
    assert events[3].session == ATTLOG


def test_acknowledgements_are_counted(terminal: TerminalServer, client: RawClient) -> None:
    subscribe(client, ATTLOG)
    for _ in range(3):
        terminal.punch("1001")
    for _ in range(3):
        client.receive()
    assert terminal.unacknowledged() == 3
    acknowledge(client)
    acknowledge(client)
    assert terminal.wait_until(lambda: terminal.unacknowledged() == 1)
    assert (terminal.counters.events_sent, terminal.counters.events_acknowledged) == (3, 2)


def test_too_many_acknowledgements_mean_nothing(terminal: TerminalServer, client: RawClient) -> None:
    acknowledge(client)
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK
    assert (terminal.unacknowledged(), terminal.counters.events_acknowledged) == (0, 0)


def test_a_client_that_never_acknowledges_may_be_told_no_more(terminal: TerminalServer, client: RawClient) -> None:
    subscribe(client, ATTLOG)
    terminal.command("unacked 2")
    for _ in range(5):
        terminal.punch("1001")
    assert (terminal.unacknowledged(), terminal.counters.events_lost) == (2, 3)
    assert len(terminal.records()) == 5
    acknowledge(client)
    assert terminal.wait_until(lambda: terminal.unacknowledged() == 1)
    terminal.punch("1002")
    assert [client.receive().data[:4] for _ in range(3)] == [b"1001", b"1001", b"1002"]


def test_a_client_that_takes_nothing_is_not_waited_for(terminal: TerminalServer, client: RawClient) -> None:
    subscribe(client, ATTLOG)
    terminal.stall(600)
    for _ in range(1010):
        terminal.punch("1001")
    assert terminal.counters.events_lost in (9, 10)
    assert len(terminal.records()) == 1010


def test_only_subscribers_are_told(terminal: TerminalServer, client: RawClient) -> None:
    terminal.punch("1001")
    subscribe(client, ATTLOG)
    subscribe(client, 0)
    terminal.punch("1001")
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK
    assert terminal.counters.events_sent == 0


def test_all_connections_are_told(terminal: TerminalServer, client: RawClient) -> None:
    with RawClient(terminal.host, terminal.port) as other:
        other.connect()
        for one in (client, other):
            subscribe(one, ATTLOG)
        terminal.punch("1001")
        assert client.receive() == other.receive()


def test_an_event_does_not_break_into_an_answer(terminal: TerminalServer, client: RawClient) -> None:
    subscribe(client, ATTLOG)
    for _ in range(50):
        client.send(raw.GET_TIME)
        terminal.punch("1001")
    seen = [client.receive() for _ in range(100)]
    assert sum(packet.command == raw.REG_EVENT for packet in seen) == 50


def test_nobody_punches_on_a_disabled_terminal(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.DISABLE)
    with pytest.raises(PunchRefused, match="Working"):
        terminal.punch("1001")
    client.ask(raw.ENABLE)
    assert terminal.punch("1001").user_id == "1001"


def test_a_disabling_with_a_time_ends_by_itself(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.DISABLE, struct.pack("<I", 1))
    with pytest.raises(PunchRefused):
        terminal.punch("1001")
    assert terminal.wait_until(lambda: not terminal.terminal.disabled)
    terminal.punch("1001")


def test_the_reader_is_dark_after_cancel_capture(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.CANCELCAPTURE)
    with pytest.raises(PunchRefused, match="STARTVERIFY"):
        terminal.punch("1001")
    client.ask(raw.STARTVERIFY)
    terminal.punch("1001")


def test_a_stranger_is_enrolled_at_the_door(terminal: TerminalServer) -> None:
    punch = terminal.punch("98765")
    assert (punch.uid, terminal.users()[-1].user_id) == (4, "98765")
