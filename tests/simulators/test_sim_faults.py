"""Lines and terminals that misbehave on command, seen by a client written by hand."""

import asyncio
import socket
import struct
from collections.abc import Iterator

import pytest

from simulators.zkteco import HostError, PunchRefused, TerminalServer
from simulators.zkteco.faults import Faults
from simulators.zkteco.tcp_line import TcpLine
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import RawClient


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer(users=3, records=100, pause=0.002, restart_seconds=0.05) as server:
        yield server


@pytest.fixture
def client(terminal: TerminalServer) -> Iterator[RawClient]:
    with RawClient(terminal.host, terminal.port) as made:
        made.connect()
        yield made


def reach(terminal: TerminalServer) -> RawClient:
    """Connect as soon as the terminal is back."""

    def reachable() -> bool:
        try:
            socket.create_connection((terminal.host, terminal.port), 1).close()
        except OSError:
            return False
        return True

    assert terminal.wait_until(reachable)
    client = RawClient(terminal.host, terminal.port)
    client.connect()
    return client


def test_frames_do_not_wait_for_one_another() -> None:
    """Nagle's algorithm would glue a frame to the next while the one before is not acknowledged by the kernel."""

    async def option_on_the_terminal_side() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = TcpLine(writer, Faults(), 0)
            side = writer.get_extra_info("socket")
            seen.set_result(side.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            await line.close()

        listening = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.start_server(serve, sock=listening)
        _, writer = await asyncio.open_connection(*listening.getsockname())
        answer = await seen
        writer.close()
        server.close()
        return answer

    assert asyncio.run(option_on_the_terminal_side()) == 1


def test_split_frames_are_still_frames(terminal: TerminalServer, client: RawClient) -> None:
    assert terminal.command("split 7") == {"ok": True, "split": 7}
    client.send(raw.GET_VERSION)
    assert len(client.socket.recv(65536)) < 16
    terminal.command("split off")
    assert client.socket.recv(65536)


@pytest.mark.parametrize("size", [1, 3, 7, 8, 1000])
def test_what_was_split_can_be_put_together(terminal: TerminalServer, client: RawClient, size: int) -> None:
    terminal.command(f"split {size}")
    assert client.ask(raw.GET_VERSION).data == b"Ver 6.60 Apr 26 2016\0"
    assert len(client.ask(raw.DATA_WRRQ, raw.READ_USERS).data) == 4 + 3 * 72


def test_coalesced_frames_leave_in_one_segment(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.REG_EVENT, b"\x01\0\0\0")
    terminal.command("coalesce 3")
    for _ in range(3):
        terminal.punch("1001")
    segment = client.socket.recv(65536)
    assert len(segment) == 3 * (8 + 8 + 32)


def test_fewer_frames_than_asked_for_leave_after_a_while(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("coalesce 3")
    assert client.ask(raw.GET_PINWIDTH).data == b"\x09"


def test_a_stalled_terminal_answers_later(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("stall 600")
    client.send(raw.GET_VERSION)
    client.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.receive()
    client.socket.settimeout(10)
    terminal.command("stall 0")
    assert client.receive().data == b"Ver 6.60 Apr 26 2016\0"


def test_drop_cuts_all_connections(terminal: TerminalServer, client: RawClient) -> None:
    assert terminal.command("drop") == {"ok": True, "dropped": 1}
    assert client.closed()
    with reach(terminal) as again:
        assert again.ask(raw.GET_TIME).command == raw.ACK_OK


def test_drop_in_the_middle_of_a_transfer(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    terminal.command("drop in-transfer")
    assert client.ask(raw.DATA_RDY, struct.pack("<ii", 0, 4004)).command == raw.PREPARE_DATA
    half = client.exactly((8 + 8 + 4004) // 2)
    assert half[:4] == b"\x50\x50\x82\x7d"
    assert client.closed()
    with reach(terminal) as again:
        again.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
        assert again.ask(raw.DATA_RDY, struct.pack("<ii", 0, 4004)).command == raw.PREPARE_DATA
        assert len(again.receive().data) == 4004


def test_restart_is_not_acknowledged_and_keeps_the_log(terminal: TerminalServer, client: RawClient) -> None:
    before = terminal.records()
    client.send(raw.RESTART)
    assert client.closed()
    with reach(terminal) as again:
        assert again.ask(raw.GET_TIME).command == raw.ACK_OK
    assert terminal.records() == before
    assert [deed.code for deed in terminal.operations()] == [0, 0]


def test_a_restarting_terminal_cannot_be_reached(terminal: TerminalServer, client: RawClient) -> None:
    port = terminal.port
    terminal.restart(away=600)
    assert client.closed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((terminal.host, port), 1)
    terminal.restart(away=0)
    reach(terminal).socket.close()
    assert terminal.port == port


def test_power_off_is_acknowledged_and_ends_with_exit(terminal: TerminalServer, client: RawClient) -> None:
    assert client.ask(raw.POWEROFF).command == raw.ACK_OK
    assert client.ask(raw.EXIT).command == raw.ACK_OK
    assert client.closed()
    assert terminal.wait_until(lambda: terminal.status()["on"] is False)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((terminal.host, terminal.port), 1)
    terminal.power_on()
    reach(terminal).socket.close()


def test_stopping_frees_a_client_that_is_being_stalled(terminal: TerminalServer, client: RawClient) -> None:
    terminal.stall(600)
    client.send(raw.GET_VERSION)
    terminal.stop()
    assert client.closed()


def test_a_full_ring_forgets_the_oldest(terminal: TerminalServer) -> None:
    oldest, second, third, *_ = terminal.records()
    assert terminal.command("full ring 2") == {"ok": True, "full": "ring", "records": 100, "capacity": 100}
    newest = terminal.punch("1001")
    records = terminal.records()
    assert (len(records), records[0], records[-1]) == (99, third, newest)
    terminal.punch("1001")
    assert oldest not in terminal.records()
    assert second not in terminal.records()
    assert len(terminal.records()) == 100


def test_a_full_log_may_refuse(terminal: TerminalServer) -> None:
    before = terminal.records()
    terminal.command("full refuse")
    with pytest.raises(PunchRefused, match="100 of 100"):
        terminal.punch("1001")
    assert terminal.records() == before
    terminal.command("clear")
    terminal.punch("1001")


def test_a_full_log_may_hang_the_terminal_until_it_is_restarted(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("full hang")
    assert terminal.command("punch 1001")["refused"] is True
    client.send(raw.GET_TIME)
    client.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.receive()
    with pytest.raises(PunchRefused, match="hangs"):
        terminal.punch("1001")
    terminal.restart(away=0)
    with reach(terminal) as again:
        assert again.ask(raw.GET_TIME).command == raw.ACK_OK


@pytest.mark.parametrize("profile", ["zem-udp", "tft-tcp", "new-tcp"])
def test_an_address_in_use_is_one_clear_line(profile: str) -> None:
    with TerminalServer(profile) as terminal:
        line = rf"cannot listen on 127.0.0.1:{terminal.port}: .*: choose another --port"
        with pytest.raises(HostError, match=line):
            TerminalServer(profile, port=terminal.port).start()


def test_a_stopped_terminal_gives_its_address_back() -> None:
    with TerminalServer() as first:
        port = first.port
    with TerminalServer(port=port) as second:
        assert second.port == port
