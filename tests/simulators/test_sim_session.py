"""What the terminal answers, byte for byte, to requests written by hand."""

import struct
from collections.abc import Iterator

import pytest

from simulators.zkteco import TerminalServer, clock
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import RawClient, wall

NOON = wall("2026-05-04T12:00:00")


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer(serial="OKI77", users=3, records=5, pause=0, now=lambda: NOON) as server:
        yield server


@pytest.fixture
def client(terminal: TerminalServer) -> Iterator[RawClient]:
    with RawClient(terminal.host, terminal.port) as made:
        made.connect()
        yield made


def test_connect_written_out(terminal: TerminalServer) -> None:
    with RawClient(terminal.host, terminal.port) as client:
        client.socket.sendall(bytes.fromhex("5050827d08000000e80317fc00000000"))
        answer = client.receive()
    assert (answer.command, answer.reply, answer.data) == (raw.ACK_OK, 0, b"")
    assert answer.session != 0


def test_connecting_again_keeps_the_session(client: RawClient) -> None:
    assert client.ask(raw.CONNECT).session == client.session


def test_two_connections_have_sessions_of_their_own(terminal: TerminalServer, client: RawClient) -> None:
    with RawClient(terminal.host, terminal.port) as other:
        assert other.connect().session != client.session
        assert other.ask(raw.GET_TIME).command == raw.ACK_OK
    assert client.ask(raw.GET_TIME).command == raw.ACK_OK


@pytest.mark.parametrize("command", [raw.GET_TIME, raw.DATA_WRRQ, raw.REG_EVENT, raw.RESTART, 4711])
def test_nothing_is_answered_before_connect(terminal: TerminalServer, command: int) -> None:
    with RawClient(terminal.host, terminal.port) as client:
        assert client.ask(command, raw.READ_PUNCHES).command == raw.ACK_UNAUTH
    assert terminal.counters.unauthorised == 1
    assert terminal.counters.restarts == 0


def test_another_session_number_is_not_served(client: RawClient) -> None:
    client.send(raw.GET_TIME, session=client.session + 1)
    assert client.receive().command == raw.ACK_UNAUTH


def test_the_key_opens_and_a_wrong_one_does_not() -> None:
    with TerminalServer(comm_key=1234, pause=0) as terminal, RawClient(terminal.host, terminal.port) as client:
        assert client.connect().command == raw.ACK_UNAUTH
        assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH
        assert client.ask(raw.AUTH, bytes.fromhex("617d326b")).command == raw.ACK_UNAUTH
        assert client.ask(raw.GET_TIME).command == raw.ACK_UNAUTH
        assert terminal.counters.wrong_keys == 1
        assert client.ask(raw.AUTH, _key_1234(client.session)).command == raw.ACK_OK
        assert client.ask(raw.GET_TIME).command == raw.ACK_OK


def _key_1234(session: int) -> bytes:
    """The bits of 1234 mirrored are 0x4B200000; the rest by hand."""
    _, second, third, fourth = (0x4B200000 + session).to_bytes(4, "little")
    return bytes((third ^ ord("S") ^ 50, fourth ^ ord("O") ^ 50, 50, second ^ ord("K") ^ 50))


def test_a_wrong_checksum_is_dropped_without_a_word(terminal: TerminalServer, client: RawClient) -> None:
    payload = bytearray(raw.payload_of(raw.GET_TIME, client.session, 1))
    payload[2] ^= 1
    client.socket.sendall(raw.frame_of(bytes(payload)))
    assert client.ask(raw.GET_VERSION).data == b"Ver 6.60 Apr 26 2016\0"
    assert terminal.counters.bad_checksums == 1
    assert "GET_TIME" not in terminal.counters.commands


def test_a_stream_that_is_not_the_protocol_is_hung_up_on(terminal: TerminalServer) -> None:
    with RawClient(terminal.host, terminal.port) as client:
        client.socket.sendall(b"GET /iclock/cdata HTTP/1.1\r\n\r\n")
        assert client.closed()
    assert terminal.counters.bad_streams == 1


@pytest.mark.parametrize("name", [b"~SerialNumber\0", b"~SerialNumber"])
def test_an_option_is_known_with_and_without_nul(client: RawClient, name: bytes) -> None:
    answer = client.ask(raw.OPTIONS_RRQ, name)
    assert (answer.command, answer.data) == (raw.ACK_OK, b"~SerialNumber=OKI77\0")


def test_an_unknown_option_is_an_error(client: RawClient) -> None:
    assert client.ask(raw.OPTIONS_RRQ, b"~NoSuchThing\0").command == raw.ACK_ERROR


def test_an_option_can_be_written(client: RawClient) -> None:
    assert client.ask(raw.OPTIONS_WRQ, b"DeviceID=7\0").command == raw.ACK_OK
    assert client.ask(raw.OPTIONS_RRQ, b"DeviceID\0").data == b"DeviceID=7\0"
    assert client.ask(raw.OPTIONS_WRQ, b"SDKBuild=1").command == raw.ACK_OK
    assert client.ask(raw.OPTIONS_WRQ, b"no value").command == raw.ACK_ERROR


def test_options_cannot_be_made_without_end(client: RawClient) -> None:
    answers = [client.ask(raw.OPTIONS_WRQ, f"o{number}=1".encode()).command for number in range(250)]
    assert answers[0] == raw.ACK_OK
    assert answers[-1] == raw.ACK_ERROR


def test_pin_width_and_an_unknown_command(client: RawClient) -> None:
    assert client.ask(raw.GET_PINWIDTH, b" P").data == b"\x09"
    assert client.ask(4711).command == raw.ACK_UNKNOWN
    assert client.ask(raw.ACK_ERROR, b"~ExtendFmt\0").command == raw.ACK_UNKNOWN


def test_sizes_tell_what_is_there(terminal: TerminalServer, client: RawClient) -> None:
    data = client.ask(raw.GET_FREE_SIZES).data
    assert len(data) == 92
    numbers = struct.unpack("<23i", data)
    assert (numbers[4], numbers[6], numbers[8], numbers[10]) == (3, 3, 5, 1)
    assert numbers[14:20] == (3000, 5000, 100_000, 2997, 4997, 99_995)
    terminal.punch("1001")
    terminal.enrol("9")
    numbers = struct.unpack("<23i", client.ask(raw.GET_FREE_SIZES).data)
    assert (numbers[4], numbers[8], numbers[10], numbers[18], numbers[19]) == (4, 6, 2, 4996, 99_994)


def test_the_clock_is_read_and_set(terminal: TerminalServer, client: RawClient) -> None:
    assert client.ask(raw.GET_TIME).data == struct.pack("<I", ((26 * 12 + 4) * 31 + 3) * 86400 + 12 * 3600)
    new_year = struct.pack("<I", 27 * 372 * 86400 + 5)
    assert client.ask(raw.SET_TIME, new_year + bytes(28)).command == raw.ACK_OK
    assert client.ask(raw.REFRESHDATA).command == raw.ACK_OK
    assert terminal.clock_now() == wall("2027-01-01T00:00:05")
    assert [deed.code for deed in terminal.operations()] == [0, 21]


@pytest.mark.parametrize("data", [b"", b"\0\0\0", struct.pack("<I", clock.stamp_of(2026, 2, 31))])
def test_a_clock_is_not_set_to_what_it_cannot_show(terminal: TerminalServer, client: RawClient, data: bytes) -> None:
    assert client.ask(raw.SET_TIME, data).command == raw.ACK_ERROR
    assert terminal.clock_now() == NOON


def test_the_state_stands_in_the_session_field(client: RawClient) -> None:
    assert client.ask(raw.STATE_RRQ).session == 2
    client.ask(raw.CANCELCAPTURE)
    assert client.ask(raw.STATE_RRQ).session == 0
    client.ask(raw.STARTVERIFY)
    client.ask(raw.DISABLE)
    assert client.ask(raw.STATE_RRQ).session == 4
    client.ask(raw.ENABLE)
    assert client.ask(raw.STATE_RRQ).session == 2


def test_users_are_written_and_deleted(terminal: TerminalServer, client: RawClient) -> None:
    user = struct.pack("<HB8s24sIB2x6x24s", 7, 14, b"123456", b"Ibu Nur", 0x04A1B2C3, 1, b"0042")
    assert client.ask(raw.USER_WRQ, user).command == raw.ACK_OK
    written = terminal.users()[-1]
    assert (written.uid, written.user_id, written.name, written.privilege) == (7, "0042", "Ibu Nur", 14)
    assert (written.password, written.card) == ("123456", 0x04A1B2C3)
    numbers = struct.unpack("<23i", client.ask(raw.GET_FREE_SIZES).data)
    assert (numbers[12], numbers[13]) == (1, 1)
    assert client.ask(raw.USER_WRQ, user[:-1]).command == raw.ACK_ERROR
    assert client.ask(raw.DELETE_USER, b"\x07\0").command == raw.ACK_OK
    assert client.ask(raw.DELETE_USER, b"\x07\0").command == raw.ACK_ERROR
    assert [user.uid for user in terminal.users()] == [1, 2, 3]


def test_a_slot_is_used_again(terminal: TerminalServer, client: RawClient) -> None:
    client.ask(raw.DELETE_USER, b"\x02\0")
    assert terminal.enrol("777").uid == 2


def test_logs_are_cleared(terminal: TerminalServer, client: RawClient) -> None:
    assert client.ask(raw.CLEAR_ATTLOG).command == raw.ACK_OK
    assert terminal.records() == []
    assert terminal.operations()[-1].code == 23
    assert client.ask(raw.CLEAR_DATA).command == raw.ACK_OK
    assert terminal.users() == []


def test_exit_is_acknowledged_and_the_line_closed(client: RawClient) -> None:
    assert client.ask(raw.EXIT).command == raw.ACK_OK
    assert client.closed()
