"""The terminal's UDP side: one socket, a session for each address that sent CONNECT, no delivery promised.

A client that restarts from the same address meets its old session, as on TCP connecting again does not change it. What
real terminals do when many addresses connect is not established; here the one that was silent longest is forgotten.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from simulators.zkteco import dispatch
from simulators.zkteco.codes import Command
from simulators.zkteco.event_queue import EventQueue
from simulators.zkteco.session import After, Session
from simulators.zkteco.terminal import Terminal
from simulators.zkteco.udp_line import Address, UdpLine

DATA_LIMIT = 1024
"""Most bytes of a set in one DATA packet."""
MOST_PEERS = 16
_CONNECT = int(Command.CONNECT).to_bytes(2, "little")
REQUEST_QUEUE = 100
_RECEIVE = 0x10000
_ERROR_PAUSE = 0.01


class _Peer:
    """One client: its requests in their order, its session, its line."""

    def __init__(self, listener: "UdpListener", address: Address) -> None:
        terminal = listener.terminal
        self.line = UdpLine(
            listener.link, address, terminal.faults, terminal.counters, listener.pause, terminal.random.getrandbits(32)
        )
        self.requests: asyncio.Queue[bytes] = asyncio.Queue(REQUEST_QUEUE)
        self._events = EventQueue()
        self.session = Session(terminal, self._events.offer, DATA_LIMIT)
        terminal.sessions.append(self.session)
        self._listener = listener
        self.tasks = (asyncio.create_task(self._serve()), asyncio.create_task(self._events.send_to(self.line)))

    async def _serve(self) -> None:
        while True:
            outgoing = dispatch.receive(self.session, await self.requests.get())
            try:
                await self.line.send(outgoing.packets)
            except ConnectionError:
                outgoing = outgoing._replace(after=After.CLOSE)
            if outgoing.after is not After.STAY:
                await self._listener.dismiss(self, outgoing.after)
                return

    def forget(self) -> None:
        """End the session."""
        self.line.cut()
        self.session.terminal.sessions.remove(self.session)
        current = asyncio.current_task()
        for task in self.tasks:
            if task is not current:
                task.cancel()


class UdpListener:
    """Serves a bound socket until closed. `leave` is told when a client restarts the terminal or turns it off."""

    def __init__(
        self, bound: socket.socket, terminal: Terminal, pause: float, leave: Callable[[After], Awaitable[None]]
    ) -> None:
        bound.settimeout(0)
        self.link = bound
        self.terminal = terminal
        self.pause = pause
        self._leave = leave
        self._peers: dict[Address, _Peer] = {}
        self._receiving = asyncio.create_task(self._receive())

    def close(self) -> None:
        """Take no more datagrams and forget all clients; the socket is closed."""
        self._receiving.cancel()
        self.drop()
        self.link.close()

    def drop(self) -> int:
        """Forget all clients; how many there were."""
        dropped = len(self._peers)
        for peer in self._peers.values():
            peer.forget()
        self._peers.clear()
        return dropped

    async def dismiss(self, peer: _Peer, after: After) -> None:
        """The peer has taken its leave, or asked for more than that."""
        for address in [address for address, one in self._peers.items() if one is peer]:
            del self._peers[address]
            peer.forget()
        await self._leave(after)

    async def _receive(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                payload, address = await loop.sock_recvfrom(self.link, _RECEIVE)
            except OSError:  # the refusal of an earlier datagram by a client that has gone
                await asyncio.sleep(_ERROR_PAUSE)
                continue
            self._take(payload, address)

    def _take(self, payload: bytes, address: Address) -> None:
        faults, counters = self.terminal.faults, self.terminal.counters
        if faults.lose_requests and self.terminal.random.random() < faults.lose_requests:
            counters.datagrams_lost += 1
            return
        peer = self._peers.pop(address, None)
        if peer is None:
            if payload[:2] != _CONNECT:
                self._turn_away(payload, address)
                return
            if faults.one_connection and self.terminal.sessions:
                counters.connections_refused += 1
                return
            peer = self._welcome(address)
        self._peers[address] = peer
        try:
            peer.requests.put_nowait(payload)
        except asyncio.QueueFull:
            counters.datagrams_lost += 1

    def _welcome(self, address: Address) -> _Peer:
        if len(self._peers) >= MOST_PEERS:
            silent_longest = next(iter(self._peers))
            self._peers.pop(silent_longest).forget()
        self.terminal.counters.connections += 1
        return _Peer(self, address)

    def _turn_away(self, payload: bytes, address: Address) -> None:
        """Who has no session is answered (not authorised) and forgotten at once."""
        stranger = Session(self.terminal, lambda _event: False, DATA_LIMIT)
        for packet in dispatch.receive(stranger, payload).packets:
            with suppress(OSError):  # a datagram may be lost
                self.link.sendto(packet, address)
