"""One client's session with the terminal, and the form in which a handler answers it."""

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from simulators.zkteco.codes import Ack, Command
from simulators.zkteco.wire import Packet

if TYPE_CHECKING:
    from simulators.zkteco.terminal import Terminal


class After(Enum):
    """What becomes of the connection once the answer is sent."""

    STAY = "stay"
    CLOSE = "close"
    RESTART = "restart"
    POWER_OFF = "power off"


class Part(NamedTuple):
    """One packet of an answer; it carries the session and reply number of the request."""

    command: int
    data: bytes = b""
    session: int | None = None
    """Stands in the session field instead of the session's number (STATE_RRQ)."""


class Answer(NamedTuple):
    """All that a request brings forth."""

    parts: tuple[Part, ...] = ()
    after: After = After.STAY


def ok(data: bytes = b"", after: After = After.STAY) -> Answer:
    """ACK_OK, perhaps with data."""
    return Answer((Part(Ack.OK, data),), after)


def refuse(code: Ack = Ack.ERROR) -> Answer:
    """An answer that says no."""
    return Answer((Part(code),))


SILENCE = Answer()


class Session:
    """State of one connection. `push` hands an event to its line and says whether there was room."""

    def __init__(self, terminal: "Terminal", push: Callable[[Packet], bool], data_limit: int) -> None:
        self.terminal = terminal
        self.data_limit = data_limit
        """Most bytes in one DATA packet: UDP cuts at 1,024."""
        self.number = 0
        self.authorised = False
        self.mask = 0
        self.buffer = b""
        """The set that DATA_WRRQ prepared for reading in chunks."""
        self.upload = bytearray()
        self.unacknowledged = 0
        self.powering_off = False
        self._in_turn: deque[tuple[int, bytes]] = deque()
        self._push = push

    def send_event(self, event: int, data: bytes) -> None:
        """Tell the client, if it subscribed to such events and keeps up."""
        if not self.authorised or not self.mask & event:
            return
        patience = self.terminal.faults.unacknowledged_limit
        if 0 < patience <= self.unacknowledged:
            self.terminal.counters.events_lost += 1
        else:
            self._send(event, data)

    def tell_in_turn(self, told: Iterable[tuple[int, bytes]]) -> None:
        """Tell the client of each, subscribed or not, the next one when it has acknowledged the one before."""
        self._in_turn = deque(told)
        self._send(*self._in_turn.popleft())

    def _send(self, event: int, data: bytes) -> None:
        if not self._push(Packet(Command.REG_EVENT, event, 0, data)):
            self.terminal.counters.events_lost += 1
            return
        self.unacknowledged += 1
        self.terminal.counters.events_sent += 1

    def acknowledged(self) -> None:
        """The client took an event."""
        if not self.unacknowledged:
            return
        self.unacknowledged -= 1
        self.terminal.counters.events_acknowledged += 1
        if self._in_turn:
            self._send(*self._in_turn.popleft())


Handler = Callable[[Session, bytes], Answer]
