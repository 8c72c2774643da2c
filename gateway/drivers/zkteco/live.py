"""Live events as reports. What only the log can settle makes the log be read."""

from collections.abc import Callable, Hashable

from gateway.drivers.zkteco import event as events
from gateway.drivers.zkteco.attlog import Row, Table
from gateway.drivers.zkteco.frames import Frame
from gateway.drivers.zkteco.memory import Memory
from gateway.drivers.zkteco.ordinals import LiveKeys, key
from gateway.drivers.zkteco.readings import MAX_RAW, reading, unreadable
from gateway.reading import Finding, Report

LATEST = 64
"""Records at the end of a log that a live event may turn out to be one of."""


class LiveEvents:
    """The events of one session, in order."""

    def __init__(
        self, serial: str, memory: Memory, *, refresh_names: Callable[[], object], want_read: Callable[[], None]
    ) -> None:
        self.punches = 0
        """Punches since the log was last found complete; its owner sets it back."""
        self._serial = serial
        self._memory = memory
        self._refresh_names = refresh_names
        self._want_read = want_read
        self._keys = LiveKeys()
        self._just_read: frozenset[Hashable] = frozenset()

    def was_read(self, table: Table) -> None:
        """The log as it is now."""
        latest = (table.row(index) for index in range(max(0, len(table) - LATEST), len(table)))
        self._just_read = frozenset(key(row) for row in latest if isinstance(row, Row))

    def reports_of(self, frame: Frame) -> list[Report] | None:
        """What an event means: a punch, a finding, or nothing. None: only the log can tell, which is to be read."""
        said = events.decode(frame.session, frame.data)
        if isinstance(said, Row):
            return self._punch(said, frame.data)
        if isinstance(said, events.Unreadable):
            self._want_read()
            return [unreadable(self._serial, frame.data, said.reason, origin="live")]
        detail: dict[str, object] = {"event_code": frame.session}
        if isinstance(said, events.Alarm):
            return [Finding(said.word, self._serial, {**detail, "code": said.code}, frame.data[:MAX_RAW])]
        if isinstance(said, events.UsersChanged):
            self._memory.users_changed()
            return [Finding("users-changed", self._serial, detail, frame.data[:MAX_RAW])]
        return []

    def _punch(self, row: Row, raw: bytes) -> list[Report] | None:
        names = self._memory.names
        if not self._keys.add(row) or key(row) in self._just_read:
            # The same event again (a datagram doubled, an acknowledgement that came late), or the same person's next
            # punch within that second: the log has each as often as it happened.
            self._want_read()
            self.punches += 1
            return None
        if row.uid is not None and names.is_news(row.uid):
            self._refresh_names()
        self.punches += 1
        return [reading(row, raw, serial=self._serial, names=names, ordinal=0, origin="live")]
