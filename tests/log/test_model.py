"""The log against a plain list in memory: whatever hypothesis does to both, they must agree."""

import shutil
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contract.chain import GENESIS, entry_hash
from gateway.entries import AckOutcome, Stored
from gateway.log.log import Log
from tests.log.logs import SOURCE, check_chain, event, facts, note, open_log, punches, quick_folder

_OWN_WORDS = {"log-created", "log-forked", "log-expired"}


class LogModel(RuleBasedStateMachine):
    """`entries` is what the present epoch ever held, from sequence 1; `oldest` where retention has come to."""

    log: Log

    def __init__(self) -> None:
        super().__init__()
        self.folder = quick_folder()
        self.entries: list[Stored] = []
        self.known: set[str] = set()
        self.oldest, self.published, self.confirmed, self.notes = 1, 0, 0, 0

    @initialize()
    def start(self) -> None:
        self.log = open_log(self.folder)
        self._begin()

    def _begin(self) -> None:
        self.logid = self.log.marks().logid
        self.entries = self.log.read(0, 1)
        self.oldest, self.published, self.confirmed = 1, 0, 0
        assert event(self.entries[0].raw)["source"] == SOURCE

    @property
    def end(self) -> int:
        return len(self.entries)

    def _held(self) -> list[Stored]:
        return self.entries[self.oldest - 1 :]

    def _hash(self, sequence: int) -> str:
        return entry_hash(self.entries[sequence - 1].raw) if sequence else GENESIS

    def _number(self, data: st.DataObject, low: int, high: int) -> int:
        return data.draw(st.integers(low, max(low, high)))

    # Appending

    @rule(numbers=st.lists(st.integers(0, 120), max_size=12), notes=st.integers(0, 2))
    def append(self, numbers: list[int], notes: int) -> None:
        drafts = punches(*numbers) + [note(f"{self.notes + n}") for n in range(notes)]
        self.notes += notes
        recorded = self.log.append(drafts)
        fresh = [f"fact-{n}" for n in dict.fromkeys(numbers) if f"fact-{n}" not in self.known]
        assert facts(recorded) == fresh
        assert len(recorded) == len(fresh) + notes
        assert [entry.sequence for entry in recorded] == list(range(self.end + 1, self.end + 1 + len(recorded)))
        self.known.update(fresh)
        self.entries += recorded

    # Reading

    @rule(data=st.data(), limit=st.integers(0, 30))
    def read(self, data: st.DataObject, limit: int) -> None:
        after = self._number(data, 0, self.end + 2)
        assert self.log.read(after, limit) == [e for e in self._held() if e.sequence > after][:limit]

    @rule(limit=st.integers(1, 30))
    def unpublished(self, limit: int) -> None:
        assert self.log.unpublished(limit) == [e for e in self._held() if e.sequence > self.published][:limit]

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        first, last = self._number(data, 1, self.end), self._number(data, 1, self.end + 3)
        assert list(self.log.replay(first, last)) == [e for e in self._held() if first <= e.sequence <= last]

    # The marks

    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        through = self._number(data, 0, self.end + 2)
        self.log.published(through)
        self.published = max(self.published, min(through, self.end))

    @rule(data=st.data())
    def republish(self, data: st.DataObject) -> None:
        after = self._number(data, 0, self.end + 1)
        self.log.republish(after)
        self.published = min(self.published, max(after, self.oldest - 1))

    @rule(data=st.data(), holes=st.booleans())
    def ack(self, data: st.DataObject, holes: bool) -> None:
        through = self._number(data, 0, self.end)
        missing = [self._hole(data, through)] if holes else []
        outcome = self.log.ack(self.logid, through, self._hash(through), missing)
        back = through < self.confirmed
        asked = [s for first, last in missing for s in range(first, last + 1) if self.oldest <= s <= self.published]
        assert not outcome.forked
        assert self._named(outcome) == ([] if back else asked)
        self.published = max(through if back else max(self.published, through), self.oldest - 1)
        self.confirmed = min([through, *(first - 1 for first, _ in missing)])

    def _hole(self, data: st.DataObject, through: int) -> tuple[int, int]:
        first = self._number(data, 1, through + 3)
        return first, first + self._number(data, 0, 4)

    def _named(self, outcome: AckOutcome) -> list[int]:
        return [sequence for first, last in outcome.resend for sequence in range(first, last + 1)]

    @rule(through=st.integers(0, 10), data=st.data())
    def ack_of_another_log(self, through: int, data: st.DataObject) -> None:
        outcome = self.log.ack("gw1.00000000", through, "ab" * 32, [(1, 5)])
        assert not outcome.resend
        assert not outcome.forked

    @rule(beyond=st.integers(1, 100))
    def ack_ahead(self, beyond: int) -> None:
        self._forks(self.end + beyond, "ab" * 32)

    @precondition(lambda self: self.end >= self.oldest)
    @rule(data=st.data())
    def ack_of_another_history(self, data: st.DataObject) -> None:
        self._forks(self._number(data, self.oldest, self.end), "ab" * 32)

    def _forks(self, through: int, hash: str) -> None:
        carried = self.entries[max(self.confirmed, self.oldest - 1) :]
        old = self.logid
        assert self.log.ack(old, through, hash, []).forked
        self._begin()
        assert self.logid != old
        taken = self.log.read(1, 10**9)
        self.entries += taken
        assert [self._fact(entry) for entry in taken] == [self._fact(entry) for entry in carried]

    @staticmethod
    def _fact(entry: Stored) -> dict[str, Any]:
        return {k: v for k, v in event(entry.raw).items() if k not in ("logid", "sequence", "prevhash")}

    # Space

    @rule(by_age=st.booleans())
    def expire(self, by_age: bool) -> None:
        files = self._segments()
        gone = self.log.expire("2999-01-01T00:00:00+00:00" if by_age else None)
        oldest = self.log.marks().oldest
        left = [path for path in files if path.exists()]
        assert self.oldest <= oldest <= max(self.confirmed + 1, self.oldest)
        assert gone == len(files) - len(left)
        if by_age:
            # What is left, but for the one that takes new entries, holds something that is not confirmed.
            assert all(int(path.stem) > self.confirmed + 1 for path in left[1:-1])
        else:
            assert gone == 0
        self.oldest = oldest
        self.published = max(self.published, oldest - 1)
        self._take_own()

    def _segments(self) -> list[Path]:
        return sorted((self.folder / "log").glob("*/*.log"))

    def _take_own(self) -> None:
        """The log's own audit entries come by themselves; nothing else may."""
        fresh = self.log.read(self.end, 10**9)
        assert all(event(entry.raw)["data"]["event"] in _OWN_WORDS for entry in fresh)
        self.entries += fresh

    @rule()
    def reopen(self) -> None:
        self.log.close()
        self.log = open_log(self.folder)

    # What holds at any time

    @invariant()
    def agrees(self) -> None:
        if not self.entries:
            return
        assert self.log.marks() == (self.logid, self.oldest, self.end + 1, self.published, self.confirmed)
        assert self.log.read(0, 10**9) == self._held()
        check_chain(self._held(), self.logid)
        assert len(self.log.table) == len(self._held())

    def teardown(self) -> None:
        self.log.close()
        shutil.rmtree(self.folder)


_SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)

TestLogModel = LogModel.TestCase
TestLogModel.settings = settings(_SETTINGS, max_examples=80, stateful_step_count=40)


class LogModelLong(LogModel):
    """The same, for longer."""


@pytest.mark.soak
class TestLogModelLong(LogModelLong.TestCase):  # type: ignore[name-defined,misc]
    """Hundreds of runs of a hundred steps."""

    settings = settings(_SETTINGS, max_examples=600, stateful_step_count=100)
