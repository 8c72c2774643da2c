"""One log, entry after entry: is the sequence whole, are the hashes right, does each continue the one before, and how
far do good signatures reach. Pure.

A signature covers everything before it that hangs together: each entry names the hash of the one before, so a good
checkpoint leaves nothing in an unbroken run that could have been added, removed or changed.
"""

from itertools import pairwise

from central.entries import Held, held, instant
from central.proof.findings import UNSIGNED, Gap, LogFindings
from central.proof.trust import Trust
from central.signatures import Verdict
from contract.chain import GENESIS
from contract.entry import AUDIT, CHECKPOINT, ContractError

_LAPSE_S = 120.0  # a checkpoint is due a minute after an entry


class Walk:
    """`first` and `prevhash`: where the log begins, or a part of it, whose entry before is not known (None)."""

    def __init__(self, findings: LogFindings, trust: Trust, *, first: int = 1, prevhash: str | None = GENESIS) -> None:
        self.findings, self._trust = findings, trust
        findings.signs = bool(trust.keys)
        self._next = first
        self._hash = prevhash
        """Of the entry before `_next`; None when that is not held or cannot be read."""
        self._time: str | None = None
        self._signed_entries = 0
        self._unsigned_times: list[str | None] = []
        """`recordedtime` of what came after the last good checkpoint, as far as it matters."""

    def take(self, sequence: int, raw: bytes, digest: bytes | None = None) -> Held | None:
        """The next entry, in order; `digest`: the hash that was stored beside it. None when the bytes are no entry."""
        findings = self.findings
        try:
            found = held(raw)
        except ContractError as error:
            self._count(sequence, None)
            findings.add(sequence, "unreadable", f"its bytes are no entry any more: {error}")
            self._hash = None
            return None
        if digest is not None and digest.hex() != found.hash:
            findings.add(sequence, "altered", "its bytes do not have the hash that was stored with them")
        if found.sequence != sequence or found.logid != findings.logid:
            findings.add(sequence, "misplaced", f"its bytes say {found.logid} {found.sequence}")
        self._count(sequence, found.event.recordedtime)
        if self._hash is not None and found.event.prevhash != self._hash:
            findings.add(sequence, "broken", f"it does not continue entry {sequence - 1}: one of them was altered")
        self._hash = found.hash
        findings.last_hash = found.hash
        if found.kind == CHECKPOINT:
            self._checkpoint(found)
        elif found.kind == AUDIT and not self._trust.hear(found):
            findings.add(sequence, "rotation", "it changes the key, and no trusted key signed that")
        return found

    def vouched(self) -> None:
        """A good signature that is no entry covers everything so far."""
        self.findings.verified_to = self.findings.last or 0
        self._signed_entries = self.findings.entries

    def finish(self) -> LogFindings:
        """After the last entry."""
        self.findings.unsigned = self.findings.entries - self._signed_entries
        times = [when for when in map(instant, self._unsigned_times) if when is not None]
        self.findings.lapses = sum((after - before).total_seconds() > _LAPSE_S for before, after in pairwise(times))
        return self.findings

    def _count(self, sequence: int, time: str | None) -> None:
        findings = self.findings
        if sequence < self._next:
            findings.add(sequence, "order", f"it stands where entry {self._next} should")
            self._hash = None
        if sequence > self._next:
            findings.gaps.append(Gap(self._next, sequence - 1, "missing", self._time, time))
            self._hash = None
        if findings.first is None:
            findings.first, findings.first_time = sequence, time
        findings.entries += 1
        findings.last, findings.last_time = sequence, time
        self._next, self._time = max(self._next, sequence + 1), time
        if len(self._unsigned_times) <= UNSIGNED:
            self._unsigned_times.append(time)

    def _checkpoint(self, found: Held) -> None:
        verdict = self._trust.judge(found)
        if verdict is Verdict.GOOD:
            self.findings.checkpoints += 1
            self.findings.verified_to = found.sequence - 1
            self._signed_entries = self.findings.entries
            self._unsigned_times.clear()
        elif verdict is Verdict.BAD:
            self.findings.add(found.sequence, "bad-signature", "its signature is not right")
        elif verdict is Verdict.UNKNOWN and found.event.data.get("algorithm") != "hmac-sha256":
            name = str(found.event.data.get("key"))[:16]
            self.findings.add(found.sequence, "unknown-key", f"signed with the key {name}, which nobody vouches for")
