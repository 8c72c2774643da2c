"""The socket-like object beneath pyzk.

Theory of operation. pyzk 0.9 takes whatever one `recv` returns for one answer. On a real network that fails three
ways: an event arrives where an answer was due, two frames arrive in one piece, one frame arrives in two. All of these
lose punches or end the program (facts: issues 86, 153, 164). pyzk asks its private factory for a socket; `session.py`
has it take a `Channel` instead, and pyzk itself stays as published. A `Channel` keeps these rules:

1. `recv` returns exactly one whole, checksum-verified frame, whatever number of bytes was asked for. pyzk copes with
   more than it asked for, and never again has to glue pieces together.
2. Events (command 500) never reach pyzk. They wait in a queue of at most `MAX_EVENTS` and `MAX_EVENT_BYTES`; what does
   not fit is counted in `lost`, and the driver answers a loss with a back-fill. Nothing is dropped silently.
3. A reply that echoes the number of an earlier request is left over from a request that was given up: it is dropped.
   A number we never sent is let through, for firmware that does not echo.
4. Every wait has a deadline for the whole frame (or the whole wait for events): neither a trickle of bytes nor a flood
   of events extends it. `close` from another thread ends any wait.
5. A damaged frame may have been an event: it counts as `lost`. Over TCP, while a reply is due, it is an error as well.
6. A datagram that is byte for byte one of the same answer came twice: the second is dropped.
7. Over UDP a request is sent again when no reply has begun after a third of the time. Once it has begun, what does not
   follow within that time is lost, and the session asks anew, under another number.

Sending ACK_OK for an event is the driver's business (`acknowledge`): only it knows that the event is on disk.
"""

import time
from collections import deque
from hashlib import sha256

from gateway.drivers.zkteco import codes, frames
from gateway.drivers.zkteco.frames import Frame
from gateway.drivers.zkteco.line import Line
from gateway.drivers.zkteco.meter import Meter

MAX_EVENTS = 1024
MAX_EVENT_BYTES = 1 << 20
_MAX_PARTS = 1 << 16
_REMEMBERED = 64
_MAX_SKIPPED = 1 << 16
_SENDS = 3


class Channel:
    """Frames to and from one terminal. Errors are OSError (of the line) and ValueError (of what came)."""

    def __init__(self, line: Line, timeout: float, who: str) -> None:
        self.timeout = timeout
        """Seconds for one answer."""
        self.meter = Meter(who)
        self.lost = 0
        """Events that came but could not be kept; the driver sets it back."""
        self.stale = 0
        """Replies dropped because they came too late, or twice."""
        self.heard_at: float | None = None
        """When the last frame came that obeys the protocol (`time.monotonic()`); None: none ever did."""
        self._line = line
        self._reader = frames.FrameReader()
        self._replies: deque[Frame] = deque()
        self._events: deque[Frame] = deque()
        self._event_bytes = 0
        self._asked: deque[int] = deque(maxlen=_REMEMBERED)
        self._request = b""
        self._parts: set[bytes] = set()
        self._answered = True

    # what pyzk calls

    def settimeout(self, seconds: float) -> None:
        """pyzk's own idea of patience; ours stands."""

    def send(self, data: bytes) -> int:
        """A request of pyzk over TCP, with its top."""
        self._ask(data, data[8:])
        return len(data)

    def sendto(self, data: bytes, address: object) -> int:  # noqa: ARG002 - the line is connected
        """A request of pyzk over UDP."""
        self._ask(data, data)
        return len(data)

    def recv(self, size: int) -> bytes:  # noqa: ARG002 - rule 1
        """The next reply, whole; over TCP with its top. Raises TimeoutError when it does not come in time."""
        deadline = time.monotonic() + self.timeout
        refused = self._reader.refused
        while not self._replies:
            self._receive(deadline)
            if self._reader.refused > refused and not self._replies:
                raise ValueError("it answered with a damaged frame (wrong checksum)")
        frame = self._replies.popleft()
        self.meter.answered(frame)
        return frame.packet if self._line.datagrams else frames.with_top(frame.packet)

    def close(self) -> None:
        """From any thread: ends every wait."""
        self._line.close()

    # what the driver calls

    def event(self, deadline: float) -> Frame | None:
        """The next event, or None at the deadline (`time.monotonic()`)."""
        while not self._events:
            if self._receive_idle(deadline):
                return None
        event = self._events.popleft()
        self._event_bytes -= len(event.packet)
        return event

    def acknowledge(self, session: int, count: int) -> None:
        """Tell the terminal that `count` events are safe: ACK_OK, session number, reply 0 (rt:40-45; V p.19)."""
        deadline = time.monotonic() + self.timeout
        for _ in range(min(count, 2 * MAX_EVENTS)):
            self._line.send(self._wire(frames.packet(codes.ACK_OK, session, 0)), deadline)

    def hang_up(self, session: int) -> None:
        """EXIT without waiting for its answer, and `close`; from any thread, never raises."""
        self._line.close(self._wire(frames.packet(codes.EXIT, session, 0)))

    def _wire(self, packet: bytes) -> bytes:
        return packet if self._line.datagrams else frames.with_top(packet)

    def _ask(self, wire: bytes, packet: bytes) -> None:
        frame = frames.parse(packet)
        if frame is None:
            raise ValueError("a request of our own is not a frame")
        self._asked.append(frame.reply)
        self._replies.clear()
        self._request, self._answered = wire, False
        self._parts.clear()
        self.meter.asked(frame.command)
        self._line.send(wire, time.monotonic() + self.timeout)

    def _receive(self, deadline: float) -> None:
        """Wait for bytes while a reply is due. Raises TimeoutError when none come."""
        if not self._line.datagrams:
            self._sort(self._line.receive(deadline))
            return
        share = self.timeout / _SENDS
        for _ in range(_SENDS - 1):
            try:
                piece = self._line.receive(min(deadline, time.monotonic() + share))
            except TimeoutError:
                if self._answered:
                    raise
                self._line.send(self._request, deadline)
            else:
                self._sort(piece)
                return
        self._sort(self._line.receive(deadline))

    def _receive_idle(self, deadline: float) -> bool:
        """Wait for bytes while no reply is due; whether the deadline came first."""
        try:
            self._sort(self._line.receive(deadline))
        except TimeoutError:
            return True
        self.stale += len(self._replies)
        self._replies.clear()
        return False

    def _sort(self, piece: bytes) -> None:
        for frame in self._frames(piece):
            self.heard_at = time.monotonic()
            if frame.command == codes.EVENT:
                self._keep(frame)
            elif self._is_stale(frame) or self._is_double(frame):
                self.stale += 1
            else:
                self._answered = True
                self._replies.append(frame)

    def _keep(self, event: Frame) -> None:
        size = self._event_bytes + len(event.packet)
        if len(self._events) < MAX_EVENTS and size <= MAX_EVENT_BYTES:
            self._events.append(event)
            self._event_bytes = size
        else:
            self.lost += 1

    def _is_stale(self, frame: Frame) -> bool:
        return frame.reply in self._asked and frame.reply != self._asked[-1]

    def _is_double(self, frame: Frame) -> bool:
        if not self._line.datagrams:
            return False
        digest = sha256(frame.packet).digest()
        known = digest in self._parts
        if len(self._parts) < _MAX_PARTS:
            self._parts.add(digest)
        return known

    def _frames(self, piece: bytes) -> list[Frame]:
        if self._line.datagrams:
            frame = frames.parse(piece)
            self.lost += frame is None
            return [] if frame is None else [frame]
        before = self._reader.refused
        found = self._reader.feed(piece)
        self.lost += self._reader.refused - before
        if self._reader.skipped > _MAX_SKIPPED:
            raise ValueError("it sends junk between its frames")
        return found
