"""Pieces of logs from a USB stick into the database, by the same way that messages of a broker go.

    piece ─► whole? ─► signed by a believed key? ─► its log is that gateway's? ─► take() in batches ─► receipt
               └───────────┴──────────────────────────┴► refused, with the reason; what was signed by nobody: an alarm

Taking a piece twice changes nothing, so whatever is interrupted is simply done again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from central.entries import Held, held
from central.errors import EvidenceError
from central.ingest import audits, gateways
from central.ingest.arrival import Arrival
from central.ingest.keeper import Keeper
from central.ingest.logs import Logs
from central.ingest.take import Outcome
from central.keyring import Keyring, Place
from central.proof import carried
from central.proof.trust import Trust
from central.proof.vouched import Voucher, key_entries, voucher
from central.store import keys
from central.store.books import Alarm, Books
from contract import topics
from contract.entry import PUNCH, ContractError
from contract.piece import Note

BATCH = 500


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file."""

    file: Path
    note: Note | None
    outcome: Outcome
    refused: str = ""


class Carrier:
    """For one stick. `unsigned`: the operator vouches for what nobody signed."""

    def __init__(self, keeper: Keeper, ring: Keyring, *, unsigned: bool = False) -> None:
        self._keeper, self._ring, self._unsigned = keeper, ring, unsigned
        self._vouchers: dict[Place, Voucher] = defaultdict(lambda: Voucher(Trust.of({})))

    def take(self, files: Sequence[Path]) -> Iterator[Result]:
        """Each file, in the order of their logs. Raises StoreError, and then it is safe to do all of it again."""
        self._keeper.ready()
        notes, broken = self._look(files)
        yield from broken
        for file in sorted(notes, key=lambda file: (notes[file].logid, notes[file].first)):
            yield self._piece(file)

    def _look(self, files: Sequence[Path]) -> tuple[dict[Path, Note], list[Result]]:
        """Read all of them once: what they say of keys counts for every one."""
        notes: dict[Path, Note] = {}
        broken: list[Result] = []
        said: dict[Place, list[Held]] = defaultdict(list)
        for file in files:
            try:
                body, note = carried.read(file)
            except EvidenceError as error:
                broken.append(Result(file, None, Outcome(), str(error)))
                continue
            notes[file] = note
            said[note.site, note.gateway] += key_entries(body)
        for place, entries in said.items():
            some = [note for note in notes.values() if (note.site, note.gateway) == place]
            in_order = sorted(entries, key=lambda entry: entry.key)
            self._vouchers[place] = voucher(self._known(place), in_order, some, first_contact=self._ring.first_contact)
        return notes, broken

    def _known(self, place: Place) -> dict[str, bytes]:
        """The public keys that are believed; what readers sign with is no signature of ours."""
        with self._keeper.database.transaction(read_only=True) as sql:
            known = keys.trusted(Books(sql, datetime.now(UTC)), place, self._ring)
        return {name: public for name, public in known.items() if name not in self._ring.secrets[place]}

    def _piece(self, file: Path) -> Result:
        try:
            body, note = carried.read(file)
        except EvidenceError as error:
            return Result(file, None, Outcome(), str(error))
        voucher_ = self._vouchers[note.site, note.gateway]
        objection = voucher_.objection(note, unsigned=self._unsigned)
        if objection:
            self._alarm([_refused(note, objection)])
            return Result(file, note, Outcome(), f"{file}: {objection}")
        outcome = Outcome()
        strange = self._introduce(note, voucher_.newcomer, outcome)
        if strange:
            return Result(file, note, outcome, f"{file}: {strange}")
        lines = carried.lines(body)
        for start in range(0, len(lines), BATCH):
            outcome.add(self._keeper.take(list(_arrivals(note, lines[start : start + BATCH]))))
        return Result(file, note, outcome)

    def _introduce(self, note: Note, newcomer: bytes | None, outcome: Outcome) -> str:
        """What a birth message says of a log: whose it is, the key, and what nobody has any more. Why not, if not."""
        with self._keeper.database.transaction() as sql:
            books = Books(sql, datetime.now(UTC))
            logs = Logs(books)
            log = logs.of(note.logid, note.site, note.gateway)
            if log is None:
                strange = gateways.elsewhere(note.logid, logs.get(note.logid), (note.site, note.gateway))
                outcome.alarms += books.alarm([strange])
                return strange.text
            alarms = keys.shown(books, log.place, newcomer, self._ring) if newcomer else []
            if note.oldest > log.cursor.through + 1:
                told = f"by a stick, which says that the oldest it has is {note.oldest}"
                alarms += [audits.lost(log, pair, told) for pair in logs.lose(log, (1, note.oldest - 1), "stick")]
            logs.close()
            outcome.alarms += books.alarm(alarms) if alarms else []
        return ""

    def _alarm(self, alarms: list[Alarm]) -> None:
        with self._keeper.database.transaction() as sql:
            Books(sql, datetime.now(UTC)).alarm(alarms)


def _refused(note: Note, why: str) -> Alarm:
    name = f"{note.site}/{note.gateway}"
    fact = hashlib.sha256(note.line()).hexdigest()[:16]
    said = f"{name}: a stick brought entries {note.first} to {note.last} of {note.logid}: {why}; not taken"
    return Alarm(f"stick {note.logid} {fact}", "import-refused", note.site, note.gateway, note.logid, said)


def _arrivals(note: Note, lines: Iterable[bytes]) -> Iterator[Arrival]:
    for line in lines:
        try:
            kind = held(line).kind
        except ContractError:
            kind = PUNCH  # it is buried, whatever it was meant to be
        yield Arrival(topics.log(note.site, note.gateway, kind), line)
