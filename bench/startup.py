"""Start-up and memory of the real `ketuk run` with a backlog, from exec to READY=1 as systemd would see it."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.material import fill, folder, open_log
from bench.report import Row, median

CONFIG = """
[site]
id = "kec-pampangan"
[gateway]
id = "gw1"
data = "{data}"
[broker]
url = "mqtt://127.0.0.1:9"
[log]
max_mb = 1000
[clock]
trust = "system"
[[device]]
id = "pintu-depan"
driver = "zkteco"
host = "127.0.0.1"
port = 9
"""


def rows(*, quick: bool) -> Iterator[Row]:
    """The broker and the terminal do not answer: the worst day to be restarted on."""
    buffered = 20_000 if quick else 100_000
    with folder() as place:
        data = place / "data"
        log = open_log(data)
        fill(log, buffered)
        log.close()
        starts = [_start(place, data) for _ in range(5)]
    empty = _interpreter()
    yield Row(f"start with {buffered:,} buffered, exec to ready", median([s for s, _ in starts]), "s", at_most=1.0)
    peer = "python with the same imports"
    yield Row(f"start with {buffered:,} buffered, exec to ready", median([s for s, _ in starts]), "s", peer, empty)
    yield Row(f"resident memory, {buffered:,} buffered", max(m for _, m in starts), "MB", at_most=64)


def _start(place: Path, data: Path) -> tuple[float, float]:
    """Seconds to ready, and resident megabytes two seconds later."""
    config = place / "gateway.toml"
    config.write_text(CONFIG.format(data=data))
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        address = str(Path(short) / "notify")
        line.bind(address)
        line.settimeout(60)
        before = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "run", "-c", str(config)],
            env={**os.environ, "NOTIFY_SOCKET": address},
            stderr=subprocess.DEVNULL,
        )
        try:
            while b"READY=1" not in line.recv(4096):
                continue
            seconds = time.perf_counter() - before
            time.sleep(2)
            return seconds, _resident(process.pid)
        finally:
            process.terminate()
            process.wait(10)


def _resident(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise RuntimeError("/proc has no VmRSS")
    return int(found.group(1)) * 1024 / 1e6


def _interpreter() -> float:
    """What Python and the imports alone take."""
    code = "import gateway.app, gateway.commands.run, gateway.drivers.zkteco.driver, zk"
    spent = []
    for _ in range(5):
        before = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        spent.append(time.perf_counter() - before)
    return median(spent)
