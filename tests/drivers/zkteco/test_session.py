"""Connecting and reading: what can stand between us and a terminal, and what a technician reads then."""

import contextlib
import gc
import inspect
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from zk import ZK
from zk.base import make_commkey

from gateway.drivers import table
from gateway.drivers.zkteco import commkey
from gateway.errors import DeviceRefused, DeviceSilent, DriverError
from gateway.reading import ClockReading
from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE, row_40
from tests.drivers.zkteco.conftest import drain, people, until
from tests.drivers.zkteco.scripted import SESSION, ScriptedTerminal


def test_pyzk_still_has_the_private_names_we_rely_on():
    source = inspect.getsource(ZK)
    for name in (
        "__create_socket",
        "__send_command",
        "__read_chunk",
        "__recieve_chunk",
        "__sock",
        "__data",
        "__session_id",
    ):
        assert f"self.{name}" in source
    assert hasattr(ZK, "_ZK__create_socket")


def test_open_asks_who_it_is_and_subscribes_on_one_connection(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        status = driver.status()
        assert (status.serial, status.model, status.firmware) == (terminal.serial, "F18", "Ver 6.60 Apr 26 2016")
        assert terminal.connections == 1
        assert terminal.commands()[500] == 1
        driver.close()
        terminal.wait(lambda: terminal.commands()[1001] == 1)


def test_nothing_is_ever_disabled_cleared_or_written(connect):
    with ScriptedTerminal(log=row_40("1", JUNE) * 30) as terminal:
        drain(connect(terminal))
        assert set(terminal.commands()) <= {1000, 11, 1100, 50, 201, 62, 60, 500, 1503, 1504, 1502}


@pytest.mark.parametrize("refused", [[60], [500]])
def test_a_terminal_that_tells_nothing_live_is_still_read(connect, refused):
    answers = dict.fromkeys(refused, lambda terminal, link, number, _: terminal.reply(link, 2001, number))
    with ScriptedTerminal(log=row_40("1", JUNE), answers=answers) as terminal:
        assert people(drain(connect(terminal))) == ["1"]


def test_a_terminal_that_knows_only_punches_is_asked_for_those(connect):
    def picky(terminal, link, number, data):
        link.registered = int.from_bytes(data, "little")
        terminal.reply(link, 2000 if link.registered == 1 else 2001, number)

    with ScriptedTerminal(answers={500: picky}) as terminal:
        connect(terminal)
        assert terminal.links[0].registered == 1


def test_the_comm_key(connect):
    with ScriptedTerminal(comm_key=commkey.answer(1234, SESSION)) as terminal:
        assert connect(terminal, comm_key=1234).status().serial == terminal.serial


def test_a_comm_key_on_which_pyzk_overflows(connect):
    with pytest.raises(struct.error):
        make_commkey(131_071, SESSION)
    with ScriptedTerminal(comm_key=commkey.answer(131_071, SESSION)) as terminal:
        assert connect(terminal, comm_key=131_071).status().serial == terminal.serial
        assert terminal.connections == 1


def test_a_wrong_comm_key(connect):
    for wrong in (4321, 131_071):
        refusal = pytest.raises(DeviceRefused, match=r"pintu \(127.0.0.1:\d+\): wrong comm key: set comm_key")
        with ScriptedTerminal(comm_key=commkey.answer(1234, SESSION)) as terminal, refusal:
            connect(terminal, comm_key=wrong)


def test_a_terminal_without_serial_number_goes_by_its_mac(connect):
    with ScriptedTerminal(serial="") as terminal:
        assert connect(terminal).status().serial == "mac-00:17:61:aa:bb:cc"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def server(says: bytes = b"", hangs_up: bool = False) -> Iterator[int]:
    """Something that is not a terminal."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        done = threading.Event()

        def serve() -> None:
            client, _ = sock.accept()
            with client:
                client.sendall(says)
                if not hangs_up:
                    done.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield sock.getsockname()[1]
        done.set()
        thread.join(5)


def opening(host: str, port: int, **options: object) -> str:
    driver = table.create("zkteco", {"host": host, "port": port, "timeout": 0.4, **options}, "pintu")
    with pytest.raises(DriverError) as caught:
        driver.open(None)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("pintu (")
    return str(caught.value)


def test_nobody_listens():
    assert "refuses the connection: check port" in opening("127.0.0.1", free_port())
    assert "refuses the connection" in opening("127.0.0.1", free_port(), transport="udp")


@pytest.mark.parametrize("host", ["terminal.invalid", "a..b", "a" * 80])
def test_a_name_nobody_knows(host):
    for transport in ("tcp", "udp"):
        assert "set host to the terminal's IP address" in opening(host, 4370, transport=transport)


def test_it_accepts_and_says_nothing():
    with server() as port:
        assert "another program may hold the terminal" in opening("127.0.0.1", port)


def test_it_speaks_something_else():
    with server(b"HTTP/1.1 400 Bad Request\r\n" * 4000) as port:
        assert "is not a ZKTeco terminal: check host and port" in opening("127.0.0.1", port)


def test_it_hangs_up():
    with server(hangs_up=True) as port:
        assert "the connection broke" in opening("127.0.0.1", port)


def test_no_answer_over_udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        assert "no answer: check that it is switched on" in opening("127.0.0.1", sock.getsockname()[1], transport="udp")


@pytest.mark.parametrize("command", [11, 50, 201, 500, 1503])
def test_garbage_in_answer_to_any_question_is_a_driver_error(connect, command):
    def garbage(terminal, link, number, data):
        terminal.put(link, bytes_of.top(b"\xff" * 5) + bytes_of.top(b"\xee" * 40))

    failure = pytest.raises(DriverError, match=r"pintu \(")
    with ScriptedTerminal(log=row_40("1", JUNE), answers={command: garbage}) as terminal, failure:
        drain(connect(terminal, timeout=0.5))


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xfe\xfd", b"=" * 40, b"~SerialNumber=\xff\xfe\0", b"a" * 5000])
@pytest.mark.parametrize("command", [11, 50, 201, 1100, 1503])
def test_any_answer_at_all_is_lived_with_or_a_driver_error(connect, command, data):
    answers = {command: lambda terminal, link, number, _: terminal.reply(link, 2000, number, data)}
    with ScriptedTerminal(log=row_40("1", JUNE), answers=answers) as terminal, contextlib.suppress(DriverError):
        drain(connect(terminal, timeout=0.3))


def test_a_stuck_terminal_is_given_up_at_the_deadline(connect):
    with ScriptedTerminal(log=row_40("1", JUNE) * 3, answers={1503: lambda *_: None}) as terminal:
        driver = connect(terminal, timeout=0.3)
        with pytest.raises(DeviceSilent, match="stopped answering"):
            drain(driver)


def test_a_terminal_that_goes_silent_is_missed_though_nothing_was_due(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal, timeout=0.3, quiet=0.1)
        drain(driver)
        terminal.answers[50] = lambda *_: None
        with pytest.raises(DeviceSilent, match="stopped answering"):
            until(driver, lambda _: False)


def test_a_terminal_that_restarted_over_udp_has_forgotten_us(connect):
    with ScriptedTerminal(udp=True) as terminal:
        driver = connect(terminal, reconcile=0.05)
        drain(driver)
        terminal.links[0].trusted = False
        with pytest.raises(DeviceSilent, match="it has forgotten our session"):
            until(driver, lambda _: False)


def test_a_damaged_answer_is_an_error_at_once(connect):
    def damaged(terminal, link, number, data):
        wrong = bytearray(bytes_of.packet(2000, SESSION, number, struct.pack("<I", JUNE)))
        wrong[-1] ^= 1
        terminal.put(link, bytes_of.top(bytes(wrong)))

    with ScriptedTerminal(answers={201: damaged}) as terminal:
        driver = connect(terminal, timeout=100)
        with pytest.raises(DeviceSilent, match="damaged frame"):
            driver.read_clock()


def test_a_terminal_that_will_not_forget_a_read_was_read_all_the_same(connect):
    answers = {1502: lambda terminal, link, number, _: terminal.reply(link, 2001, number)}
    with ScriptedTerminal(log=row_40("1", JUNE) * 40, answers=answers) as terminal:
        assert len(people(drain(connect(terminal)))) == 40


def test_nothing_is_left_open(connect):
    with ScriptedTerminal(log=row_40("1", JUNE)) as terminal:
        drain(connect(terminal))
        gc.collect()
        gc.disable()
        try:
            before = len(list(Path("/proc/self/fd").iterdir()))
            for _ in range(5):
                driver = table.create("zkteco", {"host": "127.0.0.1", "port": terminal.port}, "pintu")
                driver.open(None)
                driver.close()
                terminal.wait(lambda: len(terminal.links) == 1)
            assert len(list(Path("/proc/self/fd").iterdir())) <= before
        finally:
            gc.enable()


def test_a_flood_of_events_does_not_put_the_deadline_off(connect):
    def flood(terminal, link, number, data):
        stopped = threading.Event()

        def pour() -> None:
            while not stopped.is_set() and not terminal._stopping.is_set():
                terminal.transmit(link, bytes_of.packet(500, 128, 0, b"\0" * 5))

        threading.Thread(target=pour, daemon=True).start()

    with ScriptedTerminal(log=row_40("1", JUNE), answers={1503: flood}) as terminal:
        driver = connect(terminal, timeout=0.5)
        with pytest.raises(DeviceSilent):
            drain(driver)
        driver.close()


@pytest.mark.parametrize("stuck_in", ["open", "poll", "read"])
def test_close_from_another_thread_frees_a_stuck_call(connect, stuck_in):
    command = {"open": 1000, "read": 1503}.get(stuck_in)
    answers = {} if command is None else {command: lambda *_: None}
    with ScriptedTerminal(log=row_40("1", JUNE) if stuck_in == "read" else b"", answers=answers) as terminal:
        driver = table.create("zkteco", {"host": "127.0.0.1", "port": terminal.port, "timeout": 60}, "pintu")
        outcome: list[object] = []

        def use() -> None:
            try:
                driver.open(None)
                while True:
                    driver.poll(60)
            except DriverError as error:
                outcome.append(error)

        thread = threading.Thread(target=use, daemon=True)
        thread.start()
        wanted = {"open": 1000, "poll": 50, "read": 1503}[stuck_in]
        terminal.wait(lambda: terminal.commands()[wanted] > 0)
        driver.close()
        driver.close()
        thread.join(5)
        assert not thread.is_alive()
        assert "closed from our side" in str(outcome[0])
        with pytest.raises(DriverError):
            driver.poll(0)


def test_the_clock_is_told_as_it_is_even_on_a_day_that_does_not_exist(connect):
    with ScriptedTerminal(clock=bytes_of.packed(2026, 2, 31, 7, 5, 9)) as terminal:
        driver = connect(terminal)
        (first,) = driver.poll(1)
        assert isinstance(first, ClockReading)
        assert (first.serial, first.local_time) == (terminal.serial, "2026-02-31T07:05:09")
        assert first.round_trip > 0


def test_the_clock_is_looked_at_again_and_again(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal, clock_every=0.05)
        terminal.wait(lambda: (driver.poll(0.02), terminal.commands()[201] >= 3)[1])


def test_setting_the_clock(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        driver.set_clock("2026-11-24T06:30:00")
        assert driver.read_clock().local_time == "2026-11-24T06:30:00"
        commands = [command for command, _ in terminal.seen]
        assert commands[commands.index(202) + 1] == 1013
        with pytest.raises(ValueError, match="not a time"):
            driver.set_clock("tomorrow")


def test_a_driver_can_be_opened_again(connect):
    with ScriptedTerminal(log=row_40("1", JUNE)) as terminal:
        driver = connect(terminal)
        assert people(drain(driver)) == ["1"]
        driver.close()
        driver.open(None)
        assert people(drain(driver)) == ["1"]
        assert terminal.connections == 2
