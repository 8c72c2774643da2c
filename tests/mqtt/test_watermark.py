"""What the centre says of what it holds: believed, obeyed, and never a reason to flood the line."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from contract import topics
from gateway.entries import AckOutcome, Marks, Stored
from gateway.errors import LogUnwritable
from gateway.log.log import Log
from simulators.line import Line
from tests.brokers import HOST, Mosquitto
from tests.mqtt.conftest import Start
from tests.mqtt.scripted import Peer, Published, ScriptedBroker
from tests.mqtt.support import GATEWAY, SITE, Centre, Listener, open_log, punches, settings, until

ACK = topics.ack(SITE, GATEWAY)
STATUS = topics.status(SITE, GATEWAY)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path, extra="max_queued_messages 0") as made:
        yield made


def all_published(log: Log) -> None:
    until(lambda: log.marks().published == log.marks().next - 1, "everything published")


def test_a_watermark_confirms(broker: Mosquitto, log: Log, start: Start) -> None:
    with Listener(broker.port) as listener:
        log.append(punches(20))
        forwarder = start(settings(broker.url))
        all_published(log)
        assert log.marks().confirmed == 0
        listener.ack(log, 13)
        until(lambda: log.marks().confirmed == 13, "the confirmed mark")
        until(lambda: len(listener.raws) == 21, "the entries")
        assert listener.sequences == list(range(1, 22))
        assert forwarder.snapshot().counters.watermarks == 1


def test_what_is_missing_is_sent_again_once(broker: Mosquitto, log: Log, start: Start) -> None:
    with Listener(broker.port) as listener:
        log.append(punches(20))
        forwarder = start(settings(broker.url, resend_gap=0.2))
        all_published(log)
        until(lambda: len(listener.raws) == 21, "the entries")
        time.sleep(0.25)
        listener.clear()
        listener.ack(log, 4, [[5, 7], [11, 11]])
        until(lambda: len(listener.raws) == 4, "what was missing")
        assert listener.sequences == [5, 6, 7, 11]
        assert listener.raws == [stored.raw for stored in log.read(0, 100) if stored.sequence in (5, 6, 7, 11)]
        until(lambda: forwarder.snapshot().counters.resent == 4, "the count of four")
        assert log.marks().confirmed == 4
        listener.ack(log, 21)
        until(lambda: log.marks().confirmed == 21, "the confirmed mark")
        assert len(listener.raws) == 4


def test_the_same_range_asked_for_again_and_again_does_not_flood(broker: Mosquitto, log: Log, start: Start) -> None:
    with Listener(broker.port) as listener:
        log.append(punches(50))
        forwarder = start(settings(broker.url, resend_gap=3600.0))
        all_published(log)
        for count in range(1, 20):
            listener.ack(log, 2, [[3, 40]])
            until(lambda wanted=count: forwarder.snapshot().counters.watermarks == wanted, "the watermark")  # type: ignore[misc]
        assert forwarder.snapshot().counters.resent == 0
        assert forwarder.snapshot().waiting_resend == 38
        listener.ack(log, 51)
        until(lambda: log.marks().confirmed == 51, "the confirmed mark")
        assert forwarder.snapshot().waiting_resend == 0


def test_resending_does_not_starve_new_entries_nor_the_other_way_round(log: Log, start: Start) -> None:
    """A broker that takes one at a time: both kinds go out in turn."""
    held: list[int] = []
    sent: list[int] = []

    def one_at_a_time(peer: Peer, message: Published) -> None:
        if message.is_entry:
            sent.append(int(json.loads(message.payload)["sequence"]))
        if holding and message.is_entry:
            held.append(message.mid)
        else:
            peer.puback(message.mid)

    holding = False
    log.append(punches(200))
    with ScriptedBroker(one_at_a_time, connack=b"\x21\x00\x01") as broker:
        forwarder = start(settings(broker.url, protocol="5", resend_gap=0.05))
        all_published(log)
        holding = True
        log.append(punches(200))
        until(lambda: held, "the first of the new ones")
        payload = json.dumps({"logid": log.marks().logid, "through": 0, "hash": "0" * 64, "missing": [[1, 200]]})
        broker.peers[0].publish(ACK, payload.encode())
        until(lambda: forwarder.snapshot().waiting_resend == 200, "both wait")
        holding = False
        sent.clear()
        broker.peers[0].puback(held[0])
        until(lambda: len(set(sent)) == 399, "both")
        assert 40 <= sum(sequence <= 200 for sequence in sent[:100]) <= 60
        until(lambda: forwarder.snapshot().counters.resent == 200, "the count of both")


def test_what_the_centre_already_holds_is_not_sent_at_all(broker: Mosquitto, log: Log, start: Start) -> None:
    """Marks of the gateway that were lost: the watermark on the broker says where to go on."""
    log.append(punches(40))
    with Listener(broker.port) as listener:
        listener.ack(log, 30)
        start(settings(broker.url, retained_wait=10.0))
        all_published(log)
        until(lambda: len(listener.raws) >= 11, "the rest")
        assert listener.sequences == list(range(31, 42))


def test_a_watermark_that_went_back_is_sent_again_from_there(broker: Mosquitto, log: Log, start: Start) -> None:
    with Centre(broker.port) as centre:
        log.append(punches(40))
        start(settings(broker.url, resend_gap=0.1))
        until(lambda: log.marks().confirmed == 41, "everything confirmed")
        centre.forget()
        until(lambda: centre.has(log), "everything again")
        until(lambda: log.marks().confirmed == 41, "everything confirmed again")


def test_a_centre_that_knows_nothing_and_asks_for_nothing(broker: Mosquitto, log: Log, start: Start) -> None:
    """It came after the broker forgot: it is there, it can write, its watermark stands still. One re-send does it."""
    log.append(punches(40))
    forwarder = start(settings(broker.url, resend_after=0.4))
    all_published(log)
    with Centre(broker.port) as centre:
        until(lambda: centre.has(log), "everything")
        until(lambda: log.marks().confirmed == 41, "everything confirmed")
        assert forwarder.snapshot().counters.republished == 1
        assert max(centre.times.values()) == 1


@pytest.mark.parametrize("writable", [None, False], ids=["no-centre", "cannot-write"])
def test_no_centre_that_can_write_no_resending(
    writable: bool | None, broker: Mosquitto, log: Log, start: Start
) -> None:
    with Listener(broker.port) as listener:
        if writable is not None:
            listener.publish(topics.CENTRAL_STATUS, b'{"state":"online","writable":false}', retain=True)
        log.append(punches(20))
        forwarder = start(settings(broker.url, resend_after=0.1))
        all_published(log)
        time.sleep(0.6)
        assert forwarder.snapshot().counters.republished == 0
        assert forwarder.snapshot().central == ("unknown" if writable is None else "cannot write")
        until(lambda: len(listener.raws) == 21, "the entries")
        assert listener.sequences == list(range(1, 22))


def test_a_centre_that_never_confirms_cannot_make_us_flood_the_line(broker: Mosquitto, log: Log, start: Start) -> None:
    with Listener(broker.port) as listener, Line(HOST, broker.port) as line:
        listener.publish(topics.CENTRAL_STATUS, b'{"state":"online","writable":true}', retain=True)
        log.append(punches(9))
        forwarder = start(settings(f"mqtt://{HOST}:{line.port}", resend_after=0.1))
        until(lambda: forwarder.snapshot().counters.republished == 3, "three tries")
        assert forwarder.snapshot().central == "online"
        # The fourth wait is 0.8 s, and a new connection is no reason to forget that.
        line.cut()
        line.restore()
        until(lambda: forwarder.snapshot().counters.connects == 2, "the second connection")
        until(lambda: forwarder.snapshot().central == "online", "the centre's status")
        time.sleep(0.3)
        assert forwarder.snapshot().counters.republished == 3


def test_a_log_restored_from_an_older_copy_is_noticed_before_anything_goes_out(
    broker: Mosquitto, log: Log, start: Start
) -> None:
    """The centre's watermark is ahead of the log: a new epoch, a new birth, and not one entry of the old one."""
    old = log.marks().logid
    forks: list[Marks] = []
    with Listener(broker.port) as listener:
        log.append(punches(10))
        listener.ack(log, 500, hash="ab" * 32)
        start(settings(broker.url, retained_wait=10.0), on_fork=forks.append)
        until(lambda: log.marks().logid != old, "the new epoch")
        all_published(log)
        until(lambda: len(listener.raws) == log.marks().next - 1, "the entries of the new epoch")
        assert all(f'"logid":"{log.marks().logid}"'.encode() in raw for raw in listener.raws)
        births = [json.loads(payload)["logid"] for payload in listener.on(STATUS)]
        assert births == [old, log.marks().logid]
        assert [marks.logid for marks in forks] == [log.marks().logid]
        assert any(b'"id":"punch-' in raw for raw in listener.raws)


def test_a_hash_that_differs_while_connected_begins_a_new_epoch(broker: Mosquitto, log: Log, start: Start) -> None:
    old = log.marks().logid
    with Centre(broker.port) as centre:
        log.append(punches(30))
        start(settings(broker.url))
        until(lambda: log.marks().confirmed == 31, "everything confirmed")
        centre.silent = True
        log.append(punches(10))
        all_published(log)
        centre.ack(log, 31, hash="cd" * 32)
        until(lambda: log.marks().logid != old, "the new epoch")
        centre.silent = False
        centre.look()
        until(lambda: centre.has(log), "what was not confirmed, in the new epoch")
        carried = [raw for raw in centre.held[log.marks().logid].values() if b'"id":"punch-' in raw]
        assert len(carried) == 10


def test_a_watermark_waits_for_nobody_if_there_is_none(log: Log, start: Start) -> None:
    """Without a retained watermark entries go out after a moment, not never."""
    log.append(punches(3))
    with ScriptedBroker() as broker:
        start(settings(broker.url, retained_wait=0.3))
        all_published(log)
        assert broker.peers[0].published[0].topic == STATUS


def test_a_watermark_that_the_disk_refuses_is_tried_again(log: Log, start: Start) -> None:
    class Failing(Wrapped):
        failures = 3

        def ack(self, *args: Any) -> AckOutcome:
            self.failures -= 1
            if self.failures >= 0:
                raise LogUnwritable("disk full")
            return super().ack(*args)

    log.append(punches(5))
    with ScriptedBroker() as broker:
        start(settings(broker.url), outbox=Failing(log))
        all_published(log)
        payload = json.dumps({"logid": log.marks().logid, "through": 0, "hash": "0" * 64, "missing": [[1, 2]]})
        time.sleep(0.35)
        broker.peers[0].publish(ACK, payload.encode())
        until(lambda: len(broker.entries) == 8, "what was missing")


def test_a_log_that_cannot_be_read_for_a_while(log: Log, start: Start) -> None:
    class Unreadable(Wrapped):
        failures = 2

        def read(self, after: int, limit: int) -> list[Stored]:
            self.failures -= 1
            if self.failures >= 0:
                raise LogUnwritable("input/output error")
            return super().read(after, limit)

    log.append(punches(5))
    outbox = Unreadable(log)
    with ScriptedBroker() as broker:
        forwarder = start(settings(broker.url), outbox=outbox)
        all_published(log)
        assert outbox.failures < 0
        assert forwarder.snapshot().counters.connects == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"logid":"gw1.x","through":-1,"hash":""}',
        b'{"logid":"gw1.00000000","through":5,"hash":"%s","missing":[[3,2]]}' % (b"a" * 64),
        b"x" * 20_000,
        b"[" * 5_000,
    ],
)
def test_nonsense_on_our_topics_changes_nothing(payload: bytes, log: Log, start: Start) -> None:
    with ScriptedBroker() as broker:
        forwarder = start(settings(broker.url))
        until(lambda: log.marks().published == 1, "the first entry")
        for topic in (ACK, topics.CENTRAL_STATUS, topics.command(SITE, GATEWAY, "replay")):
            broker.peers[0].publish(topic, payload)
        until(lambda: forwarder.snapshot().counters.bad_messages == 3, "three bad messages")
        log.append(punches(1))
        until(lambda: log.marks().published == 2, "the next entry")
        assert forwarder.snapshot().counters.connects == 1


def test_a_watermark_of_another_log_changes_nothing(log: Log, start: Start) -> None:
    log.append(punches(5))
    with ScriptedBroker() as broker:
        forwarder = start(settings(broker.url))
        all_published(log)
        payload = json.dumps({"logid": "gw1.00000000", "through": 3, "hash": "ab" * 32, "missing": [[1, 2]]})
        broker.peers[0].publish(ACK, payload.encode())
        until(lambda: forwarder.snapshot().counters.watermarks == 1, "the watermark")
        assert log.marks().confirmed == 0
        assert forwarder.snapshot().waiting_resend == 0


def test_settling_for_the_broker(tmp_path: Path, broker: Mosquitto, start: Start) -> None:
    """confirm = "broker": a PUBACK confirms; nobody needs to send watermarks."""
    log = open_log(tmp_path / "other", confirm="broker")
    log.append(punches(20))
    with Listener(broker.port) as listener:
        listener.publish(topics.CENTRAL_STATUS, b'{"state":"online","writable":true}', retain=True)
        forwarder = start(settings(broker.url, confirm="broker", resend_after=0.1), outbox=log)
        until(lambda: log.marks().confirmed == 21, "the confirmed mark")
        time.sleep(0.3)
        assert forwarder.snapshot().counters.republished == 0
        until(lambda: len(listener.raws) == 21, "the entries")
        assert listener.sequences == list(range(1, 22))
    assert forwarder.stop(5)
    log.close()


class Wrapped:
    """The real log, to be made to fail."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def marks(self) -> Marks:
        return self._log.marks()

    def unpublished(self, limit: int) -> list[Stored]:
        return self._log.unpublished(limit)

    def read(self, after: int, limit: int) -> list[Stored]:
        return self._log.read(after, limit)

    def replay(self, first: int, last: int) -> Iterator[Stored]:
        return self._log.replay(first, last)

    def published(self, through: int) -> None:
        self._log.published(through)

    def republish(self, after: int) -> None:
        self._log.republish(after)

    def ack(self, logid: str, through: int, hash: str, missing: Sequence[tuple[int, int]]) -> AckOutcome:
        return self._log.ack(logid, through, hash, missing)

    def watch(self, watcher: Callable[[int], None]) -> None:
        self._log.watch(watcher)
