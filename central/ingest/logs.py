"""The logs that a transaction touches: loaded and locked when first asked for, written back once at the end."""

from collections.abc import Iterable

from central.cursor import Cursor
from central.keyring import Place
from central.store.books import Books, Log
from contract.chain import GENESIS
from contract.ranges import Range


class Logs:
    """Those of one transaction."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._logs: dict[str, Log] = {}
        self._before: dict[str, tuple[Cursor, tuple[object, ...]]] = {}
        self._hashes: dict[tuple[str, int], str] = {}
        self.current: dict[Place, str] = {}
        """The log that each gateway writes now: the only one whose watermark is sent."""

    def load(self, logids: Iterable[str]) -> None:
        """Those that are known."""
        for log in self._books.logs(set(logids) - set(self._logs)).values():
            self._enter(log)

    def get(self, logid: str) -> Log | None:
        """None: never heard of."""
        if logid not in self._logs:
            self.load([logid])
        return self._logs.get(logid)

    def of(self, logid: str, site: str, gateway: str) -> Log | None:
        """The log, begun when it is new; None when it is one of another gateway."""
        log = self.get(logid)
        if log is None:
            log = Log(logid, site, gateway)
            self._books.begin_log(log)
            self._enter(log)
            known, said = self._books.current_log(site, gateway)
            self.current[log.place] = known or logid
            if not said:
                self.make_current(log)
        return log if log.place == (site, gateway) else None

    def make_current(self, log: Log) -> None:
        """Its gateway writes this one from now on."""
        self.current[log.place] = log.logid
        self._books.update_gateway(*log.place, {"logid": log.logid})

    def before(self, logid: str) -> Cursor:
        """How far it had come before this transaction."""
        return self._before[logid][0]

    def remember(self, key: tuple[str, int], digest: str) -> None:
        """The hash of an entry that is held."""
        self._hashes[key] = digest

    def lose(self, log: Log, pair: Range, told_by: str) -> list[Range]:
        """The log itself says that this is lost for good; what of it is news."""
        news = log.cursor.lose(*pair)
        log.tellers.update(dict.fromkeys(news, told_by))
        return news

    def close(self) -> list[Log]:
        """Write back what changed; all that were touched and are written by their gateways now."""
        moved = [log for name, log in self._logs.items() if log.cursor.through != self._before[name][0].through]
        unknown = [
            (log.logid, log.cursor.through) for log in moved if (log.logid, log.cursor.through) not in self._hashes
        ]
        self._hashes.update(self._books.hashes(unknown))
        for log in moved:
            log.hash = self._hashes[log.logid, log.cursor.through] if log.cursor.through else GENESIS
        before = self._before
        self._books.save(
            [(log, before[name][0]) for name, log in self._logs.items() if before[name] != (log.cursor, _state(log))]
        )
        return [log for log in self._logs.values() if self.current.get(log.place) == log.logid]

    def _enter(self, log: Log) -> None:
        cursor = log.cursor
        kept = Cursor(cursor.through, cursor.highest, list(cursor.holes), list(cursor.losses))
        self._logs[log.logid], self._before[log.logid] = log, (kept, _state(log))
        if log.current is not None:
            self.current.setdefault(log.place, log.current)


def _state(log: Log) -> tuple[object, ...]:
    return log.newest, log.forked, log.continued_by, log.grown
