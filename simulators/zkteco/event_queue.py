"""What a line's events wait in until they are sent."""

import asyncio
from contextlib import suppress

from simulators.zkteco import wire
from simulators.zkteco.line import Line

EVENT_QUEUE = 1000


class EventQueue:
    """Bounded; what does not fit is the session's to count."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[wire.Packet] = asyncio.Queue(EVENT_QUEUE)

    def offer(self, packet: wire.Packet) -> bool:
        """Put an event in; whether there was room."""
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(packet)
            return True
        return False

    async def send_to(self, line: Line) -> None:
        """Send events as they come, until cancelled or the line is cut."""
        while True:
            packet = await self._waiting.get()
            try:
                await line.send((packet.encode(),))
            except ConnectionError:
                return
