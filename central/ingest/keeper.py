"""The database side of the ingester: batches in, outcomes out, and whether it can write, said in one place.

A batch that the database refuses for its values is taken message by message, and what it still refuses is buried, so
that one poisonous message never blocks what follows.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from central.config import Partition
from central.errors import RefusedError, StoreError
from central.ingest.arrival import Arrival
from central.ingest.take import Outcome, bury, take
from central.keyring import Keyring
from central.store import keys
from central.store.books import Books, Log
from central.store.database import Database, Sql
from central.store.migrations import migrate
from contract import topics

logger = logging.getLogger(__name__)

PREPARE_EVERY_S = 3600.0
T = TypeVar("T")


class Keeper:
    """One database, for the ingester's thread."""

    def __init__(self, database: Database, ring: Keyring, partition: Partition) -> None:
        self.database, self._ring, self._partition = database, ring, partition
        self.busy_since: float | None = None
        """When the call began that is under way, by `time.monotonic`; read by the pulse."""
        self._prepared_at: float | None = None

    def ready(self) -> list[Log] | None:
        """Tables, partitions and pinned keys are as they should be; the logs that gateways write now, when it is the
        first time (else None). Raises StoreError."""
        now = time.monotonic()
        if self._prepared_at is not None and now - self._prepared_at < PREPARE_EVERY_S:
            return None
        return self._timed(lambda: self._prepare(now))

    def probe(self) -> None:
        """Write something that changes nothing. Raises StoreError when that cannot be done."""
        statement = "UPDATE schema_version SET at = at WHERE number = 1"
        self._timed(lambda: self._transact(lambda sql: sql.run(statement)))

    def take(self, batch: Sequence[Arrival]) -> Outcome:
        """Everything in one transaction, committed. Raises StoreError: nothing was taken, or it is safe to repeat."""
        try:
            return self._timed(lambda: self._transact(lambda sql: take(sql, batch, self._ring, datetime.now(UTC))))
        except StoreError as error:
            if not isinstance(error, RefusedError):
                raise
            logger.warning("%s; taking the batch message by message", error)
        except Exception:
            logger.exception("a batch cannot be taken; taking it message by message")
        return self._one_by_one(batch)

    def _one_by_one(self, batch: Sequence[Arrival]) -> Outcome:
        whole = Outcome()
        for arrival in batch:
            whole.add(self._timed(lambda arrival=arrival: self._take_or_bury(arrival)))  # type: ignore[misc]
        return whole

    def _take_or_bury(self, arrival: Arrival) -> Outcome:
        try:
            return self._transact(lambda sql: take(sql, [arrival], self._ring, datetime.now(UTC)))
        except StoreError as error:
            if not isinstance(error, RefusedError):
                raise
            reason = str(error)
        except Exception as error:
            logger.exception("a message on %s cannot be taken", arrival.topic)
            reason = f"{type(error).__name__}: {error}"
        return self._transact(lambda sql: bury(sql, arrival, reason, datetime.now(UTC)))

    def _prepare(self, now: float) -> list[Log] | None:
        first = self._prepared_at is None
        if first:
            for name in migrate(self.database):
                logger.info("%s: applied migration %s", self.database.name, name)
        self.database.prepare(datetime.now(UTC))
        logs = self._transact(self._begin) if first else None
        self._prepared_at = now
        return logs

    def _begin(self, sql: Sql) -> list[Log]:
        """Pin the provisioned keys; the logs that are written now."""
        books = Books(sql, datetime.now(UTC))
        for place, publics in self._ring.publics.items():
            for public in publics.values():
                keys.shown(books, place, public, self._ring)
        return self._current(sql, books)

    def current(self) -> list[Log]:
        """The logs that gateways write now: another process may have moved them (`ketuk central import`, a second
        ingester). Raises StoreError."""

        def look() -> list[Log]:
            with self.database.transaction(read_only=True) as sql:
                return self._current(sql, Books(sql, datetime.now(UTC)))

        return self._timed(look)

    def _current(self, sql: Sql, books: Books) -> list[Log]:
        logids = [name for (name,) in sql.rows("SELECT logid FROM gateway_state WHERE logid IS NOT NULL")]
        logs = books.logs(logids, locked=False).values()
        return [log for log in logs if self._partition.takes(topics.ack(*log.place))]

    def _transact(self, work: Callable[[Sql], T]) -> T:
        with self.database.transaction(pipelined=True) as sql:
            return work(sql)

    def _timed(self, work: Callable[[], T]) -> T:
        self.busy_since = time.monotonic()
        try:
            return work()
        finally:
            self.busy_since = None
