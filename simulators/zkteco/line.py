"""The outgoing half of a client's line, and the faults that any line can have."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from simulators.zkteco.codes import Command
from simulators.zkteco.faults import Faults

_DATA = int(Command.DATA).to_bytes(2, "little")
_STALL_STEP = 0.02


class LineCut(ConnectionError):
    """The connection was cut by the `drop` fault."""


class Line(ABC):
    """Sends packets to one client. Answers and events take turns: an answer of several packets is not broken into."""

    def __init__(self, switches: Faults, pause: float) -> None:
        self.faults = switches
        self.pause = pause
        self._turn = asyncio.Lock()

    async def send(self, packets: Sequence[bytes]) -> None:
        """Send packets one after another. Raises ConnectionError when the client or a fault has cut the line."""
        if packets and self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        if self.faults.interleave:
            for packet in packets:
                async with self._turn:
                    await self._one(packet)
            return
        async with self._turn:
            for packet in packets:
                await self._one(packet)

    async def _one(self, packet: bytes) -> None:
        await self._stall()
        if self.faults.corrupt:
            self.faults.corrupt -= 1
            packet = packet[:2] + bytes((packet[2] ^ 0xFF,)) + packet[3:]
        if self.faults.drop_in_transfer and packet[:2] == _DATA:
            self.faults.drop_in_transfer = False
            await self._break_off(packet)
            raise LineCut("cut in the middle of a transfer")
        await self._transmit(packet)

    async def _stall(self) -> None:
        while time.monotonic() < self.faults.stalled_until:
            if self.is_cut():
                raise LineCut("cut while it was stalled")
            await asyncio.sleep(_STALL_STEP)

    @abstractmethod
    def is_cut(self) -> bool:
        """Whether nothing can be sent any more."""

    @abstractmethod
    async def _break_off(self, packet: bytes) -> None:
        """Send a part of the packet and cut the line."""

    @abstractmethod
    async def _transmit(self, packet: bytes) -> None:
        """Send one packet, with the faults of this kind of line."""
