"""A scripted life of a log, with what must be true whatever befell it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from contract.chain import entry_hash
from gateway.entries import Draft, Stored
from gateway.errors import LogError, LogUnwritable
from gateway.log.disk import Disk
from gateway.log.log import Log
from tests.log.logs import check_log, event, events, everything, lost, note, open_log, punches


@dataclass
class Promises:
    """What callers were told."""

    recorded: dict[str, Stored] = field(default_factory=dict)
    """By id: entries that append returned."""
    released: set[str] = field(default_factory=set)
    """Ids that the centre holds: they may be gone."""
    known: set[str] = field(default_factory=set)
    """Ids of an append that returned: recorded by it, or known to be."""
    offered: set[str] = field(default_factory=set)
    """Ids that were handed to append, whether it returned or not."""

    def check(self, log: Log, *, cut: bool = False) -> None:
        """Nothing recorded is missing, nothing is there that was never offered, nothing is called damaged.

        `cut`: of one write of several records some in the middle may not have reached the medium while later ones did.
        That cannot be told from damage; but what is told is told of entries that nobody was told were recorded.
        """
        torn = lost(everything(log)) if cut else set()
        entries = check_log(log, gaps=torn)
        ours = (entry for entry in self.recorded.values() if event(entry.raw)["logid"] == log.marks().logid)
        assert not torn & {entry.sequence for entry in ours}, "something recorded is told to be lost"
        held = {str(event(entry.raw)["id"]): entry for entry in entries}
        assert self.known - self.released <= held.keys(), "an append returned, and it is missing"
        for name, entry in self.recorded.items():
            if name not in self.released:
                assert name in held, f"{name} was recorded and is missing"
            if name in held and event(entry.raw)["logid"] == log.marks().logid:
                assert held[name] == entry, f"{name} is not what was recorded"
        strange = {name for name in held if name.startswith("fact-")} - self.offered
        assert not strange, f"{strange} were never offered"
        assert torn or not events(entries, "log-damaged"), "a power cut or a refusal is no damage"
        assert not [d for d in events(entries, "log-created") if d["reason"] == "entries lost"]


class Life:
    """A log on a disk that may refuse: what is refused is tried again, after `on_refusal`."""

    def __init__(self, data: Path, disk: Disk, *, told: Callable[[Promises], None] = lambda _: None) -> None:
        self.data, self.disk, self.told = data, disk, told
        self.promises = Promises()
        self.refusals = 0
        self._log: Log | None = None

    @property
    def log(self) -> Log:
        assert self._log is not None
        return self._log

    def open(self) -> None:
        for _ in range(50):
            try:
                self._log = open_log(self.data, self.disk)
            except LogError:
                self.refused()
            else:
                return
        raise AssertionError("it does not open")

    def refused(self) -> None:
        """The disk refused; what a test does about it."""
        self.refusals += 1

    def append(self, *numbers: int, notes: int = 0) -> None:
        drafts = punches(*numbers) + [note(f"{n}") for n in range(notes)]
        self.promises.offered.update(draft.id for draft in drafts if draft.id)
        for _ in range(50):
            try:
                recorded = self.log.append(drafts)
            except LogUnwritable:
                self.refused()
            else:
                self.promises.known.update(draft.id for draft in drafts if draft.id)
                self._recorded(recorded)
                return
        raise AssertionError("it does not recover")

    def _recorded(self, entries: list[Stored]) -> None:
        for entry in entries:
            self.promises.recorded[str(event(entry.raw)["id"])] = entry
        self.told(self.promises)

    def publish(self, through: int) -> None:
        self.log.published(through)

    def confirm(self, through: int) -> None:
        """The centre holds everything through there; it says so until it is heard."""
        held = self.log.read(0, 10**9)
        through = min(through, held[-1].sequence)
        (entry,) = [e for e in held if e.sequence == through]
        self.promises.released.update(str(event(e.raw)["id"]) for e in held if e.sequence <= through)
        self.told(self.promises)
        assert not self.log.ack(self.log.marks().logid, through, entry_hash(entry.raw), []).forked

    def fork(self) -> None:
        """The centre contradicts."""
        for _ in range(50):
            marks = self.log.marks()
            try:
                outcome = self.log.ack(marks.logid, marks.next - 1, "ab" * 32, [])
            except LogUnwritable:
                self.refused()
            else:
                assert outcome.forked
                return

    def expire(self) -> None:
        self.log.expire("2999-01-01T00:00:00+00:00")

    def close(self) -> None:
        self.log.close()

    def die(self) -> None:
        """The process was killed: nothing is written any more, and the kernel lets go of its lock."""
        if self._log is not None:
            self._log._folder_lock.release()


def script(life: Life) -> None:
    """A life with everything in it that writes."""
    life.open()
    for number in range(1, 9):
        life.append(number)
    life.append(20, 21, 22, 23, notes=1)
    life.publish(8)
    life.confirm(10)
    life.expire()
    life.append(24, 24, 3)
    life.log.keep_cursor("pintu-depan", "row 24")
    life.log.keep_marks()
    life.close()
    life.open()
    life.append(30)
    life.append(31)
    life.fork()
    for number in range(40, 47):
        life.append(number)
    life.confirm(9)
    life.expire()
    life.append(50)
    life.close()


DRAFTS: list[Draft] = punches(*range(1, 9), 20, 21, 22, 23, 24, 30, 31, *range(40, 47), 50)
