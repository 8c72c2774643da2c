"""The log is a TinyDB: queries work as in any, and whatever would change an entry is refused."""

from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB, where
from tinydb.operations import delete

from contract.chain import entry_hash
from gateway.errors import LogError
from gateway.log.log import Log
from tests.log.logs import check_log, everything, note, open_log, punches


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = open_log(tmp_path)
    for number in range(2, 31):
        log.append(punches(number))
    return log


class TestQueries:
    def test_search(self, log: Log) -> None:
        found = log.table.search(where("subject") == "pin:1007")
        assert [document.doc_id for document in found] == [7]
        assert found[0]["data"]["direction"] == "in"
        assert found[0].raw == everything(log)[6].raw  # type: ignore[attr-defined]

    def test_nested(self, log: Log) -> None:
        log.append([note("needle")])
        (found,) = log.table.search(where("data")["detail"]["note"] == "needle")
        assert found["type"] == "ketuk.audit.v1"

    def test_the_id_of_a_document_is_the_sequence(self, log: Log) -> None:
        assert [d.doc_id for d in log.table] == [e.sequence for e in everything(log)]
        document = log.table.get(doc_id=12)
        assert document is not None
        assert int(document["sequence"]) == document.doc_id == 12  # type: ignore[union-attr]
        assert log.table.get(doc_id=999) is None

    def test_count_contains_all(self, log: Log) -> None:
        assert len(log.table) == len(log.table.all()) == 30
        assert log.table.count(where("type") == "ketuk.punch.v1") == 29
        assert log.table.contains(where("subject") == "pin:1002")
        assert not log.table.contains(where("subject") == "pin:1")
        assert [d.doc_id for d in log.table.get(doc_ids=[3, 5])] == [3, 5]  # type: ignore[union-attr]

    def test_a_query_sees_what_came_since(self, log: Log) -> None:
        query = where("subject") == "pin:1900"
        assert not log.table.search(query)
        log.append(punches(900))
        assert len(log.table.search(query)) == 1

    def test_and_not_what_went(self, log: Log) -> None:
        query = where("subject") == "pin:1002"
        assert log.table.search(query)
        log.published(30)
        log.ack(log.marks().logid, 30, _hash(log, 30), [])
        assert log.expire("2999-01-01T00:00:00+00:00")
        assert not log.table.search(query)

    def test_it_is_a_tinydb(self, log: Log) -> None:
        assert isinstance(log.table, TinyDB)
        assert log.table.tables() == {"entries"}


@pytest.mark.parametrize(
    "change",
    [
        lambda db: db.update({"subject": "pin:1"}),
        lambda db: db.update({"subject": "pin:1"}, where("subject") == "pin:1002"),
        lambda db: db.update(delete("subject"), doc_ids=[2]),
        lambda db: db.update_multiple([({"subject": "x"}, where("subject") == "pin:1002")]),
        lambda db: db.upsert({"subject": "x"}, where("subject") == "pin:1002"),
        lambda db: db.insert({"subject": "x"}),
        lambda db: db.insert_multiple([{"subject": "x"}]),
        lambda db: db.remove(where("subject") == "pin:1002"),
        lambda db: db.remove(doc_ids=[2]),
        lambda db: db.truncate(),
        lambda db: db.drop_table("entries"),
        lambda db: db.drop_tables(),
        lambda db: db.storage.write({}),
    ],
)
def test_changes_are_refused(log: Log, change: Any) -> None:
    before = everything(log)
    with pytest.raises(LogError):
        change(log.table)
    assert check_log(log) == before


def _hash(log: Log, sequence: int) -> str:
    return entry_hash(log.read(sequence - 1, 1)[0].raw)
