"""A TCP line that can be cut, stalled and slowed: the network between a gateway and its broker, or a terminal.

One thread runs an asyncio loop; every public method hands its work to that loop and returns when it is done, so
after `cut()` no connection is left and the next connect is refused. The bytes are moved in `simulators.flow`.

A cut resets (RST) both ends, as a rebooting router or a carrier's NAT does. The port stays ours while the line is cut:
a second socket is bound to it but never listens, so connects are refused and nobody else can take the number.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Literal, Self

from simulators.flow import Connection, Counters, Direction, Gate

State = Literal["up", "stalled", "cut"]

BACKLOG = 64
_PATIENCE = 10.0


class Line:
    """A proxy on a port of 127.0.0.1 to one target. Every method may be called from any thread.

    Use it as a context manager, or call `close()`. Raises OSError where it cannot listen.
    """

    def __init__(self, target_host: str, target_port: int, *, port: int = 0) -> None:
        self.target = (target_host, target_port)
        self._placeholder = _bound(port)
        self.port: int = self._placeholder.getsockname()[1]
        self._state: State = "cut"
        self._listener: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._planned: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._gate = Gate(self._plan_cut)
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"line:{self.port}", daemon=True)
        self._thread.start()
        self.restore()

    @property
    def state(self) -> State:
        """`up`, `stalled` or `cut`."""
        return self._state

    @property
    def counters(self) -> Counters:
        """What the line has seen so far, a snapshot."""
        return self._gate.counters

    @property
    def open(self) -> int:
        """Connections open now."""
        return len(self._connections)

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._call(self._cut)

    def stall(self) -> None:
        """Move no bytes: connections stay open and new ones are taken, but nothing arrives, not even an end."""
        self._call(self._stall)

    def restore(self) -> None:
        """Up again; what a stall held back is delivered first. A pending `cut_after` is forgotten."""
        self._call(self._restore)

    def cut_after(self, count: int, direction: Direction = "up") -> None:
        """Let exactly `count` more bytes through in `direction` (over all connections), then cut."""
        if count < 1:
            raise ValueError(f"cut_after: {count} bytes: at least 1, or call cut()")

        async def plan() -> None:
            self._gate.budget[direction] = count

        self._call(plan)

    def delay(self, seconds: float) -> None:
        """From now on every chunk arrives `seconds` later, each way; the order is kept."""
        if seconds < 0:
            raise ValueError(f"delay: {seconds} s is before now")
        self._gate.delay = seconds

    def close(self) -> None:
        """Cut for good and end the thread. May be called twice."""
        if not self._thread.is_alive():
            return
        self._call(self._cut)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()
        self._placeholder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await work()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(_PATIENCE)

    async def _cut(self) -> None:
        self._state = "cut"
        self._gate.budget.clear()
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        doomed = list(self._connections)
        self._gate.count(cut=len(doomed))
        for connection in doomed:
            connection.reset()
        await asyncio.gather(*(connection.task for connection in doomed), return_exceptions=True)

    async def _stall(self) -> None:
        self._listen()
        self._state = "stalled"
        self._gate.moving.clear()

    async def _restore(self) -> None:
        self._listen()
        self._state = "up"
        self._gate.budget.clear()
        self._gate.moving.set()

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = _bound(self.port)
            self._listener.listen(BACKLOG)
            self._loop.add_reader(self._listener, self._accept, self._listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except OSError:  # the client has gone again; the listener goes on
            return
        self._gate.count(accepted=1)
        connection = Connection(self._gate, client, self.target)
        self._connections.add(connection)
        connection.task.add_done_callback(lambda _: self._connections.discard(connection))

    def _plan_cut(self) -> None:
        # A task of its own: a cut waits for every connection, and so for the one that asks for it.
        self._planned = self._loop.create_task(self._cut())


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)  # noqa: FBT003 - the socket module offers no keyword
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock
