"""Bulk reads by hand: small sets at once, large ones in chunks under one reply number."""

import struct
from collections.abc import Iterator

import pytest

from simulators.zkteco import Profile, TerminalServer
from simulators.zkteco.profiles import PROFILES
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import RawClient, wall


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer(users=3, records=2000, pause=0, now=lambda: wall("2026-05-04T12:00:00")) as server:
        yield server


@pytest.fixture
def client(terminal: TerminalServer) -> Iterator[RawClient]:
    with RawClient(terminal.host, terminal.port) as made:
        made.connect()
        yield made


def read_chunk(client: RawClient, start: int, size: int) -> bytes:
    """One DATA_RDY with all it brings."""
    number = client.number
    ready = client.ask(raw.DATA_RDY, struct.pack("<ii", start, size))
    assert (ready.command, ready.data) == (raw.PREPARE_DATA, struct.pack("<II", size, 0x1000))
    content = b""
    while (part := client.receive()).command == raw.DATA:
        assert part.reply == number
        content += part.data
    assert (part.command, part.reply, part.data) == (raw.ACK_OK, number, b"")
    return content


def test_a_small_set_comes_at_once(client: RawClient) -> None:
    answer = client.ask(raw.DATA_WRRQ, raw.READ_USERS)
    assert answer.command == raw.DATA
    assert struct.unpack_from("<I", answer.data) == (3 * 72,)
    assert len(answer.data) == 4 + 3 * 72
    uid, privilege, password, name, card, fixed, user_id, rest = struct.unpack_from("<HB8s24sI9s9s15s", answer.data, 4)
    assert (uid, privilege, password, card) == (1, 0, bytes(8), 0)
    assert (fixed, user_id, rest) == (b"\x01" + bytes(8), b"1001".ljust(9, b"\0"), bytes(15))
    assert name.rstrip(b"\0")


def test_a_punch_written_out(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("clear")
    terminal.punch("1002", "out", "card")
    answer = client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    noon = ((26 * 12 + 4) * 31 + 3) * 86400 + 12 * 3600
    row = (
        b"\x02\0"
        + b"1002".ljust(24, b"\0")
        + b"\x02"
        + struct.pack("<I", noon)
        + b"\x01"
        + bytes.fromhex("00000000ff000000")
    )
    assert answer.data == struct.pack("<I", 40) + row


def test_an_empty_log_is_an_empty_set(terminal: TerminalServer, client: RawClient) -> None:
    terminal.command("clear")
    assert client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES).data == bytes(4)


def test_a_large_set_is_read_in_chunks(terminal: TerminalServer, client: RawClient) -> None:
    told = client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    flag, size, again, _ = struct.unpack("<BIII", told.data)
    assert (told.command, flag, size, again) == (raw.ACK_OK, 0, 80_004, 80_004)
    content = read_chunk(client, 0, 0xFFC0) + read_chunk(client, 0xFFC0, size - 0xFFC0)
    assert struct.unpack_from("<I", content) == (80_000,)
    rows = [struct.unpack_from("<H24sBIB8s", content, 4 + 40 * number) for number in range(2000)]
    assert [(row[0], row[2], row[3], row[4]) for row in rows] == [
        (punch.uid, punch.verify, punch.stamp, punch.state) for punch in terminal.records()
    ]
    assert client.ask(raw.FREE_DATA).command == raw.ACK_OK
    assert client.ask(raw.DATA_RDY, struct.pack("<ii", 0, 100)).command == raw.ACK_ERROR


def test_the_set_is_what_it_was_when_prepared(terminal: TerminalServer, client: RawClient) -> None:
    size = struct.unpack_from("<I", client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES).data, 1)[0]
    terminal.punch("1001")
    content = read_chunk(client, 0, 0xFFC0) + read_chunk(client, 0xFFC0, size - 0xFFC0)
    assert len(content) == 80_004


@pytest.mark.parametrize(("start", "size"), [(0, 0xFFC1), (-4, 8), (0, -1), (80_000, 5), (80_005, 0)])
def test_what_is_outside_the_buffer_is_refused(client: RawClient, start: int, size: int) -> None:
    client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    assert client.ask(raw.DATA_RDY, struct.pack("<ii", start, size)).command == raw.ACK_ERROR


@pytest.mark.parametrize("request_data", [b"", raw.READ_PUNCHES[:-1], bytes.fromhex("01e7030000000000000000")])
def test_an_unknown_set_is_refused(client: RawClient, request_data: bytes) -> None:
    assert client.ask(raw.DATA_WRRQ, request_data).command == raw.ACK_ERROR


def test_operations_are_read(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.SET_TIME, struct.pack("<I", 86400))
    content = client.ask(raw.DATA_WRRQ, raw.READ_OPERATIONS).data
    assert struct.unpack_from("<I", content) == (32,)
    assert struct.unpack_from("<HBBI4H", content, 20) == (0, 21, 0, 86400, 0, 0, 0, 0)


def test_requests_sent_ahead_are_answered_in_order(client: RawClient) -> None:
    client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES)
    for start in (0, 40_000):
        client.send(raw.DATA_RDY, struct.pack("<ii", start, 40_000), number=100 + start)
    seen = [client.receive() for _ in range(6)]
    assert [packet.reply for packet in seen] == [100] * 3 + [40_100] * 3
    assert [packet.command for packet in seen] == [raw.PREPARE_DATA, raw.DATA, raw.ACK_OK] * 2


def test_firmware_without_buffered_reads_gives_the_whole_set() -> None:
    old = Profile(name="old", buffered_read=False, options=PROFILES["tft-tcp"].options)
    with (
        TerminalServer(old, users=2, records=9, pause=0) as terminal,
        RawClient(terminal.host, terminal.port) as client,
    ):
        client.connect()
        assert client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES).command == raw.ACK_ERROR
        assert client.ask(13).command == raw.PREPARE_DATA
        content = client.receive()
        assert (content.command, len(content.data)) == (raw.DATA, 4 + 9 * 40)
        assert client.receive().command == raw.ACK_OK
