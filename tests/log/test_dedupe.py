"""The dedupe memory: a terminal's whole log can be read again at any time."""

import random
import sys
import tracemalloc
from pathlib import Path

import pytest

from contract.chain import entry_hash
from gateway.entries import Draft
from gateway.log.log import Log
from gateway.log.seen import Seen, digest
from tests.log.logs import check_log, event, facts, note, open_log, punch, punches

RECORDS = 100_000
LATE = "2999-01-01T00:00:00+00:00"


def in_slices(log: Log, numbers: range) -> int:
    """Append all of them, as a back-fill does; how many were new."""
    return sum(len(log.append(punches(*numbers[at : at + 500]))) for at in range(0, len(numbers), 500))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed log of 100,000 records, in segments of 100 kB."""
    data = tmp_path_factory.mktemp("large")
    log = open_log(data, segment_bytes=100_000)
    assert in_slices(log, range(RECORDS)) == RECORDS
    log.close()
    return data


def test_a_hundred_thousand_records_again(large: Path) -> None:
    log = open_log(large, segment_bytes=100_000)
    assert in_slices(log, range(RECORDS)) == 0
    log.close()


def test_memory_of_a_record(large: Path) -> None:
    """At most 16 bytes in RAM for each, all that the open log keeps for them taken together."""
    log = open_log(large, segment_bytes=100_000)
    log.read(RECORDS - 10, 5)
    log.close()
    del log
    tracemalloc.start()
    log = open_log(large, segment_bytes=100_000)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(log._present.history.seen) >= RECORDS
    assert kept <= 16 * RECORDS, f"{kept / RECORDS:.1f} bytes a record"
    log.close()


def test_without_its_indexes(large: Path) -> None:
    """They are made anew from the segments."""
    for path in large.glob("log/*/*.idx"):
        path.unlink()
    log = open_log(large, segment_bytes=100_000)
    assert in_slices(log, range(0, RECORDS, 7)) == 0
    log.close()
    assert list(large.glob("log/*/*.idx"))


def test_after_retention_restart_and_a_new_epoch(large: Path) -> None:
    log = open_log(large, segment_bytes=100_000)
    end = log.marks().next - 1
    (entry,) = log.read(end - 1, 1)
    log.ack(log.marks().logid, end, entry_hash(entry.raw), [])
    assert log.expire(LATE) > 100
    log.close()
    log = open_log(large, segment_bytes=100_000)
    assert in_slices(log, range(RECORDS)) == 0
    assert log.ack(log.marks().logid, 10**9, "ab" * 32, []).forked
    assert in_slices(log, range(RECORDS)) == 0
    log.close()
    log = open_log(large, segment_bytes=100_000)
    assert in_slices(log, range(RECORDS)) == 0
    assert in_slices(log, range(RECORDS, RECORDS + 10)) == 10
    check_log(log)
    log.close()


class TestDrafts:
    def test_twice_in_one_batch(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        assert facts(log.append(punches(1, 2, 1, 2, 2))) == ["fact-1", "fact-2"]

    def test_source_and_id_together_are_the_fact(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        assert len(log.append([punch(1), punch(1, source="/kec-pampangan/pintu-belakang")])) == 2
        assert not log.append([punch(1, source="/kec-pampangan/pintu-belakang")])

    def test_without_an_id_it_is_never_a_duplicate(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        assert len(log.append([note("x"), note("x")])) == 2
        assert len(log.append([note("x")])) == 1
        assert len({event(e.raw)["id"] for e in log.read(0, 10)}) == 4

    def test_other_data_of_the_same_fact(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        log.append([punch(1)])
        assert not log.append([Draft("punch", punch(1).source, {"method": "card"}, id="fact-1")])

    def test_a_fact_that_excludes_another(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        log.append([Draft("audit", punch(1).source, {"event": "record-implausible", "detail": {}}, id="quarantine-1")])
        assert not log.append([Draft("punch", punch(1).source, {}, id="fact-1", unless="quarantine-1")])
        assert log.append([Draft("punch", punch(1).source, {}, id="fact-2", unless="quarantine-2")])

    def test_nothing_new_writes_nothing(self, tmp_path: Path) -> None:
        log = open_log(tmp_path)
        log.append(punches(1, 2, 3))
        size = log.size()
        assert log.append(punches(1, 2, 3)) == []
        assert log.append([]) == []
        assert log.size() == size

    def test_more_than_a_slice(self, tmp_path: Path) -> None:
        log = open_log(tmp_path, segment_bytes=100_000)
        assert len(log.append(punches(*range(1700)))) == 1700
        assert not log.append(punches(*range(1700)))
        assert all(path.stat().st_size < 400_000 for path in tmp_path.glob("log/*/*.log"))


class TestSeen:
    def test_like_a_set(self) -> None:
        pick = random.Random(1)
        seen, model = Seen(), set[int]()
        for _ in range(300):
            values = [pick.getrandbits(64) for _ in range(pick.choice((0, 1, 5, 40)))] + pick.sample(
                sorted(model), k=min(3, len(model))
            )
            seen.update(values)
            model.update(values)
            assert len(seen) == len(model)
        assert all(value in seen for value in model)
        assert not any(pick.getrandbits(64) in seen for _ in range(1000))

    @pytest.mark.parametrize("value", [0, 1, 2**56 - 1, 2**56, 2**64 - 1])
    def test_edges(self, value: int) -> None:
        seen = Seen()
        assert value not in seen
        seen.add(value)
        seen.add(value)
        assert value in seen
        assert len(seen) == 1

    def test_bulk_and_single_agree(self) -> None:
        pick = random.Random(2)
        values = [pick.getrandbits(64) for _ in range(30_000)]
        bulk, single = Seen(), Seen()
        bulk.update(values + values[:100])
        for value in values:
            single.add(value)
        assert len(bulk) == len(single) == len(set(values))
        assert all(value in bulk for value in values)

    def test_eight_bytes_a_fact(self) -> None:
        pick = random.Random(3)
        seen = Seen()
        seen.update([pick.getrandbits(64) for _ in range(RECORDS)])
        size = sum(sys.getsizeof(shard) for shard in seen._shards)
        assert size <= 10 * RECORDS

    def test_the_digest_is_of_source_and_id(self) -> None:
        assert digest("a", "b\nc") != digest("a\nb", "d")
        assert digest("a", "bc") != digest("ab", "c")
        assert 0 <= digest("/kec-pampangan/pintu-depan", "fact-1") < 2**64
