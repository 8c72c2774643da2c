"""The verbs of the centre: what is asked of the tables and written to them, inside one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from central.cursor import Cursor
from central.entries import Held
from central.store.database import Row, Sql, marks
from central.store.tables import ALARM, ENTRY, FORK, HOLE, LOG, LOSS, PUNCH
from contract.chain import GENESIS
from contract.ranges import Range

_MOST = 400  # values in one IN (…)

T = TypeVar("T")


@dataclass(slots=True)
class Log:
    """One log as the centre knows it."""

    logid: str
    site: str
    gateway: str
    hash: str = GENESIS
    """Of the entry `cursor.through`."""
    newest: int = 0
    """The highest that is held, counted or not."""
    forked: bool = False
    continued_by: str | None = None
    last_entry: object = None
    """When the last entry came that was news, as it is stored."""
    current: str | None = None
    """The log that its gateway writes now; in the transaction `central.ingest.logs.Logs` knows better."""
    grown: bool = False
    """Whether entries came that are news, in this transaction."""
    tellers: dict[Range, str] = field(default_factory=dict)
    """Who declared what lost, in this transaction."""
    cursor: Cursor = field(default_factory=Cursor)

    @property
    def place(self) -> tuple[str, str]:
        """Site and gateway."""
        return self.site, self.gateway


class Alarm(NamedTuple):
    """Something that a person should look at."""

    fact: str
    """The same text is the same fact, and told once."""
    kind: str
    site: str
    gateway: str
    logid: str | None
    text: str


class Books:
    """All of it within the transaction `sql`, at the time `now`."""

    def __init__(self, sql: Sql, now: datetime) -> None:
        self.sql = sql
        self.now = sql.instant(now.isoformat())
        """As it is stored."""

    # Logs

    def logs(self, logids: Iterable[str], *, locked: bool = True) -> dict[str, Log]:
        """Those of `logids` that are known; nobody else may change them until the end of the transaction."""
        found: dict[str, Log] = {}
        torn = []
        for part in _parts(sorted(set(logids))):
            statement = f"{_LOG} WHERE logid IN {marks(len(part))} ORDER BY logid"
            for row in self.sql.rows(statement + (self.sql.for_update if locked else ""), part):
                found[row[0]] = _log(row)
                torn += [row[0]] if row[10] else []
        self._add_pieces(found, torn)
        return found

    def _add_pieces(self, logs: dict[str, Log], torn: Sequence[str]) -> None:
        for part in _parts(torn):
            some = marks(len(part))
            ranges = "SELECT logid, first, last FROM {} WHERE logid IN {} ORDER BY logid, first"
            for logid, *pair in self.sql.rows(ranges.format("hole", some), part):
                logs[logid].cursor.holes.append((pair[0], pair[1]))
            for logid, *pair in self.sql.rows(ranges.format("loss", some), part):
                logs[logid].cursor.losses.append((pair[0], pair[1]))

    def begin_log(self, log: Log) -> None:
        """A log that is new; its gateway becomes known with it."""
        self.know_gateway(*log.place)
        self.sql.run(
            "INSERT INTO log (logid, site, gateway, first_seen) VALUES (?, ?, ?, ?)",
            (log.logid, *log.place, self.now),
        )

    def save(self, changed: Sequence[tuple[Log, Cursor]]) -> None:
        """How far each has come, and what is other than before of its holes and losses."""
        self.sql.update(LOG, [self._row(log) for log, _ in changed])
        for log, before in changed:
            self._save_holes(log.logid, before.holes, log.cursor.holes)
            self._save_losses(log, before.losses)

    def _row(self, log: Log) -> Row:
        cursor = log.cursor
        return (
            log.logid,
            cursor.through,
            bytes.fromhex(log.hash),
            cursor.highest,
            log.newest,
            len(cursor.holes) + len(cursor.losses),
            log.forked,
            log.continued_by,
            self.now if log.grown else log.last_entry,
        )

    def _save_holes(self, logid: str, before: Sequence[Range], after: Sequence[Range]) -> None:
        if before == after:
            return
        since = {
            (first, last): at
            for first, last, at in self.sql.rows("SELECT first, last, since FROM hole WHERE logid = ?", (logid,))
        }
        gone, new = set(before) - set(after), sorted(set(after) - set(before))
        self.sql.run_many("DELETE FROM hole WHERE logid = ? AND first = ?", [(logid, first) for first, _ in gone])
        self.sql.insert(HOLE, [(logid, *pair, _inherited(since, pair) or self.now) for pair in new])

    def _save_losses(self, log: Log, before: Sequence[Range]) -> None:
        after = log.cursor.losses
        if before == after:
            return
        rows = self.sql.rows("SELECT first, last, told_by, at FROM loss WHERE logid = ?", (log.logid,))
        known = {(first, last): (by, at) for first, last, by, at in rows}
        known |= {pair: (by, self.now) for pair, by in log.tellers.items()}
        gone, new = set(before) - set(after), sorted(set(after) - set(before))
        self.sql.run_many("DELETE FROM loss WHERE logid = ? AND first = ?", [(log.logid, first) for first, _ in gone])
        self.sql.insert(LOSS, [(log.logid, *pair, *(_inherited(known, pair) or ("", self.now))) for pair in new])

    # Entries

    def hashes(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The hashes of those that are held."""
        found = {}
        for part in _parts(keys):
            values = ",".join("(?,?)" for _ in part)
            statement = f"SELECT logid, sequence, hash FROM entry WHERE (logid, sequence) IN (VALUES {values})"  # noqa: S608
            for logid, sequence, digest in self.sql.rows(statement, [value for key in part for value in key]):
                found[logid, sequence] = bytes(digest).hex()
        return found

    def add(self, entries: Sequence[Held], punches: Sequence[Held]) -> None:
        """Entries that are news; `punches` are those of them that are punches of this office."""
        if entries:
            self.sql.insert(ENTRY, [entry.columns(self.now, self.sql) for entry in entries])
        if punches:
            self.sql.insert(PUNCH, [entry.punch_columns(self.now, self.sql) for entry in punches])

    def add_forks(self, forks: Sequence[tuple[Held, str]]) -> None:
        """Entries whose place is taken by others, and the topics they came on."""
        rows = [(*e.key, bytes.fromhex(e.hash), e.raw, topic, self.now) for e, topic in forks]
        self.sql.insert(FORK, rows)

    def bury(self, digest: bytes, topic: str, payload: bytes, size: int, reason: str) -> None:
        """A message that is none of the contract."""
        self.sql.run(
            "INSERT INTO dead_letter (digest, topic, payload, size, reason, times, first_at, last_at)"
            " VALUES (?, ?, ?, ?, ?, 1, ?, ?)"
            " ON CONFLICT (digest) DO UPDATE SET times = dead_letter.times + 1, last_at = excluded.last_at",
            (digest, topic, payload, size, reason, self.now, self.now),
        )

    # Alarms

    def alarm(self, alarms: Sequence[Alarm]) -> list[Alarm]:
        """Raise them; those that are news."""
        new = {alarm.fact: alarm for alarm in alarms}
        for part in _parts(sorted(new)):
            statement = f"SELECT fact FROM alarm WHERE fact IN {marks(len(part))}"  # noqa: S608 - only marks
            for (fact,) in self.sql.rows(statement, part):
                del new[fact]
        rows = [(a.fact, self.now, a.kind, a.site, a.gateway, a.logid, a.text) for a in new.values()]
        if rows:
            self.sql.insert(ALARM, rows)
        return list(new.values())

    def settle(self, fact: str) -> None:
        """What caused this alarm has found its explanation."""
        self.sql.run("UPDATE alarm SET handled_at = ? WHERE fact = ? AND handled_at IS NULL", (self.now, fact))

    def alarmed(self, fact: str) -> bool:
        """Whether this was told before."""
        return bool(self.sql.rows("SELECT 1 FROM alarm WHERE fact = ?", (fact,)))

    # Gateways

    def know_gateway(self, site: str, gateway: str) -> None:
        """From now on this gateway is known."""
        self.sql.run("INSERT INTO gateway_state (site, gateway) VALUES (?, ?) ON CONFLICT DO NOTHING", (site, gateway))

    def current_log(self, site: str, gateway: str) -> tuple[str | None, bool]:
        """The log that a gateway writes now, and whether it said so itself (or it is merely the newest)."""
        statement = "SELECT logid, next IS NOT NULL FROM gateway_state WHERE site = ? AND gateway = ?"
        rows = self.sql.rows(statement, (site, gateway))
        return (rows[0][0], bool(rows[0][1])) if rows else (None, False)

    def update_gateway(self, site: str, gateway: str, values: dict[str, object]) -> None:
        """Columns of `gateway_state`."""
        self.know_gateway(site, gateway)
        columns = ", ".join(f"{name} = ?" for name in values)
        statement = f"UPDATE gateway_state SET {columns} WHERE site = ? AND gateway = ?"  # noqa: S608 - names of ours
        self.sql.run(statement, (*values.values(), site, gateway))


_LOG = (
    "SELECT logid, site, gateway, through, hash, highest, newest, forked, continued_by, last_entry, pieces,"
    " (SELECT s.logid FROM gateway_state s WHERE s.site = log.site AND s.gateway = log.gateway) AS current_log FROM log"
)


def _log(row: Row) -> Log:
    logid, site, gateway, through, digest, highest, newest, forked, continued_by, last_entry, _, current = row
    known = GENESIS if digest is None else bytes(digest).hex()
    cursor = Cursor(through=through, highest=highest)
    return Log(logid, site, gateway, known, newest, bool(forked), continued_by, last_entry, current, cursor=cursor)


def _parts(values: Sequence[T]) -> Iterator[list[T]]:
    for start in range(0, len(values), _MOST):
        yield list(values[start : start + _MOST])


def _inherited(known: Mapping[Range, T], pair: Range) -> T | None:
    """What was known of the range that `pair` is a piece of."""
    return next((value for (first, last), value in known.items() if first <= pair[0] and pair[1] <= last), None)
