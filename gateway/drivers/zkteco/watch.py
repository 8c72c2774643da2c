"""One session with a terminal, in the order that loses nothing: subscribe, back-fill, live, and ever again reconcile.

Subscribing comes first, so that a punch made while the log is read arrives twice rather than never; the identity of a
punch is the same both ways. Live events are only the fast way: what proves completeness is the number of records. It
must have grown by exactly the punches that came live; if it has not, or cannot tell (a full log, firmware that does
not count), the whole log is read again. Nothing here waits longer than the terminal's own deadlines.
"""

import logging
import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import msgspec

from gateway.drivers.zkteco import packed_time
from gateway.drivers.zkteco import place as places
from gateway.drivers.zkteco.attlog import Table
from gateway.drivers.zkteco.backfill import reports
from gateway.drivers.zkteco.live import LiveEvents
from gateway.drivers.zkteco.memory import Memory
from gateway.drivers.zkteco.naming import Naming
from gateway.drivers.zkteco.place import Place
from gateway.drivers.zkteco.reader import LogRead, read_log
from gateway.drivers.zkteco.schedule import Schedule
from gateway.drivers.zkteco.session import Incomplete
from gateway.drivers.zkteco.sizes import Sizes
from gateway.drivers.zkteco.terminal import Identity, Options, Terminal
from gateway.errors import DriverError
from gateway.reading import ClockReading, Report

BATCH = 500
"""Reports handed out at once."""
LEAST = 50
"""Of these, at least so many of the log while live events pour in."""
MAX_PUT_OFF = 4
"""Polls with live events for which the terminal's counters and log may wait."""
OVERLAP = 500
"""Records handed out again although they were before, each time a session begins."""
PATIENCE = 3
"""Reads that may fail before it is recorded."""

_log = logging.getLogger(__name__)


class Watch:
    """From an opened terminal to its end. Not for more than one thread."""

    def __init__(self, terminal: Terminal, identity: Identity, options: Options, memory: Memory, place: Place | None):
        self._terminal = terminal
        self._serial = identity.serial
        self._firmware = identity.firmware
        self._memory = memory
        self._place = place
        self._overlap = OVERLAP
        self._schedule = Schedule(options)
        self._naming = Naming(terminal, memory.names, records=lambda: self._told + self._live.punches)
        self._live = LiveEvents(
            identity.serial, memory, refresh_names=self._naming.refresh, want_read=self._schedule.want_read
        )
        self._outbox: list[Report] = []
        self._backlog: Iterator[Report] = iter(())
        self._has_backlog = False
        self._put_off = 0
        self._broken: DriverError | None = None
        self._to_acknowledge = self._unsettled = self._covered = 0
        self._unread = 0
        self._told = place.count if place else 0
        self._counted = 0
        self._expects_some = False
        self._clock_every = options.clock_every
        self._next_clock = 0.0
        memory.begin(place)
        memory.layout = memory.layout or (place.layout if place and place.count else None)

    def poll(self, timeout: float) -> Sequence[Report]:
        """What is new, at most `BATCH` reports and a few; see `gateway.reading.Driver.poll`.

        What was found before something went wrong is handed out first, the error with the next call.
        """
        if self._broken is not None:
            raise self._broken
        try:
            self._turn(time.monotonic() + timeout)
        except DriverError as error:
            if not self._outbox:
                raise
            self._broken = error
        out, self._outbox = self._outbox, []
        return out

    def want_read(self) -> None:
        """Read the log at the next opportunity."""
        self._schedule.want_read()

    def read_clock(self) -> ClockReading:
        """The terminal's clock, now; the next look of our own accord is put off."""
        self._next_clock = time.monotonic() + self._clock_every
        return self._terminal.clock(self._serial)

    def set_clock(self, local_time: str) -> None:
        """Set the terminal's clock (`YYYY-MM-DDTHH:MM:SS`). Raises ValueError for what is not a time."""
        after = packed_time.pack(local_time)
        before = self._terminal.packed_clock()
        self._terminal.set_clock(local_time)
        self._memory.operations.we_set(before, after)
        self._schedule.want_look()  # so that whoever starts after us knows that it was us

    def _turn(self, deadline: float) -> None:
        self._terminal.acknowledge(self._to_acknowledge)
        self._to_acknowledge = 0
        self._look_at_clock()
        self._collect(0)
        self._take_batch()
        if self._may_ask() and (self._schedule.read_is_due() or self._is_incomplete()):
            self._read()
            self._take_batch()
            self._look_at_clock()
        if not self._outbox:
            self._collect(min(deadline, self._next_clock, self._schedule.next_moment(self._terminal.heard_at)))

    def _look_at_clock(self) -> None:
        if time.monotonic() >= self._next_clock:
            self._outbox.append(replace(self.read_clock(), cursor=self._cursor()))

    def _collect(self, deadline: float) -> None:
        """Events into the outbox: wait for the first until `deadline`, take those that came with it."""
        for _ in range(BATCH):
            frame = self._terminal.event(0 if self._outbox else deadline)
            if frame is None:
                break
            found = self._live.reports_of(frame)
            if found is None:
                self._unsettled += 1
            else:
                self._outbox += found
                self._to_acknowledge += 1
        lost = self._terminal.take_lost()
        if lost:
            _log.warning("%s: %d live events could not be kept: reading the log instead", self._terminal.who, lost)
            self._unsettled += lost
            self._schedule.want_read()

    def _take_batch(self) -> None:
        """Of the log that was read, as much as goes with what came live."""
        room = max(LEAST, BATCH - len(self._outbox))
        batch = list(islice(self._backlog, room))
        self._outbox += batch
        self._has_backlog = len(batch) == room
        if not self._has_backlog:  # the next poll says that all of the log is on disk
            self._to_acknowledge += self._covered
            self._covered = 0

    def _may_ask(self) -> bool:
        """What was found goes out before the terminal is asked for more, unless something is found every time."""
        self._put_off = self._put_off + 1 if self._outbox else 0
        if self._has_backlog or 0 < self._put_off <= MAX_PUT_OFF:
            return False
        self._put_off = 0
        return True

    def _cursor(self) -> str | None:
        """The place in the log, once everything before it is on disk, with what else is known of the terminal now."""
        if self._place is None or self._has_backlog:
            return None
        return places.to_text(msgspec.structs.replace(self._place, **self._memory.known()))

    # completeness

    def _is_incomplete(self) -> bool:
        """Whether the counters, if they are due, tell of more or fewer records than we know of."""
        if not self._schedule.look_is_due(self._terminal.heard_at):
            return False
        sizes = self._terminal.sizes()
        self._collect(0)  # what came before the answer is counted in it
        blind = sizes.records is None or sizes.full
        self._schedule.looked(blind=blind)
        self._compare_counters(sizes)
        if sizes.records is None or blind:
            return False
        expected = self._told + self._live.punches
        self._expects_some = expected > 0
        self._told, self._live.punches = sizes.records, 0
        if sizes.records == expected:
            self._counted = expected
        else:
            _log.info("%s: %d records where %d were expected", self._terminal.who, sizes.records, expected)
        return sizes.records != expected

    def _compare_counters(self, sizes: Sizes) -> None:
        was_full = self._memory.full
        self._outbox += self._memory.compare(self._serial, sizes)
        if self._memory.full != was_full:
            self._next_clock = 0.0  # as below
        done = self._memory.operations
        if sizes.operations is None or not done.is_news(sizes.operations):
            return
        self._next_clock = 0.0  # a look at the clock takes along how far the operation log is known
        try:
            self._outbox += done.report(self._serial, self._terminal.operations(), sizes.operations)
        except Incomplete as error:
            done.seen = sizes.operations
            _log.info("%s: its operation log cannot be read: %s", self._terminal.who, error)

    def _read(self) -> None:
        """Read the whole log; what is new in it becomes the backlog."""
        self._schedule.reading()
        unsettled, live = self._unsettled, frozenset(self._live.recorded)
        expects_some = self._expects_some or self._live.punches > 0 or unsettled > 0
        read = read_log(self._terminal, self._serial, self._memory.layout, expects_some=expects_some)
        self._collect(0)
        believed = read.table is not None and self._naming.suffices(read.table, read.sizes)
        self._told, self._live.punches = read.sizes.records or 0, 0
        self._schedule.was_read(blind=read.sizes.records is None or read.sizes.full, believed=believed)
        self._outbox += read.findings
        self._tell_if_it_lasts(read)
        self._compare_counters(read.counted)
        if read.table is not None and believed:
            self._expects_some = False
            self._unsettled -= unsettled
            self._covered += unsettled
            self._take(read.table, live, full=read.sizes.may_overwrite(len(read.table)))

    def _tell_if_it_lasts(self, read: LogRead) -> None:
        self._unread = self._unread + 1 if read.table is None else 0
        if self._unread >= PATIENCE and read.if_it_lasts is not None:
            self._outbox.append(read.if_it_lasts)

    def _take(self, table: Table, live: frozenset[Hashable], *, full: bool) -> None:
        if len(table):
            self._memory.layout = table.layout.name
        start = self._compare_with_place(table, live, full=full)
        end = msgspec.structs.replace(places.at_end(table, self._serial, self._firmware), **self._memory.known())
        _log.info("%s: %d records, from number %d on", self._terminal.who, len(table), start)
        cursor = places.to_text(end)
        self._backlog = reports(table, start, serial=self._serial, names=self._memory.names, cursor=cursor)
        self._place, self._overlap, self._counted = end, 0, 0
        if start >= len(table):
            self._next_clock = 0.0  # no punch takes the place along: a look at the clock does
        self._live.was_read(table)

    def _compare_with_place(self, table: Table, live: frozenset[Hashable], *, full: bool) -> int:
        """First record to hand out."""
        if self._place is None:
            return 0
        found = places.resume(self._place, table)
        lost = places.evidence(self._place, found, table, full=full) if found.change else None
        lost = lost or places.vanished(self._place, table, self._counted, live)
        if lost is not None:
            self._memory.names.forget_places()
            self._outbox.append(lost)
        return found.start if not table.layout.has_person else max(0, found.start - self._overlap)
