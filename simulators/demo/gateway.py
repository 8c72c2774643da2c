"""The real gateway, as a process of its own: `ketuk run -c gateway.toml`, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SITE, NAME = "kec-pampangan", "gw1"
_STOP_S = 8.0

_CONFIG = """\
[site]
id = "{site}"
timezone = "Asia/Jakarta"

[gateway]
id = "{name}"
data = "data"

[clock]
trust = "system"

[broker]
url = "mqtt://127.0.0.1:{broker}"
health_interval = 1.0
backoff_min = 0.2
backoff_max = 1.0
connect_timeout = 3.0
resend_after = 5.0
"""

_DEVICE = """
[[device]]
id = "{name}"
driver = "zkteco"
host = "127.0.0.1"
port = {port}
reconcile = 5
"""


class GatewayDied(Exception):
    """The gateway ended by itself; the message has its last lines."""


def config(broker: int, terminals: Mapping[str, int]) -> str:
    """A gateway.toml: the port of the broker, and the ports of the terminals by their names."""
    devices = [_DEVICE.format(name=name, port=port) for name, port in terminals.items()]
    return _CONFIG.format(site=SITE, name=NAME, broker=broker) + "".join(devices)


class GatewayProcess:
    """Started in the thread that makes it, which must be one that lives as long as the demo (see leash)."""

    def __init__(self, folder: Path, configuration: str) -> None:
        """Raises OSError where the folder cannot be written."""
        self.data = folder / "data"
        self._output = folder / "gateway.log"
        file = folder / "gateway.toml"
        file.write_text(configuration)
        leash = [sys.executable, "-m", "simulators.demo.leash", str(os.getpid())]
        command = [
            sys.executable,
            "-m",
            "gateway.cli",
            "run",
            "-c",
            str(file),
            "--allow-volatile",
            "--log-format",
            "text",
        ]
        with self._output.open("ab") as output:
            # In a session of its own, so that Ctrl-C reaches the demo alone, which then ends it in good order.
            self._process = subprocess.Popen(
                [*leash, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def check(self) -> None:
        """Raises GatewayDied when it has ended."""
        code = self._process.poll()
        if code is not None:
            raise GatewayDied(f"the gateway ended by itself (exit code {code}); its last lines:\n{self.last_lines()}")

    def last_lines(self, count: int = 15) -> str:
        """What it wrote last."""
        lines = self._output.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-count:]) or "  (it wrote nothing)"

    def stop(self) -> None:
        """Ask it to end, as systemd would; kill it after 8 s. May be called twice."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_S)
