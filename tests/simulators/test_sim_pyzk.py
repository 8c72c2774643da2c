"""pyzk 0.9 as it is published, against the simulated terminal."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from zk import ZK
from zk.exception import ZKErrorResponse, ZKNetworkError
from zk.finger import Finger

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


def test_a_user_written_anew_keeps_the_fingers(terminal: TerminalServer, client: ZK) -> None:
    fingers = terminal.users()[0].fingers
    assert fingers
    client.set_user(uid=1, name="Nama Baru", user_id="1001")
    assert (terminal.users()[0].name, terminal.users()[0].fingers) == ("Nama Baru", fingers)
    client.set_user(uid=1, name="Orang Lain", user_id="9999")
    assert terminal.users()[0].fingers == {}


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


def test_fingers_are_read_deleted_and_enrolled(terminal: TerminalServer, client: ZK) -> None:
    assert [(finger.uid, finger.fid, finger.valid, finger.template) for finger in client.get_templates()] == [
        (user.uid, 0, 1, user.fingers[0]) for user in terminal.users()
    ]
    assert client.get_user_template(uid=7, temp_id=0).template == terminal.users()[6].fingers[0]
    assert client.delete_user_template(uid=7, temp_id=0)
    assert not client.delete_user_template(uid=7, temp_id=0)
    assert terminal.users()[6].fingers == {}
    assert client.enroll_user(uid=7, temp_id=3)
    assert list(terminal.users()[6].fingers) == [3]
    assert client.enroll_user(uid=4711) is False


def test_a_user_is_saved_with_fingers(terminal: TerminalServer, client: ZK) -> None:
    kept = terminal.users()[4].fingers[0]
    client.set_user(uid=70, name="Pak Amir", user_id="7070")
    fingers = [Finger(70, 1, 1, b"one" * 100), Finger(70, 6, 1, kept)]
    client.save_user_template(70, fingers)
    saved = terminal.users()[-1]
    assert (saved.user_id, saved.name, saved.fingers) == ("7070", "Pak Amir", {1: b"one" * 100, 6: kept})


def test_logs_are_cleared(terminal: TerminalServer, client: ZK) -> None:
    client.clear_attendance()
    assert client.get_attendance() == []
    assert terminal.operations()[-1].code == 23


def test_moods_and_gestures(terminal: TerminalServer, client: ZK) -> None:
    assert client.disable_device()
    assert terminal.terminal.disabled
    assert client.enable_device()
    assert client.test_voice(0)
    assert client.unlock(3)
    assert client.refresh_data()
    assert client.set_sdk_build_1()


def test_restart_is_waited_for_in_vain(terminal: TerminalServer, client: ZK) -> None:
    """It waits for an acknowledgement that this firmware does not give."""
    with pytest.raises(ZKNetworkError):
        client.restart()
    assert terminal.wait_until(lambda: terminal.counters.restarts == 1)
    client.is_connect = False


@pytest.mark.parametrize("profile", ["zem-udp", "tft-tcp"])
def test_everything_again_over_udp(profile: str) -> None:
    noon = wall("2026-05-04T12:00:00")
    with TerminalServer(profile, users=60, records=2500, pause=0.0002, now=lambda: noon) as terminal:
        client = ZK(terminal.host, port=terminal.port, timeout=10, force_udp=True, ommit_ping=True).connect()
        assert client.get_serialnumber() == terminal.serial
        assert [(user.uid, user.user_id) for user in client.get_users()] == [
            (user.uid, user.user_id) for user in terminal.users()
        ]
        found = [(one.user_id, one.timestamp, {one.status, one.punch}) for one in client.get_attendance()]
        client.set_user(uid=70, name="Nur", user_id="7070")
        assert terminal.users()[-1].user_id == "7070"
        assert client.disconnect()
        assert found == [
            (punch.user_id, moment(punch.stamp), {punch.verify, punch.state}) for punch in terminal.records()
        ]


def test_live_capture_over_udp() -> None:
    with TerminalServer("zem-udp", users=3, now=lambda: wall("2026-05-04T12:00:00")) as terminal:
        client = ZK(terminal.host, port=terminal.port, timeout=10, force_udp=True, ommit_ping=True).connect()

        def punch_once() -> None:
            terminal.wait_until(lambda: terminal.subscribers() == 1)
            terminal.punch("1002", "out")

        door = threading.Thread(target=punch_once)
        door.start()
        event = next(client.live_capture(new_timeout=10))
        door.join()
        assert (event.user_id, event.timestamp, event.punch) == ("1002", wall("2026-05-04T12:00:00"), 1)
        assert terminal.wait_until(lambda: terminal.unacknowledged() == 0)


def test_it_cannot_read_firmware_without_buffered_reads() -> None:
    with TerminalServer("zem-udp-old", users=3, records=9) as terminal:
        client = ZK(terminal.host, port=terminal.port, timeout=10, force_udp=True, ommit_ping=True).connect()
        with pytest.raises(ZKErrorResponse, match="RWB Not supported"):
            client.get_users()


def test_it_finds_no_records_where_the_count_is_always_zero() -> None:
    with TerminalServer("new-tcp", users=3, records=9) as terminal:
        assert connect(terminal).get_attendance() == []


def test_it_reads_only_the_first_of_49_bytes_right() -> None:
    with TerminalServer("new-tcp", users=3, records=9) as terminal:
        terminal.adopt("count_reported=true")
        seen = [one.user_id for one in connect(terminal).get_attendance()]
        told = [punch.user_id for punch in terminal.records()]
        assert seen[0] == told[0]
        assert seen[1:] != told[1:]
