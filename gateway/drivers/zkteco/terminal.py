"""One connected terminal: what we ask of it, each question with a deadline, each failure a DriverError."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from struct import Struct
from typing import Annotated, Literal

import msgspec
from zk.exception import ZKErrorResponse

from gateway.config_hosts import host
from gateway.config_tables import Check
from gateway.drivers.zkteco import codes, operations, packed_time, sizes, trouble, users
from gateway.drivers.zkteco.channel import Channel
from gateway.drivers.zkteco.frames import Frame
from gateway.drivers.zkteco.line import Line
from gateway.drivers.zkteco.operations import Operation
from gateway.drivers.zkteco.session import Incomplete, Session
from gateway.drivers.zkteco.sizes import Sizes
from gateway.errors import DriverError
from gateway.reading import ClockReading

_log = logging.getLogger(__name__)

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86400)]

_WORD = Struct("<I")
_GOODBYE = 2.0
"""Seconds that a terminal gets to answer EXIT."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a device with `driver = "zkteco"`; times in seconds."""

    host: Annotated[str, msgspec.Meta(min_length=1), Check(host)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 4370
    comm_key: Annotated[int, msgspec.Meta(ge=0, le=999999)] = 0
    transport: Literal["tcp", "udp"] = "tcp"
    timeout: Seconds = 10
    """Longest wait for one answer."""
    reconcile: Seconds = 300
    """Between looks at the number of records; when it does not add up, the log is read again."""
    reread: Seconds = 3600
    """Between full reads of the log even when the number of records adds up."""
    quiet: Seconds = 30
    """After so long without a word from the terminal it is asked for its counters, to see whether it is still there."""
    clock_every: Seconds = 600


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a terminal says it is."""

    serial: str
    model: str
    firmware: str
    platform: str


class Terminal:
    """A connection from `connect` to `close`. Every method but `close` belongs to one thread and raises DriverError."""

    def __init__(self, options: Options, name: str) -> None:
        self.who = f"{name} ({options.host}:{options.port})"
        self._options = options
        self._line = Line(datagrams=options.transport == "udp")
        self._channel = Channel(self._line, options.timeout, self.who)
        self._session = Session(
            self._channel, options.host, options.port, options.comm_key, udp=options.transport == "udp"
        )
        self._connected = False
        self._hung_up = threading.Event()

    def connect(self) -> Identity:
        """Reach it, pass its comm key, and ask who it is."""
        with self._explained():
            self._line.connect(self._options.host, self._options.port, time.monotonic() + self._options.timeout)
            self._connected = True
            self._session.connect()
            identity = Identity(
                self._option("~SerialNumber"), self._option("~DeviceName"), self._firmware(), self._option("~Platform")
            )
            if identity.serial:
                return identity
            mac = self._option("MAC").lower()
            if not mac:
                raise DriverError(
                    f"{self.who}: it tells no serial number and no MAC address: punches could not be told apart"
                )
            return Identity(f"mac-{mac}", identity.model, identity.firmware, identity.platform)

    def subscribe(self) -> None:
        """Ask for live events.

        As pyzk does (base.py:1315-1326), but without its CANCELCAPTURE: that leaves the reader dark until STARTVERIFY,
        and a gateway that dies between the two would keep people from punching. STARTVERIFY alone also wakes a
        terminal that another client has left dark. A terminal that tells nothing live is still good for its log.
        """
        with self._explained():
            with suppress(ZKErrorResponse):
                self._session.verify_user()
            for wanted in (codes.WANTED_EVENTS, codes.EF_ATTLOG):
                with suppress(ZKErrorResponse):
                    self._session.reg_event(wanted)
                    return
        _log.warning("%s: it tells no punches live; they are taken from its log", self.who)

    def clock(self, serial: str) -> ClockReading:
        """Its clock, now."""
        with self._explained():
            packed, moment, seconds = self._session.clock()
        return ClockReading(serial, packed_time.unpack(packed), moment, seconds)

    def packed_clock(self) -> int:
        """Its clock, now, as it keeps it."""
        with self._explained():
            return self._session.clock()[0]

    def set_clock(self, local_time: str) -> None:
        """Set its clock, and have it take notice (term:172-183). Raises ValueError for what is not a time."""
        packed = packed_time.pack(local_time)
        with self._explained():
            self._session.ask(codes.SET_TIME, _WORD.pack(packed))
            self._session.ask(codes.REFRESH_DATA)

    def sizes(self) -> Sizes:
        """Its counters."""
        with self._explained():
            return sizes.decode(self._session.ask(codes.SIZES))

    def log(self) -> bytes:
        """Its attendance log as it stands. Raises Incomplete when what came is not whole, or the terminal refuses."""
        with self._explained():
            return self._session.table(codes.ATTLOG)

    @property
    def unordered(self) -> bool:
        """Whether parts of the last log may have changed places on the way without a trace."""
        return self._session.unordered

    def users(self, count: int | None) -> dict[int, str]:
        """Internal number to user id of everyone it knows. Raises Incomplete like `log`."""
        with self._explained():
            known = users.decode(self._session.table(codes.USERS, codes.FCT_USERS), count)
        if known is None:
            raise Incomplete("the user list is not whole, or of no known width")
        return known

    def operations(self) -> list[Operation]:
        """Its operation log. Raises Incomplete like `log`."""
        with self._explained():
            known = operations.decode(self._session.table(codes.OPLOG))
        if known is None:
            raise Incomplete("the operation log is not whole records")
        return known

    def event(self, deadline: float) -> Frame | None:
        """The next live event, or None at the deadline (`time.monotonic()`)."""
        with self._explained():
            return self._channel.event(deadline)

    def acknowledge(self, count: int) -> None:
        """`count` live events are on disk."""
        with self._explained():
            self._channel.acknowledge(self._session.number, count)

    def take_lost(self) -> int:
        """How many events came since the last call that could not be kept."""
        lost, self._channel.lost = self._channel.lost, 0
        return lost

    @property
    def heard_at(self) -> float:
        """When it was last heard of (`time.monotonic()`)."""
        return self._channel.heard_at or 0.0

    @property
    def progress(self) -> str:
        """How far a bulk read is; empty when there is none. From any thread."""
        return self._channel.meter.text

    def leave(self) -> None:
        """Say goodbye and close; for the thread that uses the terminal. Never raises."""
        if self._session.is_connect and not self._hung_up.is_set():
            self._channel.timeout = min(self._channel.timeout, _GOODBYE)
            with suppress(DriverError), self._explained():  # gone already is what we wanted
                self._session.disconnect()
        self._line.close()

    def hang_up(self) -> None:
        """Close from any thread, in the middle of whatever goes on; a goodbye is sent but not waited for."""
        self._hung_up.set()
        if self._session.is_connect:
            self._channel.hang_up(self._session.number)
        self._line.close()

    def _option(self, name: str) -> str:
        """One of its options as text; empty when it does not know it (term:193-205: `name=value`)."""
        try:
            answer = self._session.ask(codes.GET_OPTION, name.encode() + b"\0")
        except ZKErrorResponse:
            return ""
        return _printable(answer.partition(b"=")[2])

    def _firmware(self) -> str:
        try:
            return _printable(self._session.ask(codes.GET_VERSION))
        except ZKErrorResponse:
            return ""

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (DriverError, Incomplete):
            raise
        except Exception as error:
            heard = self._channel.heard_at is not None
            connected = heard if self._line.datagrams else self._connected
            raise trouble.explain(self.who, error, connected=connected, heard=heard) from error


def _printable(raw: bytes) -> str:
    text = raw.partition(b"\0")[0].decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable()).strip()[:64]
