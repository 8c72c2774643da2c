"""How a line moves its bytes: one `Connection` for each accepted socket, one `Gate` that they all ask.

How it works. For each connection two flows (up: towards the target, down: back) run alike: a *taker* reads a chunk
and queues it with the time it is due; a *giver* waits for that time and for the gate to be open, asks how much of it
may pass, and writes that. Queue and stream buffers are bounded, so a line that does not move pushes back on both ends
as a real one does. All of it lives in the one loop of its line.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Direction = Literal["up", "down"]

CHUNK = 16384
QUEUED = 64
"""Chunks under way in one direction of one connection: at most 1 MiB."""

_Queue = asyncio.Queue[tuple[float, bytes | None]]
"""When it is due (loop time, seconds) and what: bytes, empty for the end of the stream, None for a reset."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What a line has seen since it was made."""

    accepted: int = 0
    """Connections taken."""
    unreachable: int = 0
    """Connections taken and reset because the target did not answer."""
    cut: int = 0
    """Connections reset by a cut."""
    up: int = 0
    """Bytes handed to the target."""
    down: int = 0
    """Bytes handed back."""


class Gate:
    """What every connection of a line obeys: whether bytes move, how late, and how many more."""

    def __init__(self, exhausted: Callable[[], None]) -> None:
        self.moving = asyncio.Event()
        self.delay = 0.0
        self.budget: dict[Direction, int] = {}
        """Bytes that may still pass in a direction; `exhausted` is called once they have."""
        self.counters = Counters()
        self._exhausted = exhausted

    def count(self, **more: int) -> None:
        """Add to the counters of these names."""
        now = self.counters
        self.counters = replace(now, **{name: getattr(now, name) + value for name, value in more.items()})

    def allow(self, direction: Direction, size: int) -> int:
        """How many of `size` bytes may pass."""
        return min(self.budget.get(direction, size), size)

    def passed(self, direction: Direction, size: int) -> bool:
        """Book `size` bytes; False when they were the last that may pass."""
        self.count(**{direction: size})
        if direction not in self.budget:
            return True
        self.budget[direction] -= size
        if self.budget[direction]:
            return True
        self._exhausted()
        return False


class Connection:
    """One accepted socket, its way to the target, and the task that carries the bytes."""

    def __init__(self, gate: Gate, client: socket.socket, target: tuple[str, int]) -> None:
        self._gate = gate
        self._client = client
        self._target = target
        self._writers: list[asyncio.StreamWriter] = []
        self.task = asyncio.get_running_loop().create_task(self._run())

    def reset(self) -> None:
        """Reset both ends, whatever is under way."""
        _end_by_reset(self._client)
        if not self._writers:  # its task may never have begun, and would then not close it
            self._client.close()
        for writer in self._writers:
            _end_by_reset(writer.get_extra_info("socket"))
            writer.transport.abort()
        self.task.cancel()

    async def _run(self) -> None:
        with contextlib.closing(self._client):
            reader, client = await asyncio.open_connection(sock=self._client, limit=CHUNK)
            self._writers.append(client)
            try:
                await self._carry(reader, client)
            finally:
                await self._hang_up()

    async def _carry(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        await self._gate.moving.wait()
        try:
            back, target = await asyncio.open_connection(*self._target, limit=CHUNK)
        except OSError:
            self._gate.count(unreachable=1)
            _end_by_reset(self._client)
            return
        self._writers.append(target)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._flow("up", reader, target))
            group.create_task(self._flow("down", back, client))

    async def _hang_up(self) -> None:
        for writer in self._writers:
            writer.close()
        for writer in self._writers:
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _flow(self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A drain then means that the kernel has it all: a planned cut must not take back what it let through.
        writer.transport.set_write_buffer_limits(0)
        queue: _Queue = asyncio.Queue(QUEUED)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take(reader, queue))
            group.create_task(self._give(direction, queue, writer))

    async def _take(self, reader: asyncio.StreamReader, queue: _Queue) -> None:
        clock = asyncio.get_running_loop().time
        chunk: bytes | None = b"-"
        while chunk:
            try:
                chunk = await reader.read(CHUNK)
            except OSError:
                chunk = None
            await queue.put((clock() + self._gate.delay, chunk))

    async def _give(self, direction: Direction, queue: _Queue, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._give_next(direction, queue, writer):
                pass
        except OSError:
            self.reset()

    async def _give_next(self, direction: Direction, queue: _Queue, writer: asyncio.StreamWriter) -> bool:
        due, chunk = await queue.get()
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        await self._gate.moving.wait()
        if chunk is None:
            raise ConnectionResetError("the other end reset its connection")
        if not chunk:
            writer.write_eof()
            return False
        passing = self._gate.allow(direction, len(chunk))
        writer.write(chunk[:passing])
        await writer.drain()
        return self._gate.passed(direction, passing)


def _end_by_reset(sock: socket.socket) -> None:
    """Let this connection end in a reset: linger on, for zero seconds."""
    if sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
