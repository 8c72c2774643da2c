"""pyzk 0.9 as it is published, against the simulated terminal."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from zk import ZK
from zk.exception import ZKErrorResponse

from simulators.zkteco import TerminalServer
from simulators.zkteco.clock import moment
from tests.simulators.rawterminal import wall


def connect(terminal: TerminalServer, password: int = 0) -> ZK:
    return ZK(terminal.host, port=terminal.port, timeout=10, password=password, ommit_ping=True).connect()


@pytest.fixture
def terminal() -> Iterator[TerminalServer]:
    with TerminalServer(serial="OKI42", users=60, records=2500, now=lambda: wall("2026-05-04T12:00:00")) as server:
        yield server


@pytest.fixture
def client(terminal: TerminalServer) -> Iterator[ZK]:
    made = connect(terminal)
    yield made
    if made.is_connect:
        made.disconnect()


def test_identity_and_options(client: ZK) -> None:
    assert client.get_serialnumber() == "OKI42"
    assert client.get_device_name() == "F18/ID"
    assert client.get_platform() == "ZMM220_TFT"
    assert client.get_firmware_version() == "Ver 6.60 Apr 26 2016"
    assert client.get_fp_version() == 10
    assert client.get_pin_width() == 9
    assert client.get_extend_fmt() == 0
    assert client.get_user_extend_fmt() is None
    assert client.get_mac()
    assert client.get_network_params()["mask"] == "255.255.255.0"


def test_sizes(terminal: TerminalServer, client: ZK) -> None:
    client.read_sizes()
    assert (client.users, client.users_cap, client.users_av) == (60, 5000, 4940)
    assert (client.records, client.rec_cap, client.rec_av) == (2500, 100_000, 97_500)


def test_users_and_records_are_all_there(terminal: TerminalServer, client: ZK) -> None:
    assert [(user.uid, user.user_id, user.name) for user in client.get_users()] == [
        (user.uid, user.user_id, user.name) for user in terminal.users()
    ]
    assert [(one.user_id, one.timestamp, one.status, one.punch) for one in client.get_attendance()] == [
        (punch.user_id, moment(punch.stamp), punch.verify, punch.state) for punch in terminal.records()
    ]


def test_a_user_is_written_and_deleted(terminal: TerminalServer, client: ZK) -> None:
    client.set_user(
        uid=70,
        name="Pak Amir",
        privilege=14,
        password="99",  # noqa: S106  four digits on a keypad
        user_id="7070",
        card=12345,
    )
    written = terminal.users()[-1]
    assert (written.uid, written.user_id, written.name, written.privilege) == (70, "7070", "Pak Amir", 14)
    assert (written.password, written.card) == ("99", 12345)
    client.delete_user(uid=70)
    assert terminal.users()[-1].uid == 60


def test_the_clock_is_read_and_set(terminal: TerminalServer, client: ZK) -> None:
    assert client.get_time() == wall("2026-05-04T12:00:00")
    client.set_time(datetime.fromisoformat("2031-12-31T23:59:58"))
    assert client.get_time() == terminal.clock_now() == wall("2031-12-31T23:59:58")


def test_live_capture(terminal: TerminalServer, client: ZK) -> None:
    def punch_one_by_one() -> None:
        terminal.wait_until(lambda: terminal.subscribers() == 1)
        for user_id, direction in (("1001", "in"), ("1060", "out"), ("424242", "in")):
            done = terminal.counters.events_acknowledged
            terminal.punch(user_id, direction)
            terminal.wait_until(lambda done=done: terminal.counters.events_acknowledged > done)

    door = threading.Thread(target=punch_one_by_one)
    door.start()
    seen = []
    for event in client.live_capture(new_timeout=10):
        assert event is not None
        seen.append((event.user_id, event.timestamp, event.status, event.punch))
        client.end_live_capture = len(seen) == 3
    door.join()
    noon = wall("2026-05-04T12:00:00")
    assert seen == [("1001", noon, 1, 0), ("1060", noon, 1, 1), ("424242", noon, 1, 0)]
    assert terminal.unacknowledged() == 0
    assert terminal.subscribers() == 0


def test_two_events_in_one_segment_break_it_as_they_do_in_the_field(terminal: TerminalServer, client: ZK) -> None:
    """Of two events in one segment it loses the second and dies of a TypeError, as measured against sockets by hand."""

    def punch_twice() -> None:
        terminal.wait_until(lambda: terminal.subscribers() == 1)
        terminal.command("coalesce 2")
        terminal.punch("1001")
        terminal.punch("1002")

    door = threading.Thread(target=punch_twice)
    door.start()
    capture = client.live_capture(new_timeout=10)
    assert next(capture).user_id == "1001"
    with pytest.raises(TypeError):
        next(capture)
    door.join()
    client.is_connect = False


def test_the_key_is_asked_for() -> None:
    with TerminalServer(comm_key=654_321) as terminal:
        right = connect(terminal, 654_321)
        assert right.get_serialnumber() == terminal.serial
        right.disconnect()
        for wrong in (0, 654_320):
            with pytest.raises(ZKErrorResponse, match="Unauthenticated"):
                connect(terminal, wrong)
        assert terminal.counters.wrong_keys == 2


def test_all_its_checksums_are_right(terminal: TerminalServer, client: ZK) -> None:
    for _ in range(300):
        client.get_time()
    assert terminal.counters.bad_checksums == 0
    assert terminal.counters.commands["GET_TIME"] == 300
