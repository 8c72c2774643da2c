"""The terminal's TCP side: accepts clients and serves each in a task of its own.

Accepting is done here and not by asyncio's Server, which loses a client that connects just as it is closed: the client
would wait for a terminal that is restarting.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable

from simulators.zkteco import dispatch, wire
from simulators.zkteco.event_queue import EventQueue
from simulators.zkteco.session import After, Session
from simulators.zkteco.tcp_line import TcpLine
from simulators.zkteco.terminal import Terminal

DATA_LIMIT = 0xFFC0
"""Most bytes of a set in one DATA packet: all that a client may ask for at once."""
_RECEIVE = 0x10000
_BACKLOG = 16
_ACCEPT_PAUSE = 0.05
_GRACE = 0.2


class TcpListener:
    """Listens on a bound socket until closed. `leave` is told when a client restarts the terminal or turns it off."""

    def __init__(
        self, bound: socket.socket, terminal: Terminal, pause: float, leave: Callable[[After], Awaitable[None]]
    ) -> None:
        bound.settimeout(0)
        bound.listen(_BACKLOG)
        self._socket = bound
        self._terminal = terminal
        self._pause = pause
        self._leave = leave
        self._clients: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.create_task(self._accept())

    def close(self) -> None:
        """Accept no more; clients stay connected."""
        self._accepting.cancel()
        self._socket.close()

    async def drop(self) -> int:
        """Cut all connections but the one that asks for it; how many there were."""
        current = asyncio.current_task()
        others = [client for client in self._clients if client is not current]
        for client in others:
            client.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return len(others)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._socket)
            except OSError:  # the client has gone again, or we are short of descriptors for a moment
                await asyncio.sleep(_ACCEPT_PAUSE)
                continue
            task = asyncio.create_task(self._client(connection))
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)

    async def _client(self, connection: socket.socket) -> None:
        counters = self._terminal.counters
        if await self._is_taken():
            counters.connections_refused += 1
            connection.close()
            return
        counters.connections += 1
        reader, writer = await asyncio.open_connection(sock=connection)
        line = TcpLine(writer, self._terminal.faults, self._pause)
        try:
            after = await self._serve(reader, line)
            if after in (After.RESTART, After.POWER_OFF):
                self.close()
            await line.close()
        except ConnectionError:
            return  # the client or a fault cut the line: a terminal makes nothing of it
        finally:
            line.abort()
        await self._leave(after)

    async def _is_taken(self) -> bool:
        """Whether the one connection is in use; a client that has just hung up, as pyzk does first, is let go."""
        deadline = time.monotonic() + _GRACE
        while self._terminal.faults.one_connection and self._terminal.sessions:
            if time.monotonic() > deadline:
                return True
            await asyncio.sleep(_GRACE / 10)
        return False

    async def _serve(self, reader: asyncio.StreamReader, line: TcpLine) -> After:
        queue = EventQueue()
        session = Session(self._terminal, queue.offer, DATA_LIMIT)
        self._terminal.sessions.append(session)
        events = asyncio.create_task(queue.send_to(line))
        try:
            return await self._converse(reader, line, session)
        finally:
            self._terminal.sessions.remove(session)
            events.cancel()
            await asyncio.gather(events, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, line: TcpLine, session: Session) -> After:
        stream = wire.TcpStream()
        while received := await reader.read(_RECEIVE):
            try:
                payloads = stream.feed(received)
            except wire.BadStream:
                self._terminal.counters.bad_streams += 1
                return After.CLOSE
            for payload in payloads:
                outgoing = dispatch.receive(session, payload)
                await line.send(outgoing.packets)
                if outgoing.after is not After.STAY:
                    return outgoing.after
        return After.CLOSE
