"""Debian's PostgreSQL as a private cluster in a folder of its own, gone when its `with` block ends.

    with Cluster() as cluster:
        url = cluster.url(cluster.database())      # nothing is in it yet

PostgreSQL refuses to run as root: then it runs as `nobody`. `kill()` is SIGKILL for all of its processes, `start()`
brings it back with its data; `pause()` and `resume()` stop the clock for it.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

from bench.processor import seconds_of_family
from tests.brokers import HOST, free_port

_PATIENCE = 30.0
_SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "40",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "autovacuum": "off",
}


def programs() -> Path:
    """The folder of initdb and postgres. Skips the test where they are not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if not versions:
        pytest.skip("needs PostgreSQL: apt install postgresql", allow_module_level=True)
    return versions[-1].parent


class Cluster:
    """A server on a free port of 127.0.0.1, with everybody trusted and fsync on."""

    def __init__(self) -> None:
        self._programs = programs()
        self._folder = Path(tempfile.mkdtemp(prefix="ketuk-pg-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def url(self, name: str, port: int | None = None) -> str:
        """The URL of what `database` made; `port`: by way of somebody who listens there."""
        return f"postgresql://ketuk@{HOST}:{port or self.port}/postgres?options=-csearch_path%3D{name}"

    def database(self) -> str:
        """The name of a new schema, which serves as an empty database and is made much faster."""
        self._databases += 1
        name = f"test{self._databases}"
        with psycopg.connect(self.url("public"), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return name

    def start(self) -> Self:
        """Start it (again) and wait until it takes connections, which after a kill means: until it has recovered."""
        data = self._folder / "data"
        if not data.exists():
            self._make(data)
        settings = {**_SETTINGS, "unix_socket_directories": str(self._folder), "port": str(self.port)}
        command = [str(self._programs / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self._folder / "server.log").open("ab") as output:
            self._process = subprocess.Popen(
                _unprivileged(command), stdout=output, stderr=output, cwd=self._folder, start_new_session=True
            )
        end = time.monotonic() + _PATIENCE
        while not self._answers():
            assert time.monotonic() < end, f"PostgreSQL does not answer:\n{(self._folder / 'server.log').read_text()}"
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """A fast shutdown: open connections are ended."""
        self._signal(signal.SIGINT)
        if self._process is not None:
            self._process.wait(_PATIENCE)
            self._process = None

    def kill(self) -> None:
        """SIGKILL, the server and all of its processes, and wait until they are gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_PATIENCE)

    def pause(self) -> None:
        """SIGSTOP: it keeps its connections and does nothing."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGCONT)

    def processor_s(self) -> float:
        """Processor time that the server and its sessions have used."""
        assert self._process is not None
        return seconds_of_family(self._process.pid)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make(self, data: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._folder, "nobody")
        command = [str(self._programs / "initdb"), "-D", str(data), "-U", "ketuk", "-A", "trust", "--no-sync"]
        command += ["-E", "UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(_unprivileged(command), capture_output=True, text=True, check=False, cwd=self._folder)
        assert done.returncode == 0, done.stdout + done.stderr

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "server.log").read_text()
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url("public"), connect_timeout=2).close()
            return True
        return False


def _unprivileged(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", *command]
