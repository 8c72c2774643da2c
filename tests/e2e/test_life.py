"""The life of the real `ketuk run`: SIGTERM ends it in time whatever hangs, systemd hears of it, the next run tells."""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.line import Line
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer
from tests.brokers import HOST, Mosquitto, free_port
from tests.e2e.office import DEVICE, Gateway, audits, confirmed, held, judge, punched, recorded, until, verify


@pytest.fixture
def cable(terminal: TerminalServer) -> Iterator[Line]:
    """Between the gateway and the terminal."""
    with Line(HOST, terminal.port) as cable:
        yield cable


def _punch(terminal: TerminalServer, count: int = 10) -> None:
    for number in range(count):
        terminal.punch(str(3000 + number))


def _running(gateway: Gateway, terminal: TerminalServer) -> None:
    """Wait until all of the terminal's log is in the gateway's."""
    until(lambda: terminal.subscribers() == 1 and recorded(gateway) == punched(terminal))


def _stopped(gateway: Gateway, holds: Counter[tuple[str, str]]) -> None:
    """A clean stop in time; `holds` stands in the log, and its end says that it was stopped, and is signed."""
    assert gateway.stop() == 0
    assert "leaving at once" not in gateway.said
    assert "did not let go" not in gateway.said
    assert audits(gateway)[-1][0] == held(gateway)[-2]["data"].get("event") == "software-stopped"
    assert held(gateway)[-1]["type"] == "ketuk.checkpoint.v1"
    assert recorded(gateway) == holds
    verify(gateway)


def _ended(gateway: Gateway) -> list[str]:
    """How each run found the one before it."""
    return [detail["last_run"] for event, detail in audits(gateway) if event == "software-started"]


# SIGTERM, whatever is the matter


def test_stopped_without_a_broker(tmp_path: Path, terminal: TerminalServer) -> None:
    with Gateway(tmp_path, {DEVICE: terminal.port}, {"url": f"mqtt://{HOST}:{free_port()}"}) as gateway:
        _running(gateway, terminal)
        _punch(terminal)
        _running(gateway, terminal)
        _stopped(gateway, punched(terminal))


def test_stopped_while_all_is_well(tmp_path: Path, terminal: TerminalServer, mosquitto: Mosquitto) -> None:
    gateway = Gateway(tmp_path, {DEVICE: terminal.port}, {"url": mosquitto.url})
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        judge(centre, terminal)
        confirmed(centre, gateway)
        _stopped(gateway, punched(terminal))
        last = held(gateway)[-1]
        centre.wait_for(lambda now: now["logs"][last["logid"]]["highest"] == int(last["sequence"]), 10)


@pytest.mark.parametrize("hangs", [False, True], ids=["it flows", "it hangs"])
def test_stopped_in_the_midst_of_a_back_fill(hangs: bool, tmp_path: Path, mosquitto: Mosquitto) -> None:
    with (
        TerminalServer("tft-tcp", users=20, records=4000, pause=0.01) as terminal,
        Line(HOST, terminal.port) as cable,
        StandIn(HOST, mosquitto.port) as centre,
        Gateway(tmp_path, {DEVICE: cable.port}, {"url": mosquitto.url}) as gateway,
    ):
        until(lambda: cable.counters.down > 20_000)
        if hangs:
            cable.stall()
        assert "FREE_DATA" not in terminal.counters.commands  # the read is not over
        _stopped(gateway, Counter())
        cable.restore()
        gateway.start()
        judge(centre, terminal)
        assert _ended(gateway) == ["unknown", "stopped"]


@pytest.mark.parametrize("when", ["from the start", "after a while"])
def test_stopped_while_the_broker_hangs(
    when: str, tmp_path: Path, terminal: TerminalServer, line: Line, mosquitto: Mosquitto
) -> None:
    if when == "from the start":
        line.stall()
    broker = {"url": f"mqtt://{HOST}:{line.port}", "ack_timeout": 60}
    with StandIn(HOST, mosquitto.port) as centre, Gateway(tmp_path, {DEVICE: terminal.port}, broker) as gateway:
        _running(gateway, terminal)
        if when == "after a while":
            judge(centre, terminal)
        line.stall()
        _punch(terminal)
        _running(gateway, terminal)
        until(lambda: line.open == 1)
        _stopped(gateway, punched(terminal))


@pytest.mark.parametrize("when", ["from the start", "after a while"])
def test_stopped_while_the_terminal_hangs(
    when: str, tmp_path: Path, terminal: TerminalServer, cable: Line, mosquitto: Mosquitto
) -> None:
    holds: Counter[tuple[str, str]] = Counter()
    if when == "from the start":
        cable.stall()
    with Gateway(tmp_path, {DEVICE: cable.port}, {"url": mosquitto.url}) as gateway:
        until(lambda: cable.open == 1)
        if when == "after a while":
            _running(gateway, terminal)
            holds = punched(terminal)
            cable.stall()
            _punch(terminal)
        _stopped(gateway, holds)


def test_stopped_while_everything_hangs(
    tmp_path: Path, terminal: TerminalServer, cable: Line, line: Line, mosquitto: Mosquitto
) -> None:
    with Gateway(tmp_path, {DEVICE: cable.port}, {"url": f"mqtt://{HOST}:{line.port}"}) as gateway:
        _running(gateway, terminal)
        cable.stall()
        line.stall()
        _stopped(gateway, punched(terminal))


# What the next run says


def test_the_next_run_tells_how_this_one_ended(tmp_path: Path, terminal: TerminalServer) -> None:
    with Gateway(tmp_path, {DEVICE: terminal.port}, {"url": f"mqtt://{HOST}:{free_port()}"}) as gateway:
        until(lambda: _ended(gateway) == ["unknown"])
        gateway.kill()
        gateway.start()
        until(lambda: _ended(gateway) == ["unknown", "killed"])
        assert gateway.stop() == 0
        gateway.start()
        until(lambda: _ended(gateway) == ["unknown", "killed", "stopped"])
        gateway.kill()
        gateway.start()
        until(lambda: _ended(gateway)[3:] == ["killed"])
        _running(gateway, terminal)
        _stopped(gateway, punched(terminal))


# systemd


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(25)
        yield listener


def _heard(systemd: socket.socket, word: str) -> list[str]:
    """What is said until `word` is, that included."""
    heard = [systemd.recv(1000).decode()]
    while heard[-1] != word:
        heard.append(systemd.recv(1000).decode())
    return heard


def test_systemd_hears_of_start_life_and_stop(tmp_path: Path, terminal: TerminalServer, systemd: socket.socket) -> None:
    gateway = Gateway(tmp_path, {DEVICE: terminal.port}, {"url": f"mqtt://{HOST}:{free_port()}"})
    gateway.environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}
    with gateway:
        assert systemd.recv(1000) == b"READY=1"
        assert "software-started" in dict(audits(gateway))
        for _ in range(2):
            _heard(systemd, "WATCHDOG=1")
        assert gateway.stop() == 0
        _heard(systemd, "STOPPING=1")
        systemd.settimeout(0)
        with pytest.raises(BlockingIOError):
            systemd.recv(1000)


def test_systemd_hears_of_nothing_that_did_not_start(tmp_path: Path, systemd: socket.socket) -> None:
    (tmp_path / "data").write_text("no folder")
    gateway = Gateway(tmp_path, {}, {"url": f"mqtt://{HOST}:{free_port()}"})
    gateway.environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}
    assert gateway.start().process.wait(25) == 1
    systemd.settimeout(0)
    with pytest.raises(BlockingIOError):
        systemd.recv(1000)


# A driver that hangs


class Hanging(Gateway):
    """With the driver and the impatience of `tests.e2e.hanging`."""

    program = ("-m", "tests.e2e.hanging")

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, {}, {"url": url})
        with self.config.open("a") as config:
            config.write('[[device]]\nid = "kartu"\ndriver = "hanging"\n')
        self.environment = {"PYTHONPATH": str(Path(__file__).parents[2])}


def test_a_driver_that_hangs_is_replaced_and_that_is_on_record(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with StandIn(HOST, mosquitto.port) as centre, Hanging(tmp_path, mosquitto.url) as gateway:
        centre.wait_for(lambda now: now["punches"] == 1, 30)
        restarts = [detail for event, detail in audits(gateway) if event == "driver-restarted"]
        assert [(one["device"], one["how"], one["restarts"]) for one in restarts] == [
            ("kartu", "closed", 0),
            ("kartu", "left behind", 1),
        ]
        levels = [json.loads(line) for line in gateway.said.splitlines()]
        assert any("kartu: driver hangs" in line["message"] and line["level"] == "error" for line in levels)
        assert gateway.stop() == 0  # although the first thread still hangs
        assert audits(gateway)[-1][0] == "software-stopped"
        verify(gateway)
