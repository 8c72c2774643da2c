"""Each way in which power, line, terminal, broker or centre fails: every punch exactly once, chain whole."""

import json
import random
import shutil
import threading
import time
from pathlib import Path

import pytest

from simulators.line import Line
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer
from tests.brokers import HOST, Mosquitto
from tests.e2e.office import DEVICE, Gateway, confirmed, judge, marks, punched, until, verify


@pytest.fixture
def gateway(tmp_path: Path, terminal: TerminalServer, line: Line) -> Gateway:
    return Gateway(tmp_path, {DEVICE: terminal.port}, {"url": f"mqtt://{HOST}:{line.port}", "keepalive": 2})


def _burst(terminal: TerminalServer, count: int, pause: float = 0.0) -> None:
    for number in range(count):
        terminal.punch(str(2000 + number % 500))
        time.sleep(pause)


def _settled(centre: StandIn, terminal: TerminalServer, gateway: Gateway) -> None:
    judge(centre, terminal)
    confirmed(centre, gateway)
    assert gateway.stop() == 0
    verify(gateway)


@pytest.mark.parametrize("more", [True, False], ids=["new punches afterwards", "nothing new"])
def test_broker_killed_and_restarted_without_its_data(
    more: bool, terminal: TerminalServer, mosquitto: Mosquitto, gateway: Gateway
) -> None:
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        centre.wait_for(lambda now: now["punches"] >= 100, 30)
        centre.go_offline()  # so that what the broker acknowledges now lives in the broker alone
        _burst(terminal, 300)
        until(lambda: marks(gateway).get("published", 0) >= 300)
        mosquitto.kill()
        mosquitto.wipe()
        if more:
            _burst(terminal, 50)
        mosquitto.start()
        centre.go_online()
        _settled(centre, terminal, gateway)


def test_network_cut_in_mid_window(
    terminal: TerminalServer, line: Line, mosquitto: Mosquitto, gateway: Gateway
) -> None:
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        until(lambda: terminal.subscribers() == 1)
        for size in (3_000, 7_777, 20_000):
            line.cut_after(size)
            _burst(terminal, 100)
            until(lambda: line.state == "cut")
            time.sleep(0.1)
            line.restore()
        _settled(centre, terminal, gateway)


def test_link_that_stalls_without_closing(
    terminal: TerminalServer, line: Line, mosquitto: Mosquitto, gateway: Gateway
) -> None:
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        until(lambda: terminal.subscribers() == 1 and centre.report()["punches"] >= 120)
        line.stall()
        _burst(terminal, 200)
        before = line.counters
        until(lambda: line.counters != before or "no PUBACK" in gateway.said or "ack" in gateway.said.lower())
        line.restore()
        _settled(centre, terminal, gateway)


def test_gateway_killed_twenty_times_during_a_burst(
    terminal: TerminalServer, mosquitto: Mosquitto, gateway: Gateway
) -> None:
    chance = random.Random(20)
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        until(lambda: terminal.subscribers() == 1)
        burst = threading.Thread(target=_burst, args=(terminal, 2000, 0.005))
        burst.start()
        for _ in range(20):
            time.sleep(chance.uniform(0.05, 0.9))
            gateway.kill()
            gateway.start()
        burst.join()
        _settled(centre, terminal, gateway)


def test_terminal_restarted_in_mid_read(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with TerminalServer("tft-tcp", users=50, records=5000, pause=0.001, restart_seconds=0.3) as terminal:
        terminal.command("drop in-transfer")
        gateway = Gateway(tmp_path, {DEVICE: terminal.port}, {"url": mosquitto.url})
        with StandIn(HOST, mosquitto.port) as centre, gateway:
            until(lambda: terminal.counters.connections >= 2 and terminal.subscribers() == 1)
            _burst(terminal, 20)
            terminal.restart()
            until(lambda: terminal.subscribers() == 1)
            _burst(terminal, 20)
            _settled(centre, terminal, gateway)


def test_centre_offline_for_the_whole_burst(terminal: TerminalServer, mosquitto: Mosquitto, gateway: Gateway) -> None:
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        until(lambda: terminal.subscribers() == 1 and centre.report()["punches"] >= 120)
        centre.go_offline()
        _burst(terminal, 1500)
        until(lambda: marks(gateway).get("published", 0) >= 1500)
        assert marks(gateway)["confirmed"] < 1500
        centre.go_online()
        _settled(centre, terminal, gateway)


def test_log_folder_restored_from_an_older_copy(
    tmp_path: Path, terminal: TerminalServer, mosquitto: Mosquitto, gateway: Gateway
) -> None:
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        judge(centre, terminal)
        confirmed(centre, gateway)
        assert gateway.stop() == 0
        shutil.copytree(gateway.data, tmp_path / "backup")
        gateway.start()
        _burst(terminal, 80)
        judge(centre, terminal)
        confirmed(centre, gateway)
        assert gateway.stop() == 0
        old = {logid: log["through"] for logid, log in centre.report()["logs"].items()}
        shutil.rmtree(gateway.data)
        (tmp_path / "backup").rename(gateway.data)
        gateway.start()
        _burst(terminal, 40)
        until(lambda: len(centre.report()["logs"]) == 2)
        report = judge(centre, terminal)
        assert set(old) < set(report["logs"])
        (new,) = set(report["logs"]) - set(old)
        assert report["logs"][next(iter(old))]["forks"] == []
        first = json.loads(centre.entries(new)[0])
        assert first["data"]["event"] == "log-forked"
        assert first["data"]["detail"]["previous"]["logid"] in old
        assert "new epoch" in gateway.said
        confirmed(centre, gateway)
        assert gateway.stop() == 0
        verify(gateway)


def test_watermark_gone_back(terminal: TerminalServer, mosquitto: Mosquitto, gateway: Gateway) -> None:
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        judge(centre, terminal)
        confirmed(centre, gateway)
        centre.forget(40)
        assert centre.report()["punches"] < punched(terminal).total()
        _settled(centre, terminal, gateway)
        assert len(centre.report()["logs"]) == 1


def test_a_lost_message_is_asked_for_and_comes_again(
    terminal: TerminalServer, mosquitto: Mosquitto, gateway: Gateway
) -> None:
    with StandIn(HOST, mosquitto.port) as centre, gateway:
        judge(centre, terminal)
        confirmed(centre, gateway)  # the newest watermark counts: a later one without holes would take it back
        (logid,) = centre.report()["logs"]
        before = centre.report()["redelivered"]
        centre.forge(logid, missing=[[10, 14]])
        centre.wait_for(lambda now: now["redelivered"] >= before + 5, 20)
        _settled(centre, terminal, gateway)
