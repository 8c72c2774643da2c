"""Datagrams to one client: lost, doubled and overtaken when a fault says so."""

import asyncio
import random
import socket

from simulators.zkteco.faults import REORDER_WAIT, Counters, Faults
from simulators.zkteco.line import Line

Address = tuple[str, int]


class UdpLine(Line):
    """Sends datagrams to one address."""

    def __init__(
        self, link: socket.socket, address: Address, faults: Faults, counters: Counters, pause: float, seed: int
    ) -> None:
        super().__init__(faults, pause)
        self._link = link
        self._address = address
        self._counters = counters
        self._random = random.Random(seed)
        self._overtaken: bytes | None = None
        self._flush: asyncio.TimerHandle | None = None
        self._cut = False

    def is_cut(self) -> bool:
        return self._cut

    def cut(self) -> None:
        """Send nothing more: the terminal has forgotten this client."""
        self._cut = True
        if self._flush is not None:
            self._flush.cancel()

    async def _break_off(self, _packet: bytes) -> None:
        self.cut()

    async def _transmit(self, packet: bytes) -> None:
        if self._chance(self.faults.lose):
            self._counters.datagrams_lost += 1
        elif self._overtaken is None and self._chance(self.faults.reorder):
            self._overtaken = packet
            self._flush = asyncio.get_running_loop().call_later(REORDER_WAIT, self._late)
        else:
            self._put(packet)
            self._late()
        await asyncio.sleep(self.pause)

    def _late(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        packet, self._overtaken = self._overtaken, None
        if packet is not None:
            self._put(packet)

    def _put(self, packet: bytes) -> None:
        for _ in range(2 if self._chance(self.faults.duplicate) else 1):
            try:
                self._link.sendto(packet, self._address)
            except OSError:  # a full buffer or an unreachable client loses a datagram, as it does for a terminal
                self._counters.datagrams_lost += 1

    def _chance(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability
