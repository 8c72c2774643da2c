"""A terminal on the network: listens on TCP, serves its clients, restarts, goes dark and comes back."""

import asyncio
import contextlib
import socket
import time

from simulators.zkteco import dispatch, wire
from simulators.zkteco.line import TcpLine
from simulators.zkteco.session import After, Session
from simulators.zkteco.terminal import Terminal

UDP_DATA = 1024
TCP_DATA = 0xFFC0
EVENT_QUEUE = 1000
LEAVE_WAIT = 5.0
_RECEIVE = 0x10000


class HostError(OSError):
    """The address cannot be had; one line that names it."""


class TerminalHost:
    """One terminal at one address. All methods are called in the event loop that runs it."""

    def __init__(
        self, terminal: Terminal, host: str = "127.0.0.1", port: int = 4370, pause: float | None = None
    ) -> None:
        self.terminal = terminal
        self.host = host
        self.port = port
        self.pause = terminal.profile.pause if pause is None else pause
        self.restart_seconds = terminal.profile.restart_seconds
        self._reserved: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._lines: set[TcpLine] = set()
        self._clients: set[asyncio.Task[None]] = set()
        self._comeback: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        """Whether it can be reached."""
        return self._server is not None

    async def start(self) -> None:
        """Take the address and listen. Raises HostError."""
        try:
            self._reserved = _bound(self.host, self.port)
        except OSError as error:
            raise HostError(
                f"cannot listen on {self.host}:{self.port}: {error.strerror or error}: choose another --port"
            ) from error
        self.port = self._reserved.getsockname()[1]
        await self.power_on()

    async def stop(self) -> None:
        """Hang up on everybody and give the address back."""
        if self._comeback is not None:
            self._comeback.cancel()
        await self.power_off()
        if self._reserved is not None:
            self._reserved.close()

    async def power_on(self) -> None:
        """Listen (again)."""
        if self._server is None:
            self._server = await asyncio.start_server(self._client, sock=_bound(self.host, self.port))

    async def power_off(self) -> None:
        """Cut all connections and refuse new ones; the terminal keeps its log."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop()
        current = asyncio.current_task()
        others = {task for task in self._clients if task is not current}
        if others:
            await asyncio.wait(others, timeout=LEAVE_WAIT)

    async def restart(self, away: float | None = None) -> None:
        """Go dark and come back after `away` seconds (the profile's time if None); returns once it is dark."""
        await self.power_off()
        self.terminal.power_cycled()
        if self._comeback is not None:
            self._comeback.cancel()
        self._comeback = asyncio.create_task(self._come_back(self.restart_seconds if away is None else away))

    async def _come_back(self, away: float) -> None:
        await asyncio.sleep(away)
        await self.power_on()

    def drop(self) -> int:
        """Cut all connections now; how many there were."""
        cut = len(self._lines)
        for line in self._lines:
            line.abort()
        return cut

    def stall(self, seconds: float) -> None:
        """Send nothing for so long."""
        self.terminal.faults.stalled_until = time.monotonic() + seconds

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        line = TcpLine(writer, self.terminal.faults, self.pause)
        if self.terminal.faults.one_connection and self._lines:
            self.terminal.counters.connections_refused += 1
            await line.close()
            return
        if task is None or not self.on:
            line.abort()
            return
        self._clients.add(task)
        self._lines.add(line)
        self.terminal.counters.connections += 1
        try:
            await self._serve(reader, line)
        except ConnectionError:
            pass  # the client or a fault cut the line: a terminal makes nothing of it
        finally:
            self._clients.discard(task)
            self._lines.discard(line)
            line.abort()

    async def _serve(self, reader: asyncio.StreamReader, line: TcpLine) -> None:
        queue: asyncio.Queue[wire.Packet] = asyncio.Queue(EVENT_QUEUE)
        session = Session(self.terminal, lambda packet: _offer(queue, packet), TCP_DATA)
        self.terminal.sessions.append(session)
        events = asyncio.create_task(_send_events(queue, line))
        try:
            after = await self._converse(reader, line, session)
        finally:
            self.terminal.sessions.remove(session)
            events.cancel()
            await asyncio.gather(events, return_exceptions=True)
        await self._leave(line, after)

    async def _converse(self, reader: asyncio.StreamReader, line: TcpLine, session: Session) -> After:
        stream = wire.TcpStream()
        while received := await reader.read(_RECEIVE):
            try:
                payloads = stream.feed(received)
            except wire.BadStream:
                self.terminal.counters.bad_streams += 1
                return After.CLOSE
            for payload in payloads:
                outgoing = dispatch.receive(session, payload)
                await line.send(outgoing.packets)
                if outgoing.after is not After.STAY:
                    return outgoing.after
        return After.CLOSE

    async def _leave(self, line: TcpLine, after: After) -> None:
        await line.close()
        if after is After.RESTART:
            await self.restart()
        elif after is After.POWER_OFF:
            await self.power_off()


def _offer(queue: asyncio.Queue[wire.Packet], packet: wire.Packet) -> bool:
    with contextlib.suppress(asyncio.QueueFull):
        queue.put_nowait(packet)
        return True
    return False


async def _send_events(queue: asyncio.Queue[wire.Packet], line: TcpLine) -> None:
    while True:
        packet = await queue.get()
        try:
            await line.send((packet.encode(),))
        except ConnectionError:
            return


def _bound(host: str, port: int) -> socket.socket:
    """A socket on the address. One that never listens keeps a port for a terminal that is restarting.

    The protocol is named because asyncio turns off Nagle's algorithm only where it is; with it two frames would leave
    in one segment, and other people's clients lose the second.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made
