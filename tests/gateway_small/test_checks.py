"""What `ketuk check` finds: folder, disk, certificates, broker, devices. Nothing is changed by it."""

import contextlib
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway import checks
from gateway.checks import devices, line, machine
from gateway.checks.result import Result
from gateway.drivers import table, virtual
from gateway.log.disk import filesystem_of
from gateway.log.folder import FolderLock
from simulators.zkteco import TerminalServer
from tests.brokers import Mosquitto, Tls
from tests.gateway_small.configs import DEVICE, config
from tests.mqtt.support import until
from tests.pki import Authority

ODD = "tests.gateway_small.odd_drivers"


def said(result: Result) -> tuple[str, str]:
    return result.state, result.detail.en


def by_name(results: Iterator[Result]) -> dict[str, tuple[str, str]]:
    return {result.check: said(result) for result in results}


# the data folder


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    state, detail = said(machine.folder(config(tmp_path), allow_volatile=True))
    assert (state, detail.partition(" (")[0]) == ("ok", f"{tmp_path / 'data'}: will be made in {tmp_path}")
    assert not (tmp_path / "data").exists()


def test_a_folder_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    state, detail = said(machine.folder(config(tmp_path), allow_volatile=True))
    assert (state, detail.partition(" (")[0]) == ("ok", f"{tmp_path / 'data'}: can be written to")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    state, detail = said(machine.folder(config(tmp_path), allow_volatile=False))
    assert state == "bad"
    assert detail.startswith(f"{tmp_path / 'data'}: cannot be written to (Not a directory)")


@pytest.fixture
def in_memory() -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108 - the one place in memory that every Linux has
    if filesystem_of(memory) != "tmpfs":
        pytest.skip("no tmpfs at /dev/shm")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_a_folder_in_memory_is_refused_unless_it_is_allowed(in_memory: Path) -> None:
    loaded = config(in_memory)
    state, detail = said(machine.folder(loaded, allow_volatile=False))
    assert (state, "is on tmpfs, which a power cut empties; choose" in detail) == ("bad", True)
    state, detail = said(machine.folder(loaded, allow_volatile=True))
    assert (state, detail.endswith("for trials only")) == ("warn", True)


def test_room_for_what_the_log_may_take(tmp_path: Path) -> None:
    assert said(machine.room(config(tmp_path)))[0] == "ok"
    tight = config(tmp_path, devices="[log]\nmax_mb = 1000000\n")
    assert said(machine.room(tight))[0] == "warn"


# the clock


def test_a_clock_that_is_vouched_for(tmp_path: Path) -> None:
    state, detail = said(machine.clock(config(tmp_path)))
    assert state == "ok"
    assert detail.endswith('+07:00; believed because of clock.trust = "system"')


# certificates


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "pki")


def broker_keys(authority: Authority, port: int, days: tuple[int, int] = (-1, 300)) -> str:
    pair = authority.client("gw1", days=days)
    return f'url = "mqtts://127.0.0.1:{port}"\nca = "{authority.ca}"\ncert = "{pair.cert}"\nkey = "{pair.key}"'


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        ((-1, 300), "ok", "gw1.crt: CN=gw1, valid until 2"),
        ((-1, 5), "warn", "gw1.crt: CN=gw1, expires in 4 days (2"),
        ((-20, -1), "bad", "gw1.crt: CN=gw1, expired on 2"),
        ((2, 300), "bad", "gw1.crt: CN=gw1, valid only from 2"),
    ],
)
def test_how_long_a_certificate_is_valid(
    tmp_path: Path, authority: Authority, days: tuple[int, int], state: str, words: str
) -> None:
    loaded = config(tmp_path, broker=broker_keys(authority, 1, days))
    found = by_name(checks.check(loaded, offline=True))
    assert found["broker.cert"][0] == state
    assert words in found["broker.cert"][1]
    assert found["broker.ca"][0] == "warn"  # the authority of the tests is valid for 30 days
    assert "broker.key" not in found


def test_what_is_no_certificate(tmp_path: Path, authority: Authority) -> None:
    keys = broker_keys(authority, 1)
    authority.ca.write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    found = by_name(checks.check(config(tmp_path, broker=keys), offline=True))
    assert found["broker.ca"][0] == "bad"
    assert found["broker.ca"][1].startswith(f"{authority.ca}: not a PEM certificate that can be read (")


def test_a_key_of_another_certificate(tmp_path: Path, authority: Authority) -> None:
    keys = broker_keys(authority, 1)
    other = authority.client("gw2")
    keys = keys.replace(str(authority.folder / "gw1.key"), str(other.key))
    state, detail = by_name(checks.check(config(tmp_path, broker=keys), offline=True))["broker.key"]
    assert state == "bad"
    assert "gw2.key is not the key of" in detail


# the broker


def test_a_broker_with_client_certificates(tmp_path: Path, authority: Authority) -> None:
    tls = Tls(authority.ca, authority.server())
    with Mosquitto(tmp_path, tls=tls) as broker:
        result = line.check(config(tmp_path, broker=broker_keys(authority, broker.port)))
        assert said(result) == ("ok", f"127.0.0.1:{broker.port}: connected, MQTT 3.1.1, TLS")
        until(lambda: "Received DISCONNECT from ketuk-kec-pampangan-gw1" in broker.output, "our goodbye")


@contextlib.contextmanager
def broker_that_says(suback: bytes | None) -> Iterator[int]:
    """The port of one that takes the connection and answers SUBSCRIBE with these codes; none: not; empty: hangs up."""

    def serve() -> None:
        peer, _ = server.accept()
        with peer:
            peer.settimeout(20)
            peer.recv(1000)
            peer.sendall(b"\x20\x02\x00\x00")
            subscribe = peer.recv(1000)
            if suback:
                peer.sendall(bytes((0x90, 2 + len(suback))) + subscribe[2:4] + suback)
            if suback != b"":
                peer.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("suback", "words"),
    [
        (b"\x01\x80", "connected, but the broker does not let us listen to ketuk/v1/central/status; check its ACL"),
        (None, "connected, but no answer to SUBSCRIBE within 1 s"),
        (b"", "closed the connection"),
    ],
)
def test_a_broker_that_does_not_let_us_listen(tmp_path: Path, suback: bytes | None, words: str) -> None:
    with broker_that_says(suback) as port:
        keys = f'url = "mqtt://127.0.0.1:{port}"\nconnect_timeout = 1'
        state, detail = said(line.check(config(tmp_path, broker=keys)))
    assert (state, words in detail) == ("bad", True), detail
    assert f"127.0.0.1:{port}: " in detail


def test_no_broker(tmp_path: Path) -> None:
    state, detail = said(line.check(config(tmp_path)))
    assert (state, detail.startswith("broker 127.0.0.1:1: connection refused")) == ("bad", True)
    assert line.check(config(tmp_path)).detail.id.startswith("tidak tersambung; periksa kabel, broker.url dan sertif")


@pytest.fixture
def mute() -> Iterator[int]:
    """The port of something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_something_else_on_that_port(tmp_path: Path, mute: int) -> None:
    keys = f'url = "mqtt://127.0.0.1:{mute}"\nconnect_timeout = 0.3'
    state, detail = said(line.check(config(tmp_path, broker=keys)))
    assert state == "bad"
    assert "does not speak MQTT within 0.3 s" in detail


# devices


def many(*drivers: str) -> str:
    """Devices a, b, c, …"""
    rows = [
        f'[[device]]\nid = "{name}"\ndriver = "{driver}"\n' for name, driver in zip("abcdef", drivers, strict=False)
    ]
    return "".join(rows)


def on_the_wall(name: str, offset: timedelta = timedelta()) -> virtual.VirtualDevice:
    """A device whose clock shows the site's time."""
    device = virtual.device(name)
    device.set_clock((datetime.now(ZoneInfo("Asia/Jakarta")) + offset).strftime("%Y-%m-%dT%H:%M:%S"))
    return device


def test_a_device_that_answers(tmp_path: Path) -> None:
    loaded = config(tmp_path, devices=DEVICE.replace("pintu-depan", "answers"))
    on_the_wall("answers").punch("1042")
    (result,) = devices.check(loaded)
    assert (result.check, *said(result)) == (
        "device[0]",
        "ok",
        "answers: connected, virtual, SN VIRTUAL-answers, 1 rec",
    )


def test_a_device_that_does_not(tmp_path: Path) -> None:
    loaded = config(tmp_path, devices=DEVICE.replace("pintu-depan", "unplugged"))
    virtual.device("unplugged").unplug()
    (result,) = devices.check(loaded)
    assert said(result) == ("bad", "unplugged: no answer: plug it in")
    assert result.detail.id == f"tidak menjawab; periksa listrik, kabel, host dan port: {result.detail.en}"


def test_a_device_that_says_no(tmp_path: Path) -> None:
    with TerminalServer(comm_key=77) as terminal:
        keys = f'[[device]]\nid = "locked"\ndriver = "zkteco"\nhost = "127.0.0.1"\nport = {terminal.port}\n'
        (result,) = devices.check(config(tmp_path, devices=keys))
    assert result.detail.id.startswith("menolak; periksa comm_key dan menu perangkat: locked (127.0.0.1:")
    assert "wrong comm key" in result.detail.en


def test_a_device_whose_clock_is_off(tmp_path: Path) -> None:
    loaded = config(tmp_path, devices=DEVICE.replace("pintu-depan", "late"))
    on_the_wall("late", timedelta(hours=-1))
    (result,) = devices.check(loaded)
    assert result.state == "warn"
    assert result.detail.en.startswith("late: connected, virtual")
    offset = float(result.detail.en.rpartition("off by ")[2].removesuffix(" s"))
    assert offset == pytest.approx(-3600, abs=30)


def test_a_device_that_holds_the_line_does_not_hold_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table.DRIVERS, "stuck", f"{ODD}:Stuck")
    monkeypatch.setitem(table.DRIVERS, "broken", f"{ODD}:Broken")
    loaded = config(tmp_path, devices=many("stuck", "virtual", "broken", "virtual"))
    on_the_wall("b")
    on_the_wall("d")
    results = [said(result) for result in devices.check(loaded, patience=2.0)]
    assert [state for state, _ in results] == ["bad", "ok", "bad", "ok"]
    assert results[0][1] == "a: did not finish answering within 2 s"
    assert results[2][1] == "c: the driver broken failed: ZeroDivisionError: division by zero"


# a gateway that runs


def test_a_gateway_that_runs_is_left_in_peace(tmp_path: Path) -> None:
    loaded = config(tmp_path)
    lock = FolderLock(loaded.gateway.data, allow_volatile=True)
    try:
        found = by_name(checks.check(loaded, allow_volatile=True))
    finally:
        lock.release()
    assert found["broker"][0] == found["device[0]"][0] == "skip"
    assert f"the gateway is running (process {os.getpid()})" in found["broker"][1]
    assert machine.running(loaded) is None


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    loaded = config(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    found = by_name(checks.check(loaded, allow_volatile=True))
    assert sorted(tmp_path.rglob("*")) == before
    assert set(found) == {"config", "gateway.data", "log.max_mb", "clock", "broker", "device[0]"}
