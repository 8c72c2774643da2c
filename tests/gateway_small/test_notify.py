"""What systemd hears, over a real socket."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens, and the NOTIFY_SOCKET that names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"@ketuk-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
        listener.bind(name.replace("@", "\0"))
        listener.settimeout(10)
        yield listener, name


def test_each_call_is_one_datagram(systemd: tuple[socket.socket, str]) -> None:
    listener, name = systemd
    notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())})
    assert notifier.watchdog_s == 30.0
    notifier.ready()
    notifier.status("3 perangkat,\n backlog 12 · ✓")
    notifier.watchdog()
    notifier.stopping()
    heard = [listener.recv(1000).decode() for _ in range(4)]
    assert heard == ["READY=1", "STATUS=3 perangkat, backlog 12 · ✓", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize(
    "watched",
    [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"}],
)
def test_who_is_not_watched_sends_no_sign_of_life(systemd: tuple[socket.socket, str], watched: dict[str, str]) -> None:
    listener, name = systemd
    notifier = Notifier({"NOTIFY_SOCKET": name, **watched})
    assert notifier.watchdog_s is None
    notifier.watchdog()
    notifier.stopping()
    assert listener.recv(1000) == b"STOPPING=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_without_systemd_nothing_is_sent(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier({**environ, "WATCHDOG_USEC": "5000000"})
    assert notifier.watchdog_s is None
    notifier.ready()
    notifier.watchdog()
    assert caplog.records == []


def test_a_systemd_that_is_gone_is_told_once_and_found_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "notify"
    notifier = Notifier({"NOTIFY_SOCKET": str(path)})
    with caplog.at_level(logging.WARNING):
        notifier.ready()
        notifier.status("still here")
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "systemd does not listen on NOTIFY_SOCKET"
    ]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(10)
        notifier.ready()
        assert listener.recv(1000) == b"READY=1"
