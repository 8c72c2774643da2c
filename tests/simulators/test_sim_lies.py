"""Firmware that lies, changes while one looks, or keeps to itself; alarms and the operation log."""

import struct
from collections.abc import Iterator

import pytest

from simulators.zkteco import TerminalServer
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import BadChecksum, RawClient, wall

ALARM = 512


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    noon = wall("2026-05-04T12:00:00")
    with TerminalServer(users=3, records=100, pause=0, restart_seconds=0.05, now=lambda: noon) as server:
        yield server


@pytest.fixture
def client(terminal: TerminalServer) -> Iterator[RawClient]:
    with RawClient(terminal.host, terminal.port) as made:
        made.connect()
        yield made


def told_records(client: RawClient) -> int:
    return int(struct.unpack_from("<i", client.ask(raw.GET_FREE_SIZES).data, 32)[0])


def read_records(client: RawClient) -> int:
    return (len(client.read(raw.READ_PUNCHES)) - 4) // 40


@pytest.mark.parametrize(("lie", "told"), [("+7", 107), ("-7", 93), ("-500", 0), ("off", 100)])
def test_a_count_that_lies(terminal: TerminalServer, client: RawClient, lie: str, told: int) -> None:
    assert terminal.command(f"lie {lie}")["ok"]
    assert told_records(client) == told
    assert read_records(client) == 100


def test_people_punch_between_the_sizes_and_the_read(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("race sizes 2")
    assert told_records(client) == 100
    assert read_records(client) == 102
    assert told_records(client) == 102


def test_people_punch_between_the_read_and_the_sizes(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("race read 3")
    assert told_records(client) == 100
    assert read_records(client) == 100
    assert told_records(client) == 103


def test_those_who_race_are_told_live(terminal: TerminalServer, client: RawClient) -> None:
    client.subscribe()
    terminal.command("race sizes 1")
    assert told_records(client) == 100
    assert client.receive().command == raw.REG_EVENT


def test_a_wrong_checksum(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("corrupt 1")
    client.send(raw.GET_TIME)
    with pytest.raises(BadChecksum):
        client.receive()
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK


def test_disabling_may_be_ignored(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("ignore-disable on")
    assert client.ask(raw.DISABLE).command == raw.ACK_OK
    assert client.ask(raw.STATE_RRQ).session == 2
    terminal.punch("1001")


def test_a_second_connection_may_be_refused(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("connections one")
    with RawClient(terminal.host, terminal.port) as second:
        assert second.closed()
    assert terminal.counters.connections_refused == 1
    client.ask(raw.EXIT)
    assert client.closed()
    with RawClient(terminal.host, terminal.port) as third:
        assert third.connect().command == raw.ACK_OK


def test_a_slow_terminal_answers_all_the_same(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("slow 0.3")
    client.send(raw.GET_TIME)
    client.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.receive()
    client.socket.settimeout(10)
    assert client.receive().command == raw.ACK_OK


def test_restart_may_be_acknowledged(terminal: TerminalServer, client: RawClient) -> None:
    terminal.adopt("restart_acknowledged=true")
    assert client.ask(raw.RESTART).command == raw.ACK_OK
    assert client.closed()


def test_events_may_come_between_the_frames_of_a_transfer() -> None:
    with TerminalServer(records=100, pause=0.2) as terminal, RawClient(terminal.host, terminal.port) as client:
        terminal.command("interleave on")
        client.connect()
        client.subscribe()
        client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
        client.send(raw.DATA_RDY, struct.pack("<ii", 0, 4004))
        assert client.receive().command == raw.PREPARE_DATA
        terminal.punch("1001")
        assert [client.receive().command for _ in range(3)] == [raw.REG_EVENT, raw.DATA, raw.ACK_OK]


def test_another_terminal_behind_the_same_address(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("serial OKI999")
    terminal.command("firmware Ver 9.9 Jan 1 2030")
    assert client.ask(raw.OPTIONS_RRQ, b"~SerialNumber\0").data == b"~SerialNumber=OKI999\0"
    assert client.ask(raw.GET_VERSION).data == b"Ver 9.9 Jan 1 2030\0"


@pytest.mark.parametrize(
    ("command", "data"),
    [
        ("alarm tamper", "37000000"),
        ("alarm exit-button", "35000000"),
        ("alarm misoperation", "3a000000"),
        ("alarm door-closed", "5400000000000000"),
        ("alarm duress 1002", "ffffffff" + "2000" + "0200" + "01000000"),
        ("alarm passback 1003", "ffffffff" + "2200" + "0300" + "01000000"),
    ],
)
def test_alarms_are_told_and_written_down(terminal: TerminalServer, client: RawClient, command: str, data: str) -> None:
    client.subscribe(0xFFFF)
    assert terminal.command(command)["ok"]
    event = client.receive()
    assert (event.session, event.data.hex()) == (ALARM, data)
    deed = terminal.operations()[-1]
    assert (deed.code, deed.values[0]) == (3, bytes.fromhex(data)[4 if len(data) == 24 else 0])
    assert len(terminal.records()) == 100


@pytest.mark.parametrize("command", ["alarm", "alarm fire", "alarm duress", "alarm duress 4711", "alarm tamper 1001"])
def test_an_alarm_that_cannot_be_is_a_hint(terminal: TerminalServer, command: str) -> None:
    answer = terminal.command(command)
    assert answer["ok"] is False
    assert "usage: alarm" in answer["error"] or "knows no user '4711'" in answer["error"]


def test_the_operation_log_tells_who_played_with_the_clock(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("clock set 2026-05-04T07:30:00")
    terminal.punch("1001")
    terminal.command("clock set 2026-05-04T12:00:05")
    terminal.command("clock +5")
    written = [deed for deed in terminal.operations() if deed.code == 21]
    told = terminal.command("operations 2")["operations"]
    assert [(deed["operation"], deed["time"]) for deed in told] == [
        ("set_time", "2026-05-04T07:30:00"),
        ("set_time", "2026-05-04T12:00:05"),
    ]
    assert len(written) == 2


def test_people_come_and_go(terminal: TerminalServer) -> None:
    assert terminal.command("enrol 7000 Ibu Sri")["user"]["name"] == "Ibu Sri"
    assert terminal.command("dismiss 1002")["user"]["uid"] == 2
    assert terminal.command("enrol 7001")["user"]["uid"] == 2
    assert [user["user"] for user in terminal.command("users 2")["users"]] == ["1003", "7000"]
    assert [deed.code for deed in terminal.operations()] == [0, 30, 9, 30]
    assert "knows no user" in terminal.command("dismiss 1002")["error"]


def test_a_crowd(terminal: TerminalServer) -> None:
    assert terminal.command("crowd 50 0.2") == {"ok": True, "crowd": 50, "seconds": 0.2}
    assert terminal.wait_until(lambda: len(terminal.records()) == 150)


def test_a_crowd_before_a_closed_door_is_only_counted(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.DISABLE)
    terminal.command("crowd 5")
    assert terminal.wait_until(lambda: terminal.counters.punches_refused == 5)
    assert len(terminal.records()) == 100
