"""Real brokers for tests, each on a free port of 127.0.0.1 and gone when its `with` block ends.

    with Mosquitto(tmp_path) as broker: ...             # anonymous, MQTT 3.1.1 and 5, persistence on
    with Mosquitto(tmp_path, tls=Tls(ca, server)) ...   # client certificates required
    with IotCore(tmp_path, protocol="5") ...            # rumqttd in a wheel: one protocol version a port

`kill()` is SIGKILL, `wipe()` deletes what the broker had stored, `start()` brings it back on the same port.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

import pytest

from tests.pki import Pair

HOST = "127.0.0.1"
_PATIENCE = 15.0


class Tls(NamedTuple):
    """What a broker needs for TLS: its own pair, and the authority its clients' certificates must come from."""

    ca: Path
    server: Pair
    clients: bool = True
    """Whether a client must show a certificate of `ca`."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


class Broker:
    """One broker process. Subclasses say how it is called."""

    def __init__(self, folder: Path, *, port: int | None = None, tls: Tls | None = None) -> None:
        self.folder = folder / type(self).__name__.lower()
        self.port = free_port() if port is None else port
        self.tls = tls
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As the gateway's configuration names it."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None, "the broker does not run"
        return self._process.pid

    @property
    def output(self) -> str:
        """What the broker wrote to its standard output and error."""
        return (self.folder / "output.log").read_text(errors="replace")

    def start(self) -> Self:
        """Start it (again) and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(self._arguments(), stdout=output, stderr=output, env=self._environment())
        deadline = time.monotonic() + _PATIENCE
        while not self._listens():
            assert self._process.poll() is None, f"the broker ended at once:\n{self.output}"
            assert time.monotonic() < deadline, f"the broker does not listen on {self.port}:\n{self.output}"
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Ask it to end, and wait. May be called twice."""
        self._end(force=False)

    def kill(self) -> None:
        """SIGKILL: it gets no chance to write anything."""
        self._end(force=True)

    def signal(self, number: int) -> None:
        """E.g. SIGHUP: mosquitto reads its ACL and passwords again. SIGSTOP, SIGCONT: it hangs, and goes on."""
        assert self._process is not None, "the broker does not run"
        self._process.send_signal(number)

    def wipe(self) -> None:
        """Delete what a stopped broker had stored."""
        assert self._process is None, "stop or kill the broker first"
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _arguments(self) -> Sequence[str | Path]:
        raise NotImplementedError

    def _environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False

    def _end(self, *, force: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if force:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_PATIENCE)


class Mosquitto(Broker):
    """Debian's mosquitto. `acl` are the lines of an ACL file, `users` lines of `mosquitto_passwd -U`d passwords."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        tls: Tls | None = None,
        acl: str | None = None,
        users: dict[str, str] | None = None,
        persistence: bool = True,
        extra: str = "",
    ) -> None:
        """`extra` are further lines of mosquitto.conf(5), e.g. `max_inflight_messages 5`."""
        super().__init__(folder, port=port, tls=tls)
        self._program = _program("mosquitto")
        self._acl, self._users, self._persistence, self._extra = acl, users, persistence, extra

    def start(self) -> Self:
        """Write its files and start it."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        if self._acl is not None:
            self._private("acl", self._acl + "\n")
        if self._users is not None and not (self.folder / "passwords").exists():
            self._private("passwords", "".join(f"{name}:{word}\n" for name, word in self._users.items()))
            subprocess.run([_program("mosquitto_passwd"), "-U", self.folder / "passwords"], check=True)
        self._private("mosquitto.conf", "\n".join(self._config()) + "\n")
        return super().start()

    def _private(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)

    def _config(self) -> list[str]:
        lines = [
            "user root",  # started by root it would become `mosquitto`, who may not read a test's folder
            f"listener {self.port} {HOST}",
            f"allow_anonymous {_word(self._users is None)}",
            "log_type all",
            "connection_messages true",
        ]
        if self._persistence:
            lines += ["persistence true", f"persistence_location {self.folder / 'data'}/"]
        if self._acl is not None:
            lines.append(f"acl_file {self.folder / 'acl'}")
        if self._users is not None:
            lines.append(f"password_file {self.folder / 'passwords'}")
        if self.tls is not None:
            lines += [
                f"cafile {self.tls.ca}",
                f"certfile {self.tls.server.cert}",
                f"keyfile {self.tls.server.key}",
                f"require_certificate {_word(self.tls.clients)}",
                f"use_identity_as_username {_word(self.tls.clients)}",
            ]
        return [*lines, self._extra]

    def _arguments(self) -> Sequence[str | Path]:
        return [self._program, "-c", self.folder / "mosquitto.conf"]


class IotCore(Broker):
    """iotcore (rumqttd in a wheel): what it holds is in memory only, one protocol version a listener, and with TLS it
    lets every client in, certificate or not (see docs/brokers.md)."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        tls: Tls | None = None,
        protocol: Literal["3.1.1", "5"] = "3.1.1",
        max_payload_size: int = 20480,
    ) -> None:
        super().__init__(folder, port=port, tls=tls)
        self._protocol, self._max_payload_size = protocol, max_payload_size

    def start(self) -> Self:
        """Write its configuration and start it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rumqttd.toml").write_text("\n".join(self._config()) + "\n")
        return super().start()

    def _config(self) -> list[str]:
        server = "v5.1" if self._protocol == "5" else "v4.1"
        lines = [
            "id = 0",
            "[router]",
            "id = 0",
            "max_connections = 1000",
            "max_outgoing_packet_count = 200",
            "max_segment_size = 1048576",
            "max_segment_count = 10",
            f"[{server}]",
            'name = "test"',
            f'listen = "{HOST}:{self.port}"',
            "next_connection_delay_ms = 1",
        ]
        if self.tls is not None:
            lines += [
                f"[{server}.tls]",
                f'capath = "{self.tls.ca}"',
                f'certpath = "{self.tls.server.cert}"',
                f'keypath = "{self.tls.server.key}"',
            ]
        return [
            *lines,
            f"[{server}.connections]",
            "connection_timeout_ms = 60000",
            f"max_payload_size = {self._max_payload_size}",
            "max_inflight_count = 100",
            "dynamic_filters = true",
        ]

    def _arguments(self) -> Sequence[str | Path]:
        return [sys.executable, "-m", "iotcore", "--config", self.folder / "rumqttd.toml"]


def _word(value: bool) -> str:
    return "true" if value else "false"


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"needs {name}: apt install mosquitto", allow_module_level=True)
    return found
