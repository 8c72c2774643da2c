"""One session with a terminal, in the order that loses nothing: subscribe, back-fill, live, and ever again reconcile.

Subscribing comes first, so that a punch made while the log is read arrives twice rather than never; the identity of a
punch is the same both ways. Live events are only the fast way: what proves completeness is the number of records. It
must have grown by exactly the punches that came live; if it has not, or cannot tell (a full log, firmware that does
not count), the whole log is read again. Nothing here waits longer than the terminal's own deadlines.
"""

import logging
import time
from collections.abc import Hashable, Iterator, Sequence
from itertools import islice

from gateway.drivers.zkteco import event as events
from gateway.drivers.zkteco import place as places
from gateway.drivers.zkteco.attlog import Row, Table
from gateway.drivers.zkteco.backfill import reports
from gateway.drivers.zkteco.frames import Frame
from gateway.drivers.zkteco.memory import Memory
from gateway.drivers.zkteco.ordinals import LiveOrdinals, key
from gateway.drivers.zkteco.place import Place
from gateway.drivers.zkteco.reader import read_log
from gateway.drivers.zkteco.readings import MAX_RAW, reading, unreadable
from gateway.drivers.zkteco.session import Incomplete
from gateway.drivers.zkteco.sizes import Sizes
from gateway.drivers.zkteco.terminal import Identity, Options, Terminal
from gateway.reading import ClockReading, Finding, Report

BATCH = 500
"""Reports handed out at once."""
OVERLAP = 500
"""Records handed out again although they were before, each time a session begins."""
LATEST = 64
"""Records at the end of a log that a live event may turn out to be one of."""
PATIENCE = 3
"""Reads put off because the user list, without which a log of bare numbers names nobody, would not come."""
_BLIND = 3
"""Where the number of records tells nothing, the log is read again every this many times `reconcile`."""

_log = logging.getLogger(__name__)


class Watch:
    """From an opened terminal to its end. Not for more than one thread."""

    def __init__(self, terminal: Terminal, identity: Identity, options: Options, memory: Memory, place: Place | None):
        self._terminal = terminal
        self._serial = identity.serial
        self._firmware = identity.firmware
        self._options = options
        self._memory = memory
        self._place = place
        self._overlap = OVERLAP
        self._ordinals = LiveOrdinals()
        self._just_read: frozenset[Hashable] = frozenset()
        self._outbox: list[Report] = []
        self._backlog: Iterator[Report] = iter(())
        self._to_acknowledge = 0
        self._lost = 0
        self._unnamed = 0
        self._covered = 0
        self._told = place.count if place else 0
        self._live = 0
        self._read_now = True
        self._next_clock = self._next_sizes = self._next_read = 0.0

    def poll(self, timeout: float) -> Sequence[Report]:
        """What is new, at most `BATCH` reports and a few; see `gateway.reading.Driver.poll`."""
        deadline = time.monotonic() + timeout
        self._terminal.acknowledge(self._to_acknowledge)
        self._to_acknowledge = 0
        self._look_at_clock()
        self._collect(0)
        if not self._outbox:
            self._take_batch()
        if not self._outbox and self._is_due():
            self._read()
            self._take_batch()
        if not self._outbox:
            self._collect(min(deadline, self._next_clock, self._next_look))
        return self._hand_out()

    def read_clock(self) -> ClockReading:
        """The terminal's clock, now; the next look of our own accord is put off."""
        self._next_clock = time.monotonic() + self._options.clock_every
        return self._terminal.clock(self._serial)

    def set_clock(self, local_time: str) -> None:
        """Set the terminal's clock (`YYYY-MM-DDTHH:MM:SS`). Raises ValueError for what is not a time."""
        self._terminal.set_clock(local_time)

    def _take_batch(self) -> None:
        batch = list(islice(self._backlog, BATCH))
        self._outbox += batch
        if len(batch) < BATCH:  # the next poll says that all of the log is on disk
            self._to_acknowledge += self._covered
            self._covered = 0

    def _hand_out(self) -> Sequence[Report]:
        out, self._outbox = self._outbox, []
        return out

    def _look_at_clock(self) -> None:
        if time.monotonic() >= self._next_clock:
            self._outbox.append(self.read_clock())

    # live

    def _collect(self, deadline: float) -> None:
        """Events into the outbox: wait for the first until `deadline`, take those that came with it."""
        for _ in range(BATCH):
            frame = self._terminal.event(0 if self._outbox else deadline)
            if frame is None:
                break
            self._to_acknowledge += 1
            self._outbox += self._reports_of(frame)
        lost = self._terminal.take_lost()
        if lost:
            _log.warning("%s: %d live events could not be kept: reading the log instead", self._terminal.who, lost)
            self._lost += lost
            self._read_now = True

    def _reports_of(self, frame: Frame) -> list[Report]:
        said = events.decode(frame.session, frame.data)
        if isinstance(said, Row):
            self._live += 1
            return [self._live_reading(said, frame.data)]
        detail: dict[str, object] = {"event_code": frame.session}
        raw = frame.data[:MAX_RAW]
        if isinstance(said, events.Unreadable):
            self._read_now = True
            return [unreadable(self._serial, frame.data, said.reason, origin="live")]
        if isinstance(said, events.Alarm):
            return [Finding(said.word, self._serial, {**detail, "code": said.code}, raw)]
        if isinstance(said, events.UsersChanged):
            self._memory.users_changed()
            return [Finding("users-changed", self._serial, detail, raw)]
        return []

    def _live_reading(self, row: Row, raw: bytes) -> Report:
        names = self._memory.names
        if key(row) in self._just_read:
            # The same punch again, or the same person's next within that second: only the log itself can tell.
            self._read_now = True
        if row.uid is not None and names.is_news(row.uid):
            self._refresh_names(None, self._told + self._live - 1)
        return reading(row, raw, serial=self._serial, names=names, ordinal=self._ordinals.of(row), origin="live")

    # completeness

    def _is_due(self) -> bool:
        now = time.monotonic()
        if self._read_now or now >= self._next_read:
            return True
        if now < self._next_look:
            return False
        sizes = self._terminal.sizes()
        self._collect(0)  # what came before the answer is counted in it
        self._next_sizes = now + self._options.reconcile
        self._outbox += self._memory.compare(self._serial, sizes)
        if sizes.records is None or sizes.full:
            return False
        expected, self._told, self._live = self._told + self._live, sizes.records, 0
        if sizes.records != expected:
            _log.info("%s: %d records where %d were expected", self._terminal.who, sizes.records, expected)
        return sizes.records != expected

    @property
    def _next_look(self) -> float:
        """When the counters are due: a connection that is dead looks just like a door that nobody uses."""
        return min(self._next_sizes, self._terminal.heard_at + self._options.quiet)

    def _read(self) -> None:
        """Read the whole log; what is new in it becomes the backlog."""
        self._read_now = False
        lost = self._lost
        expects_some = self._live > 0 or lost > 0
        read = read_log(self._terminal, self._serial, self._memory.layout, ask_anyway=expects_some)
        self._collect(0)
        known, self._told, self._live = self._told + self._live, read.sizes.records or 0, 0
        self._schedule(read.sizes)
        self._outbox += read.findings + self._memory.compare(self._serial, read.sizes)
        if read.table is None or not self._names_known(read.table, read.sizes, known):
            self._next_read = self._next_sizes
            return
        self._lost -= lost
        self._covered += lost
        self._take(read.table, read.sizes)

    def _take(self, table: Table, sizes: Sizes) -> None:
        if len(table):
            self._memory.layout = table.layout.name
        start = self._compare_with_place(table, sizes)
        end = places.at_end(table, self._serial, self._firmware)
        _log.info("%s: %d records, from number %d on", self._terminal.who, len(table), start)
        cursor = places.to_text(end)
        self._backlog = reports(table, start, serial=self._serial, names=self._memory.names, cursor=cursor)
        self._place, self._overlap = end, 0
        latest = (table.row(index) for index in range(max(0, len(table) - LATEST), len(table)))
        self._just_read = frozenset(key(row) for row in latest if isinstance(row, Row))

    def _compare_with_place(self, table: Table, sizes: Sizes) -> int:
        """First record to hand out."""
        if self._place is None:
            return 0
        found = places.resume(self._place, table)
        if found.change:
            self._memory.names.forget_places()
            self._outbox.append(self._changed(found, table, sizes))
        return found.start if not table.layout.has_person else max(0, found.start - self._overlap)

    def _changed(self, found: places.Resumption, table: Table, sizes: Sizes) -> Finding:
        before = self._place.count if self._place else 0
        detail: dict[str, object] = {"before": before, "now": len(table), "gone": found.gone}
        word: str = found.change
        if word == "log-wrapped" and not sizes.full:
            word = "log-shrunk"
        elif word == "log-shrunk" and sizes.full:
            word = "log-wrapped"
        oldest = table.row(0) if len(table) else ""
        since = oldest.local_time[:7] if isinstance(oldest, Row) else "?"
        fact = since if word == "log-wrapped" else self._place.all if self._place else ""
        return Finding(word, self._serial, detail, key=f"{word}:{self._serial}:{fact}")

    def _schedule(self, sizes: Sizes) -> None:
        now = time.monotonic()
        blind = sizes.records is None or sizes.full
        patience = min(self._options.reread, _BLIND * self._options.reconcile) if blind else self._options.reread
        self._next_sizes, self._next_read = now + self._options.reconcile, now + patience

    def _names_known(self, table: Table, sizes: Sizes, known: int) -> bool:
        """Whether the log's people can be named, or have to be left unnamed since the terminal will not tell.

        The first `known` records were named before, by the list of then.
        """
        if table.layout.has_person or not len(table):
            return True
        self._unnamed = 0 if self._refresh_names(sizes.users, known) else self._unnamed + 1
        return self._unnamed == 0 or self._unnamed >= PATIENCE

    def _refresh_names(self, count: int | None, records: int) -> bool:
        try:
            self._memory.names.refresh(self._terminal.users(count), records)
        except Incomplete as error:
            _log.warning("%s: the user list cannot be read now: %s", self._terminal.who, error)
            return False
        return True
