"""Live events as reports. What only the log can settle makes the log be read."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from gateway.drivers.zkteco import event as events
from gateway.drivers.zkteco.attlog import Row, Table, layout_named
from gateway.drivers.zkteco.frames import Frame
from gateway.drivers.zkteco.memory import Memory
from gateway.drivers.zkteco.ordinals import LiveKeys, key
from gateway.drivers.zkteco.readings import MAX_RAW, reading, unreadable
from gateway.reading import Finding, Report

LATEST = 64
"""Records at the end of a log that a live event may turn out to be one of; and live events looked for in a log."""


class LiveEvents:
    """The events of one session, in order."""

    def __init__(
        self, serial: str, memory: Memory, *, refresh_names: Callable[[], bool], want_read: Callable[[], None]
    ) -> None:
        self.punches = 0
        """Punches since the log was last found complete; its owner sets it back."""
        self.recorded: set[Hashable] = set()
        """Whose punch at which second was handed out since the log was read."""
        self._serial = serial
        self._memory = memory
        self._refresh_names = refresh_names
        self._want_read = want_read
        self._keys = LiveKeys()
        self._just_read: frozenset[Hashable] = frozenset()

    def was_read(self, table: Table) -> None:
        """The log as it is now."""
        self.recorded.clear()
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

    def _punch(self, said: Row, raw: bytes) -> list[Report] | None:
        row = self._as_in_the_log(said)
        if row is None or not self._keys.add(row) or key(row) in self._just_read:
            # Nobody we can name as the log does; the same event again (a datagram doubled, an acknowledgement that came
            # late); or the same person's next punch within that second: the log has each as often as it happened.
            self._want_read()
            self.punches += 1
            return None
        self.punches += 1
        if len(self.recorded) < LATEST:
            self.recorded.add(key(row))
        found = reading(row, raw, serial=self._serial, names=self._memory.names, ordinal=0, origin="live")
        if row.person is not None and said.person is None:
            found = replace(found, extra={**found.extra, "uid": said.uid, "id_source": "lookup"})
        return [found]

    def _as_in_the_log(self, said: Row) -> Row | None:
        """Who punched, named as this terminal's log names people, so that both tell one fact. None: not known here.

        A log that was never read names them as its events do, so far as we know.
        """
        if said.uid is not None and not self._has_list(said.uid):
            return None
        layout = layout_named(self._memory.layout)
        if layout is None or layout.has_person == (said.person is not None):
            return said
        if said.uid is not None:
            person = self._memory.names.resolve(said.uid)
            return None if person is None else said._replace(person=person, uid=None)
        uid = self._slot_of(said.person or "")
        return None if uid is None else said._replace(person=None, uid=uid)

    def _has_list(self, uid: int) -> bool:
        """Whether the user list is at hand, as it is now. If it cannot be read, a name is too much to ask of a punch
        that comes live; the log, read again, has more patience."""
        names = self._memory.names
        if not names.is_news(uid) or self._refresh_names():
            return True
        names.doubt()
        return False

    def _slot_of(self, person: str) -> int | None:
        uid = self._memory.names.slot_of(person)
        if uid is not None and self._memory.names.is_news(uid):
            self._refresh_names()
            uid = self._memory.names.slot_of(person)
        return uid
