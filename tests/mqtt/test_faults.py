"""What networks and brokers do: die, forget, cut, stall, withhold. Every entry still gets through, and none twice
without a reason."""

import socket
import time
from pathlib import Path

import pytest

from contract import messages, topics
from gateway.log.log import Log
from gateway.mqtt.state import LinkState
from simulators.line import Line
from tests.brokers import HOST, Mosquitto
from tests.mqtt.conftest import Start
from tests.mqtt.scripted import Peer, Published, ScriptedBroker, acknowledge
from tests.mqtt.support import GATEWAY, SITE, Centre, Listener, punches, settings, until

STATUS = topics.status(SITE, GATEWAY)


@pytest.mark.parametrize("more", [0, 5], ids=["nothing-new", "new-punches"])
def test_a_broker_killed_with_all_it_had(more: int, log: Log, start: Start, tmp_path: Path) -> None:
    """Nobody was listening, so all that the broker had acknowledged is gone; the centre gets it nevertheless."""
    with Mosquitto(tmp_path) as broker:
        log.append(punches(60))
        start(settings(broker.url, resend_after=0.6, protocol="5"))
        until(lambda: log.marks().published == 61, "PUBACKs")
        broker.kill()
        broker.wipe()
        broker.start()
        with Centre(broker.port) as centre:
            log.append(punches(more))
            until(lambda: centre.has(log), "everything at the centre")
            until(lambda: log.marks().confirmed == 61 + more, "the confirmed mark")


def test_a_broker_killed_again_and_again_during_a_burst(log: Log, start: Start, tmp_path: Path) -> None:
    with Mosquitto(tmp_path, extra="max_queued_messages 0") as broker, Centre(broker.port) as centre:
        start(settings(broker.url, resend_after=0.6, ack_timeout=2.0))
        for _ in range(4):
            log.append(punches(150))
            until(lambda: log.marks().published > log.marks().next - 140, "some of the burst")
            broker.kill()
            broker.wipe()
            broker.start()
        until(lambda: centre.has(log), "everything at the centre", 30)


def test_a_line_cut_in_mid_window(log: Log, start: Start, tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as broker,
        Centre(broker.port) as centre,
        Line(HOST, broker.port) as line,
    ):
        forwarder = start(settings(f"mqtt://{HOST}:{line.port}"))
        until(lambda: forwarder.snapshot().connected, "the connection")
        for cut in range(5):
            line.cut_after(7_000 + 1_111 * cut)
            log.append(punches(60))
            until(lambda: line.state == "cut", "the cut")
            until(lambda: not forwarder.snapshot().connected, "the end of the connection")
            line.restore()
        until(lambda: centre.has(log), "everything at the centre")
        until(lambda: log.marks().confirmed == 301, "the confirmed mark")
        snapshot = forwarder.snapshot()
        assert snapshot.counters.connects >= 6
        assert snapshot.last_error is not None
        # What was on its way when the line was cut may come twice, nothing else.
        assert sum(centre.times.values()) <= 301 + 5 * 20


def test_the_broker_speaks_for_us_when_the_line_is_cut(log: Log, start: Start, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Listener(broker.port) as listener, Line(HOST, broker.port) as line:
        start(settings(f"mqtt://{HOST}:{line.port}"))
        until(lambda: listener.on(STATUS), "the birth")
        line.cut()
        until(lambda: listener.on(STATUS)[-1] == messages.WILL, "the will")
        line.restore()
        until(lambda: messages.parse_status(listener.on(STATUS)[-1])["state"] == "online", "the second birth")


@pytest.mark.parametrize("moment", ["in mid-window", "before the handshake"])
def test_a_line_that_stalls_without_closing(moment: str, log: Log, start: Start, tmp_path: Path) -> None:
    quick = {"ack_timeout": 0.5, "connect_timeout": 0.3}
    with Mosquitto(tmp_path) as broker, Centre(broker.port) as centre, Line(HOST, broker.port) as line:
        if moment == "before the handshake":
            line.stall()
        forwarder = start(settings(f"mqtt://{HOST}:{line.port}", **quick))
        if moment == "in mid-window":
            until(lambda: log.marks().published == 1, "the first entry")
            line.stall()
        log.append(punches(100))
        until(lambda: forwarder.snapshot().counters.failures >= 2, "the stall is noticed")
        line.restore()
        until(lambda: centre.has(log), "everything at the centre")


def test_stopping_on_a_stalled_line_does_not_hang(log: Log, start: Start, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Line(HOST, broker.port) as line:
        forwarder = start(settings(f"mqtt://{HOST}:{line.port}"))
        until(lambda: forwarder.snapshot().connected, "the connection")
        line.stall()
        log.append(punches(50))
        until(lambda: forwarder.snapshot().in_flight > 0, "entries on their way")
        assert forwarder.stop(5)


def test_stopping_does_not_wait_for_a_broker_that_never_answers(log: Log, start: Start) -> None:
    with socket.create_server((HOST, 0)) as listener:
        forwarder = start(settings(f"mqtt://{HOST}:{listener.getsockname()[1]}", connect_timeout=120))
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(15)
            assert peer.recv(1) == b"\x10"  # CONNECT
            assert forwarder.stop(30)
        assert "had not answered when it was time to stop" in str(forwarder.snapshot().last_error)


def test_a_broker_that_stops_reading_does_not_hang_us(log: Log, start: Start) -> None:
    """Its receive buffer and our send buffer fill up; then it is given up, and the next one gets everything."""
    log.append(punches(300, padding=7_000))
    with ScriptedBroker(reading=lambda peer: peer.number > 0) as broker:
        start(settings(broker.url, window=300, ack_timeout=0.5))
        until(lambda: log.marks().published == 301, "everything")
        assert sorted({message.payload for message in broker.entries}) == sorted(s.raw for s in log.read(0, 1000))


def test_a_withheld_puback_means_a_new_connection(log: Log, start: Start) -> None:
    def withhold(peer: Peer, message: Published) -> None:
        if peer.number or b"0000000003" not in message.payload:
            peer.puback(message.mid)

    log.append(punches(40))
    with ScriptedBroker(withhold) as broker:
        forwarder = start(settings(broker.url, ack_timeout=0.4))
        until(lambda: log.marks().published == 41, "everything")
        snapshot = forwarder.snapshot()
        assert snapshot.counters.acks_timed_out == 1
        assert len(broker.peers) == 2
        assert "has not acknowledged entry 3 for 0.4 s" in str(snapshot.last_error)
        assert b"00000000000000000003" in broker.peers[1].published[1].payload


def test_subscriptions_that_are_never_answered_mean_a_new_connection(log: Log, start: Start) -> None:
    with ScriptedBroker(suback=None) as broker:
        forwarder = start(settings(broker.url, ack_timeout=0.3))
        until(lambda: len(broker.peers) >= 2, "the second connection")
        assert "has not acknowledged our subscriptions" in str(forwarder.snapshot().last_error)
        assert not broker.entries


@pytest.mark.parametrize(("window", "announced"), [(7, None), (20, 4), (20, 1)])
def test_the_window_is_never_exceeded(window: int, announced: int | None, log: Log, start: Start) -> None:
    """Not in a burst, not after a reconnect with a backlog, and the broker's Receive Maximum counts."""
    allowed = min(window, announced or window)
    connack = b"" if announced is None else b"\x21" + announced.to_bytes(2)
    log.append(punches(100))
    with ScriptedBroker(lambda *_: None, connack=connack) as broker:
        start(settings(broker.url, window=window, protocol="5"))
        until(lambda: broker.peers and len(broker.peers[0].unacked) == allowed, "a full window")

        def acknowledge_all() -> bool:
            for peer in broker.peers:
                if peer.number == 0 and len(peer.published) > 40:
                    peer.close()
                for mid in list(peer.unacked):
                    peer.puback(mid)
            time.sleep(0.01)  # whatever a client sends too early arrives meanwhile
            return log.marks().published == 101

        until(acknowledge_all, "everything")
        assert len(broker.peers) == 2
        assert max(peer.most_unacked for peer in broker.peers) == allowed


def test_mosquitto_s_receive_maximum_is_honoured(log: Log, start: Start, tmp_path: Path) -> None:
    """mosquitto ends the connection of a client that exceeds it."""
    log.append(punches(500))
    with Mosquitto(tmp_path, extra="max_inflight_messages 3\nmax_queued_messages 0") as broker:
        forwarder = start(settings(broker.url, protocol="5", window=100))
        flying: list[int] = []

        def everything() -> bool:
            flying.append(forwarder.snapshot().in_flight)
            return log.marks().published == 501

        until(everything, "everything")
        assert max(flying) <= 3
        assert forwarder.snapshot().counters.connects == 1


def test_a_second_gateway_under_our_name_shows_itself(log: Log, start: Start, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        first = start(settings(broker.url))
        until(lambda: first.snapshot().connected, "the first")
        second = start(settings(broker.url))
        until(lambda: "a second gateway may be set up" in str(first.snapshot().last_error), "the first noticed")
        until(lambda: "a second gateway may be set up" in str(second.snapshot().last_error), "the second noticed")


def test_no_broker_for_a_while(log: Log, start: Start, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    forwarder = start(settings(broker.url))
    log.append(punches(10))

    def refused() -> LinkState | None:
        state = forwarder.snapshot()
        return state if "connection refused" in str(state.last_error) and state.next_try is not None else None

    until(refused, "the reason")
    assert not forwarder.snapshot().connected
    with broker:
        until(lambda: log.marks().published == 11, "everything")
        state = forwarder.snapshot()
        assert state.connected
        assert state.next_try is None
        assert state.since <= time.monotonic()
        assert state.central == "unknown"


def test_a_reconnect_takes_up_where_the_pubacks_ended(log: Log, start: Start) -> None:
    """Nothing acknowledged is sent again, everything else is."""

    def half(peer: Peer, message: Published) -> None:
        if peer.number or len(peer.published) <= 12:
            peer.puback(message.mid)
        else:
            peer.close()

    log.append(punches(30))
    with ScriptedBroker(half) as broker:
        start(settings(broker.url))
        until(lambda: log.marks().published == 31, "everything")
        again = [message for message in broker.peers[1].published if message.is_entry]
        assert b"00000000000000000012" in again[0].payload
        assert [message.payload for message in again] == [stored.raw for stored in log.read(11, 100)]


def test_pubacks_that_came_just_before_the_end_count(log: Log, start: Start) -> None:
    def all_but_the_last(peer: Peer, _: Published) -> None:
        if len(peer.published) == 13:  # the birth and every entry
            broker.refuse_connections()
            for message in peer.published[:-1]:
                peer.puback(message.mid)
            peer.close()

    log.append(punches(11))
    with ScriptedBroker(all_but_the_last) as broker:
        forwarder = start(settings(broker.url))
        until(lambda: forwarder.snapshot().counters.failures >= 2, "the end")
        assert log.marks().published == 11


def test_a_new_entry_is_noticed_at_once(log: Log, start: Start) -> None:
    """Not only at the next look at the clock, which would take a second each."""
    with ScriptedBroker() as broker:
        start(settings(broker.url, resend_gap=30.0))

        def another() -> bool:
            marks = log.marks()
            if marks.published == marks.next - 1:
                log.append(punches(1))
            return marks.next > 40

        until(another, "forty entries, one after another")


def test_a_forwarder_started_again_goes_on_from_the_mark(log: Log, start: Start, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Listener(broker.port) as listener:
        for count in (20, 30):
            log.append(punches(count))
            forwarder = start(settings(broker.url))
            until(lambda: log.marks().published == log.marks().next - 1, "everything")
            assert forwarder.stop(5)
        until(lambda: len(listener.raws) == 51, "everything, once")
        assert listener.sequences == list(range(1, 52))


def test_honest_brokers_get_each_entry_once(log: Log, start: Start) -> None:
    log.append(punches(500))
    with ScriptedBroker(acknowledge) as broker:
        start(settings(broker.url))
        until(lambda: log.marks().published == 501, "everything")
        assert [message.payload for message in broker.entries] == [stored.raw for stored in log.read(0, 1000)]
        assert not any(message.retain for message in broker.entries)
        assert broker.peers[0].client_id == f"ketuk-{SITE}-{GATEWAY}"
