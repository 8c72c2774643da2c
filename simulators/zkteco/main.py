"""Terminals as a program: a ready line, commands on standard input, one JSON line each on standard output."""

import asyncio
import json
import os
import signal
import stat
import sys
import threading
from dataclasses import dataclass

from simulators.zkteco import console, people
from simulators.zkteco.descriptors import make_room
from simulators.zkteco.fleet import Spread, places, serials
from simulators.zkteco.host import TerminalHost
from simulators.zkteco.profile import Profile
from simulators.zkteco.terminal import Terminal

STDIN = 0
LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    profile: Profile
    host: str
    port: int
    serial: str
    comm_key: int
    users: int
    fingers: int
    records: int
    seed: int
    pause: float | None
    count: int
    spread: Spread


async def run(options: Options, *, exit_on_eof: bool | None) -> None:
    """Run until quit, SIGTERM, SIGINT or the end of standard input. Raises HostError."""
    make_room(options.count)
    hosts = _build(options)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        for host in hosts:
            await host.start()
        _say(_ready(hosts))
        ends = _is_a_source() if exit_on_eof is None else exit_on_eof
        reader = _Reader(loop, hosts, stop, exit_on_eof=ends)
        threading.Thread(target=reader.read, name="standard input", daemon=True).start()
        await stop.wait()
    finally:
        for host in hosts:
            await host.stop()


def _build(options: Options) -> list[TerminalHost]:
    hosts = []
    where = places(options.count, options.host, options.port, options.spread)
    for number, ((address, port), serial) in enumerate(zip(where, serials(options.count, options.serial), strict=True)):
        terminal = Terminal(options.profile, serial=serial, comm_key=options.comm_key, seed=options.seed + number)
        people.enrol_many(terminal, options.users, options.fingers)
        people.fill_past(terminal, options.records)
        hosts.append(TerminalHost(terminal, address, port, options.pause))
    return hosts


def _ready(hosts: list[TerminalHost]) -> dict[str, object]:
    first = {"ok": True, "ready": True, **_identity(hosts[0]), "profile": hosts[0].terminal.profile.name}
    return first if len(hosts) == 1 else {**first, "terminals": [_identity(host) for host in hosts]}


def _identity(host: TerminalHost) -> dict[str, object]:
    return {"host": host.host, "port": host.port, "serial": host.terminal.serial}


def _is_a_source() -> bool:
    """Whether standard input is something that ends because somebody is done: not /dev/null or a closed descriptor."""
    try:
        return os.isatty(STDIN) or not stat.S_ISCHR(os.fstat(STDIN).st_mode)
    except OSError:
        return False


class _Reader:
    """Reads lines in a thread, for asyncio cannot wait for files; `sys.stdin` would be locked at exit."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, hosts: list[TerminalHost], stop: asyncio.Event, *, exit_on_eof: bool
    ) -> None:
        self._loop, self._hosts, self._stop, self._exit_on_eof = loop, hosts, stop, exit_on_eof

    def read(self) -> None:
        rest = b""
        while received := self._receive():
            *lines, rest = (rest + received).split(b"\n")
            if not all(self._execute(line) for line in lines):
                return
            if len(rest) > LONGEST_LINE:
                _say({"ok": False, "error": f"a line may have {LONGEST_LINE} bytes: this one was dropped"})
                rest = b""
        if rest and not self._execute(rest):
            return
        if self._exit_on_eof:
            self._loop.call_soon_threadsafe(self._stop.set)

    def _receive(self) -> bytes:
        try:
            return os.read(STDIN, 65536)
        except OSError:
            return b""

    def _execute(self, line: bytes) -> bool:
        """Answer a line; False when it was the last one."""
        text = line.decode(errors="replace").strip()
        if not text:
            return True
        answer = asyncio.run_coroutine_threadsafe(console.execute_among(self._hosts, text), self._loop).result()
        _say(answer)
        if answer.get("quit"):
            self._loop.call_soon_threadsafe(self._stop.set)
            return False
        return True


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()
