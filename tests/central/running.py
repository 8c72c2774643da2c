"""The centre at work: `ketuk central run` as a process that can be killed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FAST = {"ingest": {"watermark_ms": 50, "repeat_s": 1}, "broker": {"backoff_min": 0.05, "backoff_max": 0.3}}


def write_config(file: Path, broker_url: str, database_url: str, **sections: dict[str, Any]) -> Path:
    """A central.toml, quick to answer; `sections` add or replace keys."""
    tables: dict[str, dict[str, Any]] = {name: dict(keys) for name, keys in FAST.items()}
    tables["broker"]["url"] = broker_url
    tables["database"] = {"url": database_url}
    for name, keys in sections.items():
        tables.setdefault(name, {}).update(keys)
    lines = []
    for name, keys in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    file.write_text("\n".join(lines) + "\n")
    return file


class CentreProcess:
    """`options` are those of `ketuk central run`."""

    def __init__(self, config: Path, *options: str) -> None:
        self.config, self.options = config, options
        self.output = config.with_suffix(f".{len(options)}.log")
        self._process: subprocess.Popen[bytes] | None = None
        self._before = 0

    def start(self) -> Self:
        command = [sys.executable, "-m", "gateway.cli", "central", "run", "-c", str(self.config), *self.options]
        self._before = len(self.said) if self.output.exists() else 0
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        return self

    def ready(self) -> None:
        """Wait until the one that was started last is connected: from then on SIGTERM is its own business."""
        end = time.monotonic() + 20
        while ": connected" not in self.said[self._before :]:
            assert time.monotonic() < end, self.said
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.terminate()
        return self.process.wait(15)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    @property
    def said(self) -> str:
        return self.output.read_text()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        if kind is not None and self.output.exists():
            sys.stderr.write(self.said[-4000:])
