"""Every log of a database, walked and held against its tables.

The columns that other systems read are compared with the entries' bytes, too: whoever changes a punch in the table
must be found as well as whoever changes an entry.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from central.entries import Held, is_punch_of
from central.keyring import Keyring, Place
from central.proof.findings import Findings, Gap, LogFindings
from central.proof.strays import strays
from central.proof.trust import Trust
from central.proof.walk import Walk
from central.store import keys
from central.store.books import Books, Log
from central.store.database import Database, Row, Sql
from central.store.tables import ENTRY, PUNCH
from contract.ranges import Range, without

Progress = Callable[[int], None]
"""Told how many more entries were looked at."""

_ENTRY = ("kind", "source", "id", "recordedtime")
_PUNCH = tuple(PUNCH.columns)
_READ = (
    f"SELECT e.sequence, e.hash, e.raw, e.received, {', '.join(f'e.{name}' for name in _ENTRY)},"  # noqa: S608 - names of ours
    f" {', '.join(f'p.{name}' for name in _PUNCH)} FROM entry e"
    " LEFT JOIN punch p ON p.logid = e.logid AND p.sequence = e.sequence WHERE e.logid = ? ORDER BY e.sequence"
)
_KINDS = ("bigint", "bytea", "bytea", "timestamptz", *(ENTRY.columns[name] for name in _ENTRY), *PUNCH.columns.values())
_FIRST_OF_PUNCH = 4 + len(_ENTRY)
_EVERY = 1000


def count(database: Database, place: Place | None = None) -> int:
    """How many entries a verification will look at, roughly. Raises StoreError."""
    with database.transaction(read_only=True) as sql:
        where, values = _where(place)
        return int(sql.rows(f"SELECT coalesce(sum(newest), 0) FROM log WHERE {where}", values)[0][0])  # noqa: S608


def places(database: Database) -> list[Place]:
    """Whose logs there are. Raises StoreError."""
    with database.transaction(read_only=True) as sql:
        return [(site, gateway) for site, gateway in sql.rows("SELECT DISTINCT site, gateway FROM log ORDER BY 1, 2")]


def verify(database: Database, ring: Keyring, place: Place | None = None, progress: Progress | None = None) -> Findings:
    """All logs, or those of one gateway, as they are at one moment. Raises StoreError."""
    with database.transaction(read_only=True) as sql:
        findings = _Verification(sql, ring, progress or (lambda _: None)).all(place)
        _finish(sql, findings, place)
        return findings


def part(database: Database, ring: Keyring, place: Place) -> Findings:
    """The logs of one gateway and nothing else. Raises StoreError."""
    with database.transaction(read_only=True) as sql:
        return _Verification(sql, ring, lambda _: None).all(place)


def finish(database: Database, findings: Findings, place: Place | None) -> None:
    """Add what belongs to no log. Raises StoreError."""
    with database.transaction(read_only=True) as sql:
        _finish(sql, findings, place)


def _finish(sql: Sql, findings: Findings, place: Place | None) -> None:
    findings.problems = list(strays(sql, place))
    where, values = _where(place)
    alarms = f"SELECT count(*) FROM alarm WHERE {where} AND handled_at IS NULL"  # noqa: S608
    findings.open_alarms = sql.rows(alarms, values)[0][0]


def pinned(books: Books, place: Place, ring: Keyring) -> Trust:
    """The keys that count from the start."""
    return Trust.of(keys.proving(books, place, ring))


class _Verification:
    def __init__(self, sql: Sql, ring: Keyring, progress: Progress) -> None:
        self._sql, self._ring, self._progress = sql, ring, progress
        self._books = Books(sql, datetime.now(UTC))

    def all(self, place: Place | None) -> Findings:
        findings, trusts = Findings(), dict[Place, Trust]()
        where, values = _where(place)
        statement = f"SELECT logid FROM log WHERE {where} ORDER BY site, gateway, first_seen, logid"  # noqa: S608
        for (logid,) in self._sql.rows(statement, values):
            log = self._books.logs([logid], locked=False)[logid]
            if log.place not in trusts:
                trusts[log.place] = pinned(self._books, log.place, self._ring)
            findings.logs.append(self._log(log, trusts[log.place]))
        findings.keys = list(self._keys(trusts))
        return findings

    def _log(self, log: Log, trust: Trust) -> LogFindings:
        findings = LogFindings(log.logid, log.site, log.gateway)
        walk = Walk(findings, trust)
        comparison = _Comparison(self._sql, findings)
        at_mark = None
        for row in self._sql.stream(_READ, (log.logid,), _KINDS):
            found = walk.take(row[0], bytes(row[2]), bytes(row[1]))
            if found is not None:
                comparison.entry(found, row)
                if found.sequence == log.cursor.through:
                    at_mark = found.hash
            if findings.entries % _EVERY == 0:
                self._progress(_EVERY)
        walk.finish()
        comparison.finish()
        self._progress(findings.entries % _EVERY)
        if at_mark not in (None, log.hash):
            findings.add(log.cursor.through, "mark", "the hash in the table of logs is not that of this entry")
        findings.gaps = list(_explained(findings, log))
        forks = self._sql.rows("SELECT DISTINCT sequence FROM fork WHERE logid = ? ORDER BY 1", (log.logid,))
        findings.forks = [sequence for (sequence,) in forks]
        return findings

    def _keys(self, trusts: dict[Place, Trust]) -> Iterator[dict[str, Any]]:
        for place, trust in trusts.items():
            rows = self._sql.rows("SELECT key, why FROM signing_key WHERE site = ? AND gateway = ?", place)
            reasons = dict(rows) | dict.fromkeys(self._ring.publics[place], keys.PROVISIONED)
            for name in sorted(trust.used):
                shown = "" if name in self._ring.secrets[place] else trust.keys[name].hex()
                why = reasons.get(name, "hmac" if not shown else keys.ROTATED)
                yield {"site": place[0], "gateway": place[1], "key": name, "public": shown, "why": why}


class _Comparison:
    """The columns of `entry` and `punch`, held against what the bytes say. When it was received, no bytes say."""

    def __init__(self, sql: Sql, findings: LogFindings) -> None:
        self._sql, self._findings = sql, findings
        self._elsewhere: list[tuple[int, object, object]] = []

    def entry(self, found: Held, row: Row) -> None:
        """`row`: as _READ gives it."""
        described = found.described(self._sql)
        if is_punch_of(found, self._findings.site):
            said = found.punch_columns(row[3], self._sql)
            if row[4:] == described + said:
                return
            if row[_FIRST_OF_PUNCH] is None:
                self._elsewhere.append((found.sequence, described[1], described[2]))
            else:
                self._differ(found, _PUNCH, row[_FIRST_OF_PUNCH:], said, "punch")
        elif row[_FIRST_OF_PUNCH] is not None:
            self._findings.add(found.sequence, "column", "the table of punches has a row for it, and it is none")
        self._differ(found, _ENTRY, row[4:_FIRST_OF_PUNCH], described, "entry")

    def finish(self) -> None:
        """Look for the punches that came in another log before: there they have their row."""
        for start in range(0, len(self._elsewhere), 200):
            some = self._elsewhere[start : start + 200]
            values = ",".join("(?,?)" for _ in some)
            statement = f"SELECT source, id FROM punch WHERE (source, id) IN (VALUES {values})"  # noqa: S608
            known = set(self._sql.rows(statement, [text for _, *fact in some for text in fact]))
            for sequence, *fact in some:
                if tuple(fact) not in known:
                    self._findings.add(sequence, "column", "the table of punches has no row for it")

    def _differ(self, found: Held, names: Sequence[str], kept: Row, said: Row, table: str) -> None:
        if kept != said:
            wrong = [name for name, one, other in zip(names, kept, said, strict=True) if one != other]
            told = f"its bytes say otherwise than {table}.{', '.join(wrong)}"
            self._findings.add(found.sequence, "column", told)


def _explained(findings: LogFindings, log: Log) -> Iterator[Gap]:
    """Each hole in what is there, by what the tables say of it."""
    cursor, last = log.cursor, findings.last or 0
    gaps = list(findings.gaps)
    if cursor.highest > last:
        gaps.append(Gap(last + 1, cursor.highest, "", findings.last_time))
    waiting = "missing" if log.continued_by is None else "ended"
    for gap in gaps:
        whole = [(gap.first, gap.last)]
        lost = _common(whole, cursor.losses)
        asked = _common(whole, [*cursor.holes, (cursor.highest + 1, max(last, cursor.highest + 1))])
        rest = without(without(whole, lost), asked)
        pieces = [(pair, "lost") for pair in lost] + [(pair, waiting) for pair in asked]
        for (first, end), state in sorted(pieces + [(pair, "vanished") for pair in rest]):
            after = gap.after if first == gap.first else None
            yield Gap(first, end, state, after, gap.before if end == gap.last else None)
    for first, end in without(cursor.losses, [(1, max(last, cursor.highest))]):
        yield Gap(first, end, "lost", findings.last_time)


def _common(ranges: list[Range], others: list[Range]) -> list[Range]:
    return without(ranges, without(ranges, others))


def _where(place: Place | None) -> tuple[str, Sequence[object]]:
    return ("site = ? AND gateway = ?", place) if place else ("true", ())
