"""Devices for the conformance suite: each can be punched at, unplugged and plugged in by a test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Protocol

from gateway.drivers import table, virtual
from gateway.reading import Driver


class Rig(Protocol):
    """A device under test. `patience` is how many seconds its punches may take to arrive."""

    patience: float

    def driver(self) -> Driver: ...
    def punch(self) -> None: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...
    def end(self) -> None: ...


class VirtualRig:
    """The virtual device."""

    patience = 5.0

    def __init__(self, name: str) -> None:
        self._name = name
        self._device = virtual.device(name)
        self.plug, self.unplug = self._device.plug, self._device.unplug

    def driver(self) -> Driver:
        return table.create("virtual", {"channel": self._name}, "pintu")

    def punch(self) -> None:
        self._device.punch("1001")

    def end(self) -> None:
        self.plug()


class SimulatedTerminal:
    """`ketuk sim terminal` in a process of its own, driven by lines on its standard input."""

    patience = 5.0

    def __init__(self, profile: str, serial: str) -> None:
        self.profile = profile
        command = [sys.executable, "-m", "gateway.cli", "sim", "terminal", "--port", "0", "--records", "700"]
        self._process = subprocess.Popen(
            [*command, "--profile", profile, "--serial", serial],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._port = self._answer()["port"]
        self._transport = "udp" if "udp" in profile else "tcp"

    def driver(self, **more: object) -> Driver:
        options = {"host": "127.0.0.1", "port": self._port, "timeout": 2, "quiet": 0.5, "transport": self._transport}
        return table.create("zkteco", {**options, **more}, "pintu")

    def records(self) -> int:
        """Punches in its log."""
        records = self.say("status")["records"]
        assert isinstance(records, int)
        return records

    def punch(self) -> None:
        self.say("punch 1001 in finger")

    def unplug(self) -> None:
        self.say("power off")

    def plug(self) -> None:
        self.say("power on")

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)

    def say(self, line: str) -> dict[str, object]:
        """One command, and its answer."""
        answer = self.try_to(line)
        assert answer["ok"], answer
        return answer

    def try_to(self, line: str) -> dict[str, object]:
        """One command that may be refused (nobody can punch while it is off), and its answer."""
        pipe: IO[str] | None = self._process.stdin
        assert pipe is not None
        pipe.write(line + "\n")
        pipe.flush()
        return self._answer()

    def _answer(self) -> dict[str, object]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the simulator ended"
        answer: dict[str, object] = json.loads(line)
        return answer


class RealDevice:
    """Hardware, and somebody who does what the screen asks for."""

    patience = 60.0

    def __init__(self, spec: str) -> None:
        self._kind, _, keys = spec.partition(":")
        pairs = (pair.split("=", 1) for pair in keys.split(",") if pair)
        self._options = {key: int(value) if value.isdecimal() else value for key, value in pairs}

    def driver(self) -> Driver:
        return table.create(self._kind, self._options, "device")

    def punch(self) -> None:
        self._ask("punch once, then press Enter here")

    def unplug(self) -> None:
        self._ask("pull the network cable out, then press Enter here")

    def plug(self) -> None:
        self._ask("put the network cable back, wait until it is up, then press Enter here")

    def end(self) -> None:
        """Nothing to put away."""

    def _ask(self, what: str) -> None:
        with Path(os.ctermid()).open("r+b", buffering=0) as terminal:
            terminal.write(f"\n>>> {what} ".encode())
            terminal.readline()
