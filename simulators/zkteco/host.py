"""A terminal on the network: takes its address, restarts, goes dark and comes back."""

import asyncio
import socket
import time

from simulators.zkteco.session import After
from simulators.zkteco.tcp import TcpListener
from simulators.zkteco.terminal import Terminal
from simulators.zkteco.udp import UdpListener

_PORT_TRIES = 20


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
        self.restart_seconds = terminal.profile.restart_seconds
        self._pause = pause
        self._reserved: list[socket.socket] = []
        self._tcp: TcpListener | None = None
        self._udp: UdpListener | None = None
        self._comeback: asyncio.Task[None] | None = None
        self._crowds: set[asyncio.Task[None]] = set()

    @property
    def pause(self) -> float:
        """Seconds between two frames."""
        return self.terminal.profile.pause if self._pause is None else self._pause

    @property
    def on(self) -> bool:
        """Whether it can be reached."""
        return self._tcp is not None or self._udp is not None

    async def start(self) -> None:
        """Take the address and listen. Raises HostError."""
        try:
            self._reserved = _reserve(self.host, self.port)
            self.port = self._reserved[0].getsockname()[1]
            self.power_on()
        except OSError as error:
            await self.stop()
            reason = error.strerror or error
            raise HostError(f"cannot listen on {self.host}:{self.port}: {reason}: choose another --port") from error

    async def stop(self) -> None:
        """Hang up on everybody and give the address back."""
        self._stay_dark()
        for crowd in self._crowds:
            crowd.cancel()
        await self.power_off()
        for reserved in self._reserved:
            reserved.close()
        self._reserved = []

    def _stay_dark(self) -> None:
        if self._comeback is not None:
            self._comeback.cancel()
            self._comeback = None

    def power_on(self) -> None:
        """Listen (again), on the transports that the profile has. Raises OSError."""
        profile = self.terminal.profile
        if profile.tcp and self._tcp is None:
            bound = _bound(self.host, self.port, socket.SOCK_STREAM)
            self._tcp = TcpListener(bound, self.terminal, self.pause, self._left)
        if profile.udp and self._udp is None:
            bound = _bound(self.host, self.port, socket.SOCK_DGRAM)
            self._udp = UdpListener(bound, self.terminal, self.pause, self._left)

    async def power_off(self) -> None:
        """Refuse new connections and cut all there are; the terminal keeps its log."""
        tcp, self._tcp = self._tcp, None
        udp, self._udp = self._udp, None
        if udp is not None:
            udp.close()
        if tcp is not None:
            tcp.close()
            await tcp.drop()

    async def restart(self, away: float | None = None) -> None:
        """Go dark and come back after `away` seconds (the profile's time if None); returns once it is dark."""
        self._stay_dark()
        await self.power_off()
        self.terminal.power_cycled()
        self._comeback = asyncio.create_task(self._come_back(self.restart_seconds if away is None else away))

    async def _come_back(self, away: float) -> None:
        await asyncio.sleep(away)
        self.power_on()

    async def _left(self, after: After) -> None:
        if after is After.RESTART:
            await self.restart()
        elif after is After.POWER_OFF:
            await self.power_off()

    async def drop(self) -> int:
        """Cut all connections now; how many there were."""
        dropped = self._udp.drop() if self._udp is not None else 0
        return dropped + (await self._tcp.drop() if self._tcp is not None else 0)

    def stall(self, seconds: float) -> None:
        """Send nothing for so long."""
        self.terminal.faults.stalled_until = time.monotonic() + seconds

    def crowd(self, punches: int, seconds: float) -> None:
        """People punch at random moments, so many in so long."""
        task = asyncio.create_task(self._punch_on(punches, seconds))
        self._crowds.add(task)
        task.add_done_callback(self._crowds.discard)

    async def _punch_on(self, punches: int, seconds: float) -> None:
        start = time.monotonic()
        for moment in sorted(self.terminal.random.uniform(0, seconds) for _ in range(punches)):
            await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
            self.terminal.punch_at_random()


def _reserve(host: str, port: int) -> list[socket.socket]:
    """Sockets that never listen: they keep one port number, on TCP and UDP, for a terminal that is restarting.

    The UDP one takes and ignores what is sent to a dark terminal, which as on a real network is answered by nobody.
    """
    for attempt in range(_PORT_TRIES):
        stream = _bound(host, port, socket.SOCK_STREAM)
        try:
            datagrams = _bound(host, stream.getsockname()[1], socket.SOCK_DGRAM, shared=False)
        except OSError:
            stream.close()
            if port or attempt == _PORT_TRIES - 1:
                raise
        else:
            datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return [stream, datagrams]
    raise AssertionError("unreachable")


def _bound(host: str, port: int, kind: socket.SocketKind, *, shared: bool = True) -> socket.socket:
    """A bound socket. On UDP two that are `shared` may have one port, and the one bound last gets the datagrams."""
    made = socket.socket(socket.AF_INET, kind)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(shared))
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made
