"""Tables, migrations and transactions, on both databases."""

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import given

from central.entries import instant
from central.errors import RefusedError, SchemaError, StoreError
from central.store import open_database
from central.store.database import Database, as_text
from central.store.migrations import check, migrate, migrations
from central.store.sqlite import SqliteSql
from tests.central.books import Centre
from tests.central.chain import Chain
from tests.postgres import Cluster

GATEWAY = "INSERT INTO gateway_state (site, gateway) VALUES ('a', 'b')"
_LOG = "INSERT INTO log (logid, site, gateway, first_seen) VALUES ('x.00000000', 'a', 'x', now())"


def run(database: Database, *statements: str, pipelined: bool = False, error: Exception | None = None) -> None:
    """All in one transaction, which breaks off over `error` after the last one."""
    with database.transaction(pipelined=pipelined) as sql:
        for statement in statements:
            sql.run(statement)
        if error is not None:
            raise error


class TestMigrations:
    def test_each_once_and_all_again_without_harm(self, url: str) -> None:
        database = open_database(url)
        with pytest.raises(SchemaError, match="start `ketuk central run` once"):
            check(database)
        names = migrate(database)
        assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
        assert migrate(database) == []
        Centre(database).take(Chain().punches(3).messages())
        for migration in migrations(database.dialect):
            with database.transaction() as sql:
                sql.script(migration.text)
        assert Centre(database).rows("SELECT count(*) FROM entry") == [3]
        check(database)

    def test_a_newer_database_is_left_alone(self, database: Database) -> None:
        with database.transaction() as sql:
            sql.run("INSERT INTO schema_version VALUES (9999, 'future', '')")
        with pytest.raises(SchemaError, match="made by a newer Ketuk"):
            migrate(database)

    def test_several_at_once(self, url: str) -> None:
        applied: list[list[str]] = []
        threads = [threading.Thread(target=lambda: applied.append(migrate(open_database(url)))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(applied) == 4
        names = [name for names in applied for name in names]
        assert len(names) == len(set(names)) == len(migrations(open_database(url).dialect))


class TestTransactions:
    def test_all_or_nothing(self, database: Database) -> None:
        centre = Centre(database)
        with pytest.raises(StoreError):
            run(database, GATEWAY, "SELECT no_such_column FROM log")
        assert centre.rows("SELECT count(*) FROM gateway_state") == [0]

    @pytest.mark.parametrize("pipelined", [False, True])
    def test_a_transaction_that_breaks_off_leaves_nothing_for_the_next(
        self, database: Database, pipelined: bool
    ) -> None:
        with pytest.raises(ZeroDivisionError):
            run(database, GATEWAY, pipelined=pipelined, error=ZeroDivisionError())
        with pytest.raises(RefusedError):
            run(database, GATEWAY, GATEWAY, pipelined=pipelined)
        run(database, "INSERT INTO gateway_state (site, gateway) VALUES ('c', 'd')", pipelined=pipelined)
        assert Centre(database).rows("SELECT site FROM gateway_state") == ["c"]

    def test_a_refusal_is_told_apart_from_a_failure(self, database: Database) -> None:
        with pytest.raises(RefusedError):
            run(database, GATEWAY, GATEWAY)
        with pytest.raises(StoreError) as failure:
            run(database, "SELECT no_such_column FROM log")
        assert not isinstance(failure.value, RefusedError)
        run(database, GATEWAY)

    def test_two_that_write_the_same_log_wait_for_one_another(self, url: str) -> None:
        chain = Chain().punches(200)
        migrate(open_database(url))
        failures: list[Exception] = []

        def half(first: int) -> None:
            centre = Centre(open_database(url))
            for start in range(first, 201, 20):
                try:
                    centre.take(chain.messages(start, start + 9))
                except StoreError as error:  # one of two that wait for one another is sent away, and comes again
                    failures.append(error)
                    centre.take(chain.messages(start, start + 9))

        threads = [threading.Thread(target=half, args=(first,)) for first in (1, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        centre = Centre(open_database(url))
        assert centre.rows("SELECT through, highest FROM log") == [(200, 200)]
        assert centre.rows("SELECT count(*) FROM hole") == [0]
        assert centre.held(chain.logid) == chain.raws

    def test_readers_see_one_moment(self, url: str) -> None:
        chain = Chain().punches(20)
        database = open_database(url)
        migrate(database)
        Centre(database).take(chain.messages(1, 10))
        with database.transaction(read_only=True) as sql:
            before = sql.rows("SELECT count(*) FROM entry")
            Centre(open_database(url)).take(chain.messages(11))
            assert sql.rows("SELECT count(*) FROM entry") == before == [(10,)]
            assert len(list(sql.stream("SELECT sequence FROM entry", (), ["bigint"]))) == 10


class TestSqlite:
    def test_a_commit_is_on_disk(self, tmp_path: Path) -> None:
        database = open_database(f"sqlite:{tmp_path / 'c.db'}")
        with database.transaction() as sql:
            assert sql.rows("PRAGMA journal_mode") == [("wal",)]
            assert sql.rows("PRAGMA synchronous") == [(2,)]

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="there is no folder"):
            migrate(open_database(f"sqlite:{tmp_path / 'none' / 'c.db'}"))

    def test_no_database_at_all(self, tmp_path: Path) -> None:
        (tmp_path / "c.db").write_bytes(b"something else" * 1000)
        with pytest.raises(StoreError, match="not a database"):
            migrate(open_database(f"sqlite:{tmp_path / 'c.db'}"))


@given(
    when=st.datetimes(),
    minutes=st.integers(-1439, 1439),
    digits=st.integers(0, 6),
    zone=st.sampled_from(["offset", "Z", ""]),
    junk=st.sampled_from(["", "", "", "0", ":", " ", "Z"]),
)
def test_sqlite_makes_of_a_time_what_datetime_makes_of_it(
    when: datetime, minutes: int, digits: int, zone: str, junk: str
) -> None:
    """It takes a short way for the usual ones."""
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    text = when.isoformat(timespec="microseconds")[: 20 + digits].rstrip(".")
    text += (offset if zone == "offset" else zone) + junk
    sql, known = SqliteSql(sqlite3.connect(":memory:")), instant(text)
    assert sql.instant(text) == (None if known is None else as_text(known))
    assert sql.local(text) == (None if known is None else as_text(known.replace(tzinfo=None)))


class TestPostgres:
    @pytest.fixture
    def database(self, cluster: Cluster) -> Any:
        database = open_database(cluster.url(cluster.database()))
        migrate(database)
        yield database
        database.close()

    def test_a_partition_for_this_month_and_the_next(self, database: Database) -> None:
        for when in (datetime(2026, 12, 31, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)):
            database.prepare(when)
        found = Centre(database).rows(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'entry_2%'"
            " AND relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
        assert found == ["entry_2026_12", "entry_2027_01"]

    def test_a_backup_that_reads_for_hours_holds_nobody_up(self, database: Database, cluster: Cluster) -> None:
        months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'entry'::regclass"
        url = f"postgresql://ketuk@127.0.0.1:{cluster.port}/postgres"
        schema = Centre(database).rows("SELECT current_schema()")[0]
        with psycopg.connect(url) as backup:
            backup.execute(f"LOCK TABLE {schema}.entry IN ACCESS SHARE MODE".encode())
            database.prepare(datetime(2026, 12, 31, tzinfo=UTC))
            assert Centre(database).rows(months) == [1]  # the default one
            assert Centre(database).take(Chain().punches(2).messages()).entries == 2
        database.prepare(datetime(2026, 12, 31, tzinfo=UTC))
        assert Centre(database).rows(months) == [3]

    def test_entries_go_to_their_month_or_wait_in_the_default(self, database: Database) -> None:
        centre = Centre(database)
        centre.take(Chain(gateway="gw1").punches(2, id="a").messages())
        database.prepare(datetime.now(UTC))  # too late for this month: nothing may be lost over that
        assert centre.rows("SELECT count(*) FROM entry_default") == [2]
        database.prepare(datetime(2030, 5, 1, tzinfo=UTC))
        entry = "INSERT INTO entry (logid, sequence, received, kind, source, id, hash, raw)"
        run(database, _LOG, f"{entry} VALUES ('x.00000000', 1, '2030-06-02', 'punch', '', '', sha256(''), '')")
        assert centre.rows("SELECT count(*) FROM entry_2030_06") == [1]

    def test_the_key_is_kept_across_partitions(self, database: Database) -> None:
        key = "INSERT INTO entry_key VALUES ('x.00000000', 1, '{}')"
        run(database, _LOG)
        with pytest.raises(RefusedError):
            run(database, *(key.format(month) for month in ("2030-06-02", "2030-07-02")))

    def test_a_commit_is_on_disk_whatever_the_default(self, database: Database) -> None:
        assert Centre(database).rows("SHOW synchronous_commit") == ["on"]

    def test_the_password_is_never_shown(self) -> None:
        database = open_database("postgresql://ketuk:s3cret@127.0.0.1:1/nothing")
        with pytest.raises(StoreError) as failure:
            migrate(database)
        assert "s3cret" not in f"{failure.value}{database.name}"
        assert "nothing on 127.0.0.1:1" in str(failure.value)
