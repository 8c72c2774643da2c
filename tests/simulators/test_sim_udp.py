"""UDP: sessions by address, data in pieces of 1,024, and a line that loses, doubles and reorders."""

import struct
from collections.abc import Iterator

import pytest

from simulators.zkteco import TerminalServer
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import RawClient, RawUdp


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer("zem-udp", users=5, records=500, pause=0, restart_seconds=0.05) as server:
        yield server


@pytest.fixture
def client(terminal: TerminalServer) -> Iterator[RawUdp]:
    with RawUdp(terminal.host, terminal.port) as made:
        made.connect()
        yield made


def test_who_did_not_connect_is_not_served(terminal: TerminalServer) -> None:
    with RawUdp(terminal.host, terminal.port) as stranger:
        assert stranger.ask(raw.GET_TIME).command == raw.ACK_UNAUTH
    assert terminal.status()["clients"] == 0


def test_the_key_is_asked_for() -> None:
    with TerminalServer("zem-udp", comm_key=5) as terminal, RawUdp(terminal.host, terminal.port) as client:
        assert client.connect().command == raw.ACK_UNAUTH
        assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH


def test_rubbish_is_dropped(terminal: TerminalServer, client: RawUdp) -> None:
    for rubbish in (b"", b"x", b"\0" * 8, b"GET / HTTP/1.1", b"\x07" * 2000):
        client.socket.send(rubbish)
    assert client.ask(raw.GET_PINWIDTH).data == b"\x09"
    assert terminal.counters.bad_checksums == 5


def test_data_comes_in_pieces(client: RawUdp) -> None:
    told = client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    assert struct.unpack_from("<I", told.data, 1) == (8004,)
    client.send(raw.DATA_RDY, struct.pack("<ii", 0, 8004))
    packets = [client.receive() for _ in range(10)]
    assert [packet.command for packet in packets] == [raw.PREPARE_DATA, *[raw.DATA] * 8, raw.ACK_OK]
    assert [len(packet.data) for packet in packets[1:9]] == [1024] * 7 + [8004 - 7 * 1024]


def test_sessions_are_told_apart_by_address(terminal: TerminalServer, client: RawUdp) -> None:
    with RawUdp(terminal.host, terminal.port) as other:
        assert other.connect().session != client.session
        other.send(raw.GET_TIME, session=client.session)
        assert other.receive().command == raw.ACK_UNAUTH
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK


def test_exit_ends_the_session(terminal: TerminalServer, client: RawUdp) -> None:
    assert client.ask(raw.EXIT).command == raw.ACK_OK
    assert terminal.wait_until(lambda: terminal.status()["clients"] == 0)
    assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH


def test_too_many_clients_push_out_the_one_silent_longest(terminal: TerminalServer, client: RawUdp) -> None:
    others = [RawUdp(terminal.host, terminal.port) for _ in range(16)]
    for number, other in enumerate(others):
        other.connect()
        if number == 7:
            assert client.ask(raw.GET_TIME).command == raw.ACK_OK
    assert terminal.status()["clients"] == 16
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK
    assert others[0].ask(raw.GET_TIME).command == raw.ACK_UNAUTH
    for other in others:
        other.socket.close()


def test_a_dark_terminal_answers_nobody_and_comes_back_without_sessions(
    terminal: TerminalServer, client: RawUdp
) -> None:
    terminal.power_off()
    client.send(raw.GET_TIME)
    assert client.silent()
    terminal.power_on()
    assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH
    assert client.connect().command == raw.ACK_OK
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK


def test_restart_by_a_client(terminal: TerminalServer, client: RawUdp) -> None:
    client.send(raw.RESTART)
    assert terminal.wait_until(lambda: terminal.counters.restarts == 1 and terminal.status()["on"] is True)
    client.number = 50
    assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH


def test_drop_forgets_all_clients(terminal: TerminalServer, client: RawUdp) -> None:
    assert terminal.drop() == 1
    assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH


def test_drop_in_transfer_leaves_a_hole(terminal: TerminalServer, client: RawUdp) -> None:
    client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    terminal.command("drop in-transfer")
    assert client.ask(raw.DATA_RDY, struct.pack("<ii", 0, 8004)).command == raw.PREPARE_DATA
    assert client.silent()
    assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH


def test_answers_are_lost(terminal: TerminalServer, client: RawUdp) -> None:
    terminal.command("lose 100")
    client.send(raw.GET_TIME)
    assert client.silent()
    assert terminal.counters.datagrams_lost == 1
    terminal.command("lose off")
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK


def test_requests_are_lost(terminal: TerminalServer, client: RawUdp) -> None:
    terminal.command("lose 100 requests")
    client.send(raw.GET_TIME)
    assert client.silent()
    assert "GET_TIME" not in terminal.counters.commands
    terminal.command("lose off requests")
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK


def test_some_are_lost(terminal: TerminalServer, client: RawUdp) -> None:
    client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    terminal.command("lose 30")
    client.send(raw.DATA_RDY, struct.pack("<ii", 0, 8004))
    assert terminal.wait_until(lambda: terminal.counters.datagrams_lost > 0)
    assert terminal.counters.datagrams_lost < 10


def test_datagrams_come_twice(terminal: TerminalServer, client: RawUdp) -> None:
    terminal.command("duplicate 100")
    client.send(raw.GET_TIME)
    assert client.receive() == client.receive()


def test_datagrams_are_overtaken(terminal: TerminalServer, client: RawUdp) -> None:
    client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    terminal.command("reorder 100")
    client.send(raw.DATA_RDY, struct.pack("<ii", 0, 2048))
    commands = [client.receive().command for _ in range(4)]
    assert commands == [raw.DATA, raw.PREPARE_DATA, raw.ACK_OK, raw.DATA]


def test_a_lone_datagram_that_is_to_be_overtaken_comes_late(terminal: TerminalServer, client: RawUdp) -> None:
    terminal.command("reorder 100")
    assert client.ask(raw.GET_PINWIDTH).data == b"\x09"


def test_one_port_serves_both_transports() -> None:
    with (
        TerminalServer("tft-tcp", pause=0) as terminal,
        RawClient(terminal.host, terminal.port) as tcp,
        RawUdp(terminal.host, terminal.port) as udp,
    ):
        for client in (tcp, udp):
            client.connect()
            client.subscribe()
        terminal.punch("1001")
        assert tcp.receive() == udp.receive()


def test_a_terminal_without_tcp_refuses_it(terminal: TerminalServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        RawClient(terminal.host, terminal.port)
