"""The outgoing half of a TCP connection: one frame a segment and paced, unless a fault says otherwise."""

import asyncio
import socket
import time
from collections.abc import Sequence

from simulators.zkteco import faults, wire
from simulators.zkteco.codes import Command
from simulators.zkteco.faults import Faults

CLOSE_WAIT = 2.0
_DATA = int(Command.DATA).to_bytes(2, "little")


class LineCut(ConnectionError):
    """The connection was cut by the `drop` fault."""


class TcpLine:
    """Writes frames to one client. Answers and events take turns: an answer of several frames is never broken into."""

    def __init__(self, writer: asyncio.StreamWriter, switches: Faults, pause: float) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writer = writer
        self._faults = switches
        self._pause = pause
        self._turn = asyncio.Lock()
        self._held: list[bytes] = []
        self._flush: asyncio.TimerHandle | None = None

    async def send(self, packets: Sequence[bytes]) -> None:
        """Send packets one after another. Raises ConnectionError when the client or a fault has cut the line."""
        async with self._turn:
            for packet in packets:
                await self._one(packet)

    async def _one(self, packet: bytes) -> None:
        await self._stall()
        frame = wire.tcp_frame(packet)
        if self._faults.drop_in_transfer and packet[:2] == _DATA:
            await self._break_off(frame)
        if self._faults.coalesce > 1:
            self._hold(frame)
        elif self._faults.split:
            await self._pieces(frame)
        else:
            await self._write(frame)

    async def _stall(self) -> None:
        while time.monotonic() < self._faults.stalled_until:
            if self._writer.is_closing():
                raise LineCut("cut while it was stalled")
            await asyncio.sleep(0.02)

    async def _break_off(self, frame: bytes) -> None:
        self._faults.drop_in_transfer = False
        await self._write(frame[: len(frame) // 2])
        self.abort()
        raise LineCut("cut in the middle of a transfer")

    async def _pieces(self, frame: bytes) -> None:
        size = self._faults.split
        for number in range(faults.SPLIT_PIECES):
            await self._write(frame[number * size : (number + 1) * size])
        await self._write(frame[faults.SPLIT_PIECES * size :])

    async def _write(self, data: bytes) -> None:
        if data:
            self._writer.write(data)
            await self._writer.drain()
            await asyncio.sleep(self._pause)

    def _hold(self, frame: bytes) -> None:
        self._held.append(frame)
        if len(self._held) >= self._faults.coalesce:
            self._release()
        elif self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(faults.COALESCE_WAIT, self._release)

    def _release(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        self._writer.write(b"".join(self._held))
        self._held.clear()

    def abort(self) -> None:
        """Cut the connection at once."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Send what is held back and hang up, by force on a client that takes nothing for `CLOSE_WAIT` seconds."""
        self._release()
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), CLOSE_WAIT)
        except (ConnectionError, TimeoutError):
            self.abort()
