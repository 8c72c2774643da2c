"""The whole gateway in this process: real log, a virtual device, and a broker that nobody answers for."""

import ctypes
import itertools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract.chain import entry_hash
from contract.entry import parse
from gateway.app import App
from gateway.config import load
from gateway.drivers import virtual
from gateway.log.disk import Disk
from tests import schemas
from tests.gateway.house import until

_numbers = itertools.count(1)


class Kernel:
    """What adjtimex says."""

    synced = True

    def __call__(self, buffer: Any) -> int:
        buffer._obj.status = 0 if self.synced else 0x40
        return 0


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel()
    monkeypatch.setattr("gateway.clock._adjtimex", lambda: kernel)
    return kernel


class Office:
    """A configuration with one virtual device, and what its log holds."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "gateway.toml"
        channel = f"app-{next(_numbers)}"
        self.device = virtual.device(channel)
        self.file.write_text(
            '[site]\nid = "kec"\n[gateway]\nid = "gw1"\ndata = "data"\n[broker]\nurl = "mqtt://127.0.0.1:1"\n'
            f'[[device]]\nid = "pintu"\ndriver = "virtual"\nchannel = "{channel}"\n'
        )

    @contextmanager
    def running(self) -> Iterator[App]:
        app, stop = App(load(self.file), allow_volatile=True), threading.Event()
        thread = threading.Thread(target=app.run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield app
        finally:
            stop.set()
            thread.join(10)
            assert not thread.is_alive()

    @staticmethod
    def audits(app: App) -> list[dict[str, Any]]:
        events: list[Any] = [parse(entry.raw) for entry in app.log.read(0, 10_000) if entry.kind == "audit"]
        return [event["data"] for event in events]


@pytest.fixture
def office(tmp_path: Path, kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr("gateway.app.TICK_S", 0.02)
    monkeypatch.setenv("TZ", "Asia/Jakarta")  # a virtual device shows this machine's time
    time.tzset()
    yield Office(tmp_path)
    monkeypatch.undo()
    time.tzset()


def ready(app: App) -> bool:
    """Whether the device is open and its clock was looked at."""
    devices: Any = app.health()["devices"]
    return bool(devices) and devices[0]["state"] == "ok" and devices[0]["offset_s"] is not None


def started(app: App) -> dict[str, Any]:
    """The last software-started."""
    found = [data["detail"] for data in Office.audits(app) if data["event"] == "software-started"]
    assert found
    return found[-1]  # type: ignore[no-any-return]


def test_a_punch_goes_through_and_the_end_is_told(office: Office) -> None:
    with office.running() as app:
        until(lambda: ready(app))
        office.device.punch("1042")
        until(lambda: any(entry.kind == "punch" for entry in app.log.read(0, 100)))
        schemas.check("health", app.health())
        assert started(app)["last_run"] == "unknown"
    with office.running() as app:
        until(lambda: ready(app))
        assert started(app)["last_run"] == "stopped"
        assert [data["event"] for data in Office.audits(app)][-2:] == ["software-stopped", "software-started"]


def test_it_says_at_once_on_disk_that_it_runs(office: Office) -> None:
    """Killed in its first second, it must not look as if it had been stopped."""
    with office.running():
        pass
    App(load(office.file), allow_volatile=True)._tell_start()
    state = (office.file.parent / "data" / "state.json").read_text()
    assert "running" in state


def test_one_chore_that_fails_does_not_end_the_gateway(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with office.running() as app:
        until(lambda: ready(app))

        def broken(_: object) -> object:
            raise RuntimeError("what is this?")

        monkeypatch.setattr(os, "statvfs", broken)
        until(lambda: "the gateway goes on" in caplog.text)
        office.device.punch("1042")
        until(lambda: any(entry.kind == "punch" for entry in app.log.read(0, 100)))


def test_everything_is_signed_when_it_stops(office: Office) -> None:
    with office.running() as app:
        until(lambda: ready(app))
        office.device.punch("1042")
        until(lambda: any(entry.kind == "punch" for entry in app.log.read(0, 100)))
    with office.running() as again:
        entries = again.log.read(0, 100)
    stopped = next(n for n, entry in enumerate(entries) if b'"software-stopped"' in entry.raw)
    checkpoint: Any = parse(entries[stopped + 1].raw)
    assert checkpoint["type"] == "ketuk.checkpoint.v1"
    assert checkpoint["data"]["hash"] == entry_hash(entries[stopped].raw)
    assert sum(b'"key-created"' in entry.raw for entry in entries) == 1


def test_what_happens_while_the_disk_refuses_is_on_record_afterwards(
    office: Office, kernel: Kernel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with office.running() as app:
        until(lambda: ready(app))
    write = Disk.write

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Disk, "write", full)
    with office.running() as app:
        kernel.synced = False
        office.device.punch("1042")
        until(lambda: "clock: clock-lost" in caplog.text)
        until(lambda: "No space" in app.health()["disk"]["problem"])  # type: ignore[index]
        monkeypatch.setattr(Disk, "write", write)
        until(lambda: any(data["event"] == "clock-lost" for data in Office.audits(app)))
        told = {data["event"]: data["detail"] for data in Office.audits(app)[-4:]}
        until(lambda: app.health()["last_punch"] is not None)
        assert told["software-started"]["at"] < told["clock-lost"]["at"]


def test_holdover_outlives_a_restart(office: Office, kernel: Kernel) -> None:
    with office.running() as app:
        until(lambda: app.log.cursor("@clock"))
    kernel.synced = False
    with office.running() as app:
        until(lambda: ready(app))
        assert started(app)["clock"] == "holdover"


def test_a_clock_that_nobody_ever_set_is_not_remembered(office: Office, kernel: Kernel) -> None:
    kernel.synced = False
    with office.running() as app:
        until(lambda: "ok" in str(app.health()["devices"]))
        assert started(app)["clock"] == "unset"
        assert not app.log.cursor("@clock")


@pytest.mark.parametrize("verb", ["_clocks", "_users"])
def test_commands_about_one_device_or_all(office: Office, verb: str) -> None:
    with office.running() as app:
        until(lambda: ready(app))
        command = getattr(app, verb)
        assert "pintu" in str(command({}))
        assert "pintu" in str(command({"device": "pintu"}))
        with pytest.raises(Exception, match="there is no device 'dapur' here"):
            command({"device": "dapur"})


def test_the_timex_that_the_kernel_gets_is_large_enough() -> None:
    from gateway.clock import _Timex

    assert ctypes.sizeof(_Timex) >= 208  # struct timex on 64 bits


def test_the_centres_key_of_the_configuration_is_put_on_record(office: Office) -> None:
    office.file.write_text(office.file.read_text() + f'[central]\nkey = "{"ab" * 32}"\n')

    def pinned(app: App) -> list[Any]:
        return [one["detail"] for one in Office.audits(app) if one["event"] == "central-key-pinned"]

    for _ in range(2):
        with office.running() as app:
            until(lambda: bool(pinned(app)))
            assert [(one["public"], one["why"]) for one in pinned(app)] == [("ab" * 32, "configuration")]
