"""The four generations, each over every transport, by clients written by hand."""

import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest

from simulators.zkteco import PROFILES, PunchRefused, TerminalServer
from tests.simulators import rawterminal as raw
from tests.simulators.rawterminal import Raw, RawClient, RawUdp, wall

USERS, RECORDS = 25, 300
PROFILE_NAMES = ("zem-udp-old", "zem-udp", "tft-tcp", "new-tcp")
USER_BYTES = {"zem-udp-old": 28, "zem-udp": 28, "tft-tcp": 72, "new-tcp": 72}
ROW_BYTES = {"zem-udp-old": 8, "zem-udp": 16, "tft-tcp": 40, "new-tcp": 49}
EVENT_BYTES = {"zem-udp-old": 10, "zem-udp": 12, "tft-tcp": 32, "new-tcp": 37}
SIZES_BYTES = {"zem-udp-old": 80, "zem-udp": 80, "tft-tcp": 92, "new-tcp": 112}


@pytest.fixture(params=PROFILE_NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def terminal(name: str) -> Iterator[TerminalServer]:
    everywhere = replace(PROFILES[name], tcp=True, udp=True)
    noon = wall("2026-05-04T12:00:00")
    with TerminalServer(everywhere, users=USERS, records=RECORDS, pause=0, now=lambda: noon) as server:
        yield server


@pytest.fixture(params=[RawClient, RawUdp], ids=["tcp", "udp"])
def client(request: pytest.FixtureRequest, terminal: TerminalServer) -> Iterator[Raw]:
    with request.param(terminal.host, terminal.port) as made:
        made.connect()
        yield made


def whole_log(name: str, client: Raw) -> bytes:
    if name == "zem-udp-old":
        assert client.ask(raw.DATA_WRRQ, raw.READ_PUNCHES).command == raw.ACK_ERROR
        return client.transfer(13)
    return client.read(raw.READ_PUNCHES, 16_384)


def test_transports_of_the_profiles() -> None:
    speaks = {name: (profile.tcp, profile.udp) for name, profile in PROFILES.items()}
    assert speaks == {
        "zem-udp-old": (False, True),
        "zem-udp": (False, True),
        "tft-tcp": (True, True),
        "new-tcp": (True, False),
    }


def test_sizes(name: str, client: Raw) -> None:
    data = client.ask(raw.GET_FREE_SIZES).data
    assert len(data) == SIZES_BYTES[name]
    numbers = struct.unpack("<20i", data[:80])
    assert (numbers[4], numbers[6]) == (USERS, USERS)
    assert numbers[8] == (0 if name == "new-tcp" else RECORDS)
    assert data[92:] == bytes(max(0, len(data) - 92))


def test_the_log(name: str, terminal: TerminalServer, client: Raw) -> None:
    content = whole_log(name, client)
    width = ROW_BYTES[name]
    assert struct.unpack_from("<I", content) == (RECORDS * width,)
    found = [content[4 + width * number :][:width] for number in range(RECORDS)]
    place = {"zem-udp-old": 4, "zem-udp": 4, "tft-tcp": 27, "new-tcp": 27}[name]
    assert [struct.unpack_from("<I", row, place)[0] for row in found] == [one.stamp for one in terminal.records()]


def test_users(name: str, client: Raw) -> None:
    content = client.transfer(9, b"\x05") if name == "zem-udp-old" else client.read(raw.READ_USERS)
    assert struct.unpack_from("<I", content) == (USERS * USER_BYTES[name],)
    last = content[-USER_BYTES[name] :]
    assert last[-4:] == struct.pack("<I", 1025) if USER_BYTES[name] == 28 else last[48:52] == b"1025"


def test_an_event(name: str, terminal: TerminalServer, client: Raw) -> None:
    client.subscribe()
    terminal.punch("1003", "out")
    event = client.receive()
    assert (event.command, event.session, event.reply) == (raw.REG_EVENT, 1, 0)
    assert len(event.data) == EVENT_BYTES[name]
    assert bytes((26, 5, 4, 12, 0, 0)) in event.data
    client.acknowledge()
    assert terminal.wait_until(lambda: terminal.unacknowledged() == 0)


def test_options_and_clock(name: str, client: Raw) -> None:
    assert client.ask(raw.OPTIONS_RRQ, b"~Platform\0").data[:13] in (
        b"~Platform=ZEM",
        b"~Platform=ZMM",
        b"~Platform=ZAM",
    )
    assert client.ask(raw.GET_VERSION).data.startswith(b"Ver ")
    assert client.ask(raw.SET_TIME, struct.pack("<I", 86_400)).command == raw.ACK_OK
    assert client.ask(raw.GET_TIME).data == struct.pack("<I", 86_400)


def test_operations(name: str, client: Raw) -> None:
    client.ask(raw.SET_TIME, struct.pack("<I", 86_400))
    content = client.transfer(34) if name == "zem-udp-old" else client.read(raw.READ_OPERATIONS)
    assert [row[1] for row in struct.iter_unpack("<HBBI4H", content[4:])] == [0, 21]


def test_old_firmware_keeps_numbers_only(name: str, terminal: TerminalServer) -> None:
    if name.startswith("zem"):
        for wrong in ("AB12", "0042", "4294967296", "١٢"):
            with pytest.raises(PunchRefused, match="user numbers only"):
                terminal.punch(wrong)
        terminal.punch("4294967295")
    else:
        assert terminal.punch("AB12").user_id == "AB12"


def test_a_user_written_by_a_client(name: str, terminal: TerminalServer, client: Raw) -> None:
    if USER_BYTES[name] == 28:
        data = struct.pack("<HB5s8sIxBHI", 60, 0, b"", b"Nur", 0, 1, 0, 777)
    else:
        data = struct.pack("<HB8s24sIB8x24s", 60, 0, b"", b"Nur", 0, 1, b"777")
    assert client.ask(raw.USER_WRQ, data).command == raw.ACK_OK
    assert (terminal.users()[-1].user_id, terminal.users()[-1].name) == ("777", "Nur")


def test_a_firmware_may_change_while_it_runs(terminal: TerminalServer, client: Raw) -> None:
    terminal.adopt("attlog_layout=49-lead", "buffered_read=true", "event_length=33")
    content = client.read(raw.READ_PUNCHES, 16_384)
    assert struct.unpack_from("<I", content) == (RECORDS * 49,)
    assert content[4:13] == bytes.fromhex("ff3235350000000000")
    client.subscribe()
    terminal.punch("1001")
    assert len(client.receive().data) == 33
