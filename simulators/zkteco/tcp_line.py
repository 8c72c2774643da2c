"""The outgoing half of a TCP connection: one frame a segment and paced, unless a fault says otherwise."""

import asyncio
import socket

from simulators.zkteco import wire
from simulators.zkteco.faults import COALESCE_WAIT, SPLIT_PIECES, Faults
from simulators.zkteco.line import Line

CLOSE_WAIT = 2.0


class TcpLine(Line):
    """Writes frames to one client.

    Nagle's algorithm is off, or two frames would leave in one segment, and other people's clients lose the second;
    asyncio only turns it off for sockets that were made with the protocol named.
    """

    def __init__(self, writer: asyncio.StreamWriter, switches: Faults, pause: float) -> None:
        super().__init__(switches, pause)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writer = writer
        self._held: list[bytes] = []
        self._flush: asyncio.TimerHandle | None = None

    def is_cut(self) -> bool:
        return self._writer.is_closing()

    async def _transmit(self, packet: bytes) -> None:
        frame = wire.tcp_frame(packet)
        if self.faults.coalesce > 1:
            self._hold(frame)
        elif self.faults.split:
            await self._pieces(frame)
        else:
            await self._write(frame)

    async def _break_off(self, packet: bytes) -> None:
        frame = wire.tcp_frame(packet)
        await self._write(frame[: len(frame) // 2])
        self.abort()

    async def _pieces(self, frame: bytes) -> None:
        size = self.faults.split
        for number in range(SPLIT_PIECES):
            await self._write(frame[number * size : (number + 1) * size])
        await self._write(frame[SPLIT_PIECES * size :])

    async def _write(self, data: bytes) -> None:
        if data:
            self._writer.write(data)
            await self._writer.drain()
            await asyncio.sleep(self.pause)

    def _hold(self, frame: bytes) -> None:
        self._held.append(frame)
        if len(self._held) >= self.faults.coalesce:
            self._release()
        elif self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(COALESCE_WAIT, self._release)

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
