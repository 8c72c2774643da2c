"""What a test asks of the centre's tables."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from central.ingest.arrival import Arrival
from central.ingest.take import Outcome, take
from central.keyring import Keyring
from central.store.books import Log
from central.store.database import Database


class Centre:
    """Takes messages without a broker, each call in one transaction."""

    def __init__(self, database: Database, ring: Keyring | None = None) -> None:
        self.database, self.ring = database, ring or Keyring()

    def take(self, *batches: Iterable[Arrival]) -> Outcome:
        """All of it at once."""
        batch = [arrival for some in batches for arrival in some]
        with self.database.transaction() as sql:
            return take(sql, batch, self.ring, datetime.now(UTC))

    def rows(self, statement: str, *values: object) -> list[Any]:
        """What a query finds; single columns without their tuples."""
        with self.database.transaction(read_only=True) as sql:
            found = sql.rows(statement, values)
        return [row[0] if len(row) == 1 else row for row in found]

    def held(self, logid: str) -> list[bytes]:
        """The exact bytes of a log, in order."""
        return [bytes(raw) for raw in self.rows("SELECT raw FROM entry WHERE logid = ? ORDER BY sequence", logid)]

    def alarms(self) -> list[str]:
        """Their kinds, in order of their facts."""
        return self.rows("SELECT kind FROM alarm ORDER BY fact")

    def gaps(self) -> list[tuple[int, int, str]]:
        """First, last and state."""
        return self.rows("SELECT first, last, state FROM gap ORDER BY logid, first")


def log(outcome: Outcome) -> Log:
    """The only one that the outcome is about."""
    (found,) = outcome.logs
    return found
