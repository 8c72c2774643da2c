"""One cell of the matrix: one terminal of one kind on one gateway, and the judgement at the end."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from simulators.zkteco import Punch, TerminalServer
from tests.zkteco.gateway import SITE, Gateway
from tests.zkteco.kinds import Kind
from tests.zkteco.witness import Fact, Witness

DEVICE = "pintu-depan"
SOURCE = f"/{SITE}/{DEVICE}"
RECORDS = 60
STAFF = 12
ALLOWED = {
    "CONNECT", "AUTH", "EXIT", "OPTIONS_RRQ", "GET_VERSION", "GET_FREE_SIZES", "STARTVERIFY", "REG_EVENT", "GET_TIME",
    "SET_TIME", "REFRESHDATA", "DATA_WRRQ", "DATA_RDY", "FREE_DATA", "ATTLOG_RRQ", "USERTEMP_RRQ", "OPLOG_RRQ",
    "event taken",
}  # fmt: skip
"""What the gateway may ask of a terminal: nothing that keeps people from punching, nothing that deletes."""


_serials = itertools.count(1)


class Times(NamedTuple):
    """How often an audit word may stand in the log."""

    least: int
    most: int


def exactly(count: int) -> Times:
    return Times(count, count)


SOME = Times(1, 1000)
MAYBE = Times(0, 1000)


class Cell:
    """A terminal with a past and a gateway that is not attached yet."""

    def __init__(self, folder: Path, kind: Kind, *, records: int = RECORDS, silent_after: float = 60.0) -> None:
        self.kind = kind
        self.terminal = TerminalServer(
            kind.profile, serial=f"OKI{next(_serials):07}", users=STAFF, records=records, restart_seconds=0.3
        )
        if kind.text_ids:
            self.terminal.enrol("0042")
            self.terminal.enrol("AB12")
        self.witness = Witness.of(self.terminal)
        self.quarantine = exactly(0)
        """How many punches bear a time that cannot be true, and are set aside with their bytes."""
        self.strangers: set[str] = set()
        """Commands that somebody else sent to the terminal."""
        self._truths: list[Witness] = [self.witness]
        self._folder, self._silent_after = folder, silent_after
        self._people = itertools.cycle(user.user_id for user in self.terminal.users())
        self.terminal.start()
        self.gateway = self._gateway()

    def _gateway(self) -> Gateway:
        keys = {"host": self.terminal.host, "port": self.terminal.port, "transport": self.kind.transport}
        return Gateway(self._folder, {DEVICE: keys}, silent_after=self._silent_after)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.attached:
            self.gateway.stop()
        self.terminal.stop()

    # What happens

    attached = False

    def attach(self) -> None:
        """The gateway starts."""
        self.gateway.start()
        self.attached = True

    def detach(self) -> None:
        """The gateway stops."""
        self.gateway.stop()
        self.attached = False

    def running(self) -> None:
        """Attach, and wait until the past is recorded and live punches are subscribed to."""
        self.attach()
        self.settled()

    def punch(self, count: int = 1) -> list[Punch]:
        """So many people punch, one after the other."""
        return [self.terminal.punch(next(self._people)) for _ in range(count)]

    def say(self, command: str) -> dict[str, object]:
        """A command to the simulator, which must take it."""
        answer = self.terminal.command(command)
        assert answer["ok"], answer
        return answer

    def replace_terminal(self, serial: str, records: int = 10) -> None:
        """Another terminal, with a log of its own, is put at the same address."""
        port = self.terminal.port
        self.terminal.stop()
        self.terminal = TerminalServer(
            self.kind.profile, serial=serial, port=port, users=STAFF, records=records, seed=9
        )
        self.witness = Witness.of(self.terminal)
        self._truths.append(self.witness)
        self._people = itertools.cycle(user.user_id for user in self.terminal.users())
        self.terminal.start()

    def put_back(self, terminal: TerminalServer) -> None:
        """The terminal that stood here before is put back."""
        self.terminal.stop()
        self.terminal = terminal
        self._people = itertools.cycle(user.user_id for user in self.terminal.users())
        self.terminal.start()

    # What must come of it

    def truth(self) -> int:
        """How many punches there ever were."""
        return sum(len(witness.ever) for witness in self._truths)

    def recorded(self) -> bool:
        """Whether as many are in the log."""
        return self.gateway.punches().total() + self.gateway.quarantined().total() >= self.truth()

    def settled(self) -> None:
        """Wait until everything is recorded and the gateway listens."""
        self.gateway.until(self.recorded, f"{self.truth()} punches recorded")
        self.gateway.until(lambda: self.terminal.subscribers() > 0, "subscribed")

    def looked(self, times: int = 2) -> None:
        """Wait until the gateway has looked at the terminal's counters and clock some more."""
        commands = self.terminal.counters.commands
        for name in ("GET_FREE_SIZES", "GET_TIME"):
            before = commands.get(name, 0)
            self.gateway.until(lambda n=name, b=before: commands.get(n, 0) >= b + times, f"looked again by {name}")

    def reread(self) -> None:
        """Another process reads everything again: nothing new may come of it."""
        self.detach()
        after = len(self.gateway.entries)
        self.attach()
        self.gateway.until(lambda: self.terminal.subscribers() > 0, "subscribed again")
        self.looked()
        self.gateway.take()
        said = [entry["data"] for entry in self.gateway.entries[after:]]
        assert said == [], f"reading it all again left {said}"

    def judge(self, expected: Mapping[str, Times]) -> None:
        """Each punch exactly once, chain whole, the right audit entries and no other, nothing asked that hurts."""
        wanted: list[Fact] = []
        for witness in self._truths:
            wanted += witness.facts(SOURCE).elements()
        found = list(self.gateway.punches().elements()) + list(self.gateway.quarantined().elements())
        assert sorted(found) == sorted(wanted)
        assert self.quarantine.least <= self.gateway.quarantined().total() <= self.quarantine.most
        report = self.gateway.books.report()
        faults = {key: report[key] for key in ("missing", "repeated", "carried", "forks", "broken", "rubbish")}
        assert not any(faults.values()), faults
        self._judge_words(expected)
        assert self.gateway.words(self.gateway.source) == {"log-created": 1}
        commands = set(self.terminal.counters.commands)
        assert commands <= ALLOWED | self.strangers, f"the gateway asked for {commands - ALLOWED - self.strangers}"
        assert self.terminal.counters.bad_checksums == 0
        assert self.terminal.counters.bad_streams == 0

    def _judge_words(self, expected: Mapping[str, Times]) -> None:
        words = self.gateway.words(SOURCE)
        words.pop("record-implausible", None)  # counted with the punches
        for word in set(words) | set(expected):
            times = expected.get(word, exactly(0))
            told = [entry["data"] for entry in self.gateway.audits(SOURCE) if entry["data"]["event"] == word]
            assert times.least <= words[word] <= times.most, f"{word}: {words[word]} times, expected {times}: {told}"
