"""A terminal on the network: takes its address, restarts, goes dark and comes back."""

import asyncio
import socket
import time

from simulators.zkteco.session import After
from simulators.zkteco.tcp import TcpListener
from simulators.zkteco.terminal import Terminal


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
        self._tcp: TcpListener | None = None
        self._comeback: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        """Whether it can be reached."""
        return self._tcp is not None

    async def start(self) -> None:
        """Take the address and listen. Raises HostError."""
        try:
            self._reserved = _bound(self.host, self.port)
            self.port = self._reserved.getsockname()[1]
            self.power_on()
        except OSError as error:
            self._give_back()
            reason = error.strerror or error
            raise HostError(f"cannot listen on {self.host}:{self.port}: {reason}: choose another --port") from error

    async def stop(self) -> None:
        """Hang up on everybody and give the address back."""
        self._stay_dark()
        await self.power_off()
        self._give_back()

    def _give_back(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def _stay_dark(self) -> None:
        if self._comeback is not None:
            self._comeback.cancel()
            self._comeback = None

    def power_on(self) -> None:
        """Listen (again)."""
        if self._tcp is None:
            self._tcp = TcpListener(_bound(self.host, self.port), self.terminal, self.pause, self._left)

    async def power_off(self) -> None:
        """Refuse new connections and cut all there are; the terminal keeps its log."""
        tcp, self._tcp = self._tcp, None
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
        return await self._tcp.drop() if self._tcp is not None else 0

    def stall(self, seconds: float) -> None:
        """Send nothing for so long."""
        self.terminal.faults.stalled_until = time.monotonic() + seconds


def _bound(host: str, port: int) -> socket.socket:
    """A socket on the address. One that never listens keeps a port for a terminal that is restarting."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made
