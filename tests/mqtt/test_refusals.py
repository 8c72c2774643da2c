"""Brokers that say no: to everything, to one entry, with a word or by hanging up. Nothing is lost, nothing is skipped
in silence, one entry does not hold up the rest, and nobody spins."""

import signal
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from contract import topics
from contract.chain import entry_hash
from contract.watermark import build_ack
from gateway.log.log import Log
from tests.brokers import Broker, IotCore, Mosquitto
from tests.mqtt.conftest import Start
from tests.mqtt.scripted import Peer, Published, ScriptedBroker
from tests.mqtt.support import GATEWAY, SITE, Centre, Listener, punches, settings, until

LARGE = 3_000
LIMIT = 2_500


def test_no_right_to_publish(log: Log, start: Start, tmp_path: Path) -> None:
    """0x87: the published mark does not move, the reason is told, the broker is not hammered, and once it is allowed
    everything goes out."""
    told: list[tuple[str, dict[str, object]]] = []
    allowed = f"topic readwrite ketuk/v1/{SITE}/{GATEWAY}/#\ntopic read ketuk/v1/central/status"
    denied = f"topic read ketuk/v1/#\ntopic readwrite ketuk/v1/{SITE}/{GATEWAY}/status"
    log.append(punches(30))
    with Mosquitto(tmp_path, acl=denied) as broker:
        forwarder = start(
            settings(broker.url, protocol="5", backoff_min=0.1, backoff_max=0.5), audit=lambda *what: told.append(what)
        )
        until(lambda: forwarder.snapshot().counters.failures >= 3, "refusals")
        state = forwarder.snapshot()
        assert "refuses entry 1: not authorised: give this gateway's client the right" in str(state.last_error)
        assert log.marks().published == 0
        assert state.set_aside == ()
        started, connects = time.monotonic(), state.counters.connects
        time.sleep(1.0)
        elapsed = time.monotonic() - started
        assert forwarder.snapshot().counters.connects - connects <= elapsed / 0.1 + 1
        assert [event for event, _ in told] == ["publish-refused"]
        assert told[0][1]["sequence"] == 1
        assert "0x87" in str(told[0][1]["reason"])
        (broker.folder / "acl").write_text(allowed + "\n")
        broker.signal(signal.SIGHUP)
        until(lambda: log.marks().published == 31, "everything")


@pytest.mark.parametrize(("protocol", "code"), [("3.1.1", 0x80), ("5", 0x87)])
def test_no_right_to_listen_still_lets_entries_go_out(protocol: str, code: int, log: Log, start: Start) -> None:
    log.append(punches(5))
    with ScriptedBroker(suback=code) as broker:
        forwarder = start(settings(broker.url, protocol=protocol))
        until(lambda: log.marks().published == 6, "everything")
        assert "we may not listen to" in str(forwarder.snapshot().warning)


def test_no_right_to_say_how_we_are_still_lets_entries_go_out(log: Log, start: Start, tmp_path: Path) -> None:
    log.append(punches(5))
    with Mosquitto(tmp_path, acl=f"topic write ketuk/v1/{SITE}/{GATEWAY}/log/#\ntopic read #") as broker:
        forwarder = start(settings(broker.url, protocol="5"))
        until(lambda: log.marks().published == 6, "everything")
        assert "refuses our status, health or reply" in str(forwarder.snapshot().warning)


def with_one_large(log: Log) -> int:
    """30 entries, the tenth of them large; its sequence."""
    log.append(punches(8))
    log.append(punches(1, padding=LARGE))
    log.append(punches(20))
    return 10


HANGING_UP = "the connection ends over it: "
TOO_LARGE = [
    pytest.param(
        Mosquitto, "5", f"message_size_limit {LIMIT}", "sent what is not MQTT 5", id="mosquitto-5-answers-wrongly"
    ),
    pytest.param(Mosquitto, "5", f"max_packet_size {LIMIT}", "takes packets of at most", id="mosquitto-5-announces"),
    pytest.param(Mosquitto, "3.1.1", f"max_packet_size {LIMIT}", HANGING_UP, id="mosquitto-3.1.1-hangs-up"),
    pytest.param(IotCore, "5", "", HANGING_UP, id="iotcore-5-hangs-up"),
    pytest.param(IotCore, "3.1.1", "", HANGING_UP, id="iotcore-3.1.1-hangs-up"),
]


@pytest.mark.parametrize(("kind", "protocol", "limit", "reason"), TOO_LARGE)
def test_one_entry_that_is_too_large_for_the_broker(
    kind: Any, protocol: Any, limit: str, reason: str, log: Log, start: Start, tmp_path: Path
) -> None:
    """The others get through, the mark stays below it, and once the broker takes it, it is delivered, too."""
    large = with_one_large(log)
    told: list[tuple[str, dict[str, object]]] = []
    broker: Broker = (
        Mosquitto(tmp_path, extra=limit)
        if kind is Mosquitto
        else IotCore(tmp_path, protocol=protocol, max_payload_size=LIMIT)
    )
    with broker:
        forwarder = start(
            settings(broker.url, protocol=protocol, refused_retry=0.5), audit=lambda *what: told.append(what)
        )
        until(lambda: forwarder.snapshot().set_aside, "the entry set aside")
        until(lambda: forwarder.snapshot().counters.published >= 29, "the others")
        assert [sequence for sequence, _ in forwarder.snapshot().set_aside] == [large]
        assert reason in forwarder.snapshot().set_aside[0][1]
        assert log.marks().published == large - 1
        assert [(event, detail["sequence"]) for event, detail in told] == [("publish-refused", large)]
        later = log.append(punches(3))
        until(lambda: forwarder.snapshot().counters.published >= 32, "entries after it")
        broker.kill()
        roomy = Mosquitto(tmp_path / "2", port=broker.port) if kind is Mosquitto else None
        with (
            roomy or IotCore(tmp_path / "2", port=broker.port, protocol=protocol) as other,
            Listener(other.port, protocol=paho.MQTTv5 if protocol == "5" else paho.MQTTv311) as listener,
        ):
            until(lambda: log.marks().published == later[-1].sequence, "the mark passes it")
            until(lambda: large in listener.sequences, "the large one")
            assert forwarder.snapshot().set_aside == ()


def test_after_a_restart_it_is_found_again_and_still_holds_nobody_up(log: Log, start: Start, tmp_path: Path) -> None:
    """What was set aside is forgotten with the process: that costs a re-send, and neither entry nor evidence."""
    large = with_one_large(log)
    with Mosquitto(tmp_path, extra=f"max_packet_size {LIMIT}") as broker, Listener(broker.port) as listener:
        first = start(settings(broker.url, protocol="5"))
        until(lambda: first.snapshot().counters.published >= 29, "the others")
        assert first.stop(10)
        assert log.marks().published == large - 1
        told: list[tuple[str, dict[str, object]]] = []
        later = log.append(punches(1))
        second = start(settings(broker.url, protocol="5"), audit=lambda *what: told.append(what))
        until(lambda: later[0].sequence in listener.sequences, "what is new")
        assert [sequence for sequence, _ in second.snapshot().set_aside] == [large]
        assert [(event, detail["sequence"]) for event, detail in told] == [("publish-refused", large)]
        assert set(listener.sequences) == {*range(1, 32)} - {large}


def test_a_refused_entry_waits_for_its_retry_and_does_not_spin(log: Log, start: Start) -> None:
    tenth, beside_it = b'"00000000000000000010"', []

    def refuse_tenth(peer: Peer, message: Published) -> None:
        if tenth in message.payload:
            beside_it.append(len(peer.unacked) - 1)
            peer.puback(message.mid, 0x99)
        else:
            threading.Timer(0.02, peer.puback, (message.mid,)).start()

    log.append(punches(40))
    with ScriptedBroker(refuse_tenth) as broker:
        forwarder = start(settings(broker.url, protocol="5", refused_retry=0.3, window=5))

        def busy() -> bool:
            log.append(punches(1))
            return forwarder.snapshot().counters.refused >= 5

        until(busy, "five tries while others go out")
        until(lambda: forwarder.snapshot().counters.published == log.marks().next - 2, "all the others")
        assert forwarder.snapshot().counters.connects == 1
        assert log.marks().published == 9
        assert len([message for message in broker.entries if tenth in message.payload]) >= 5
        # The first time it goes out among others, from then on alone.
        assert beside_it[1:] == [0] * len(beside_it[1:])


def test_many_refused_entries_are_the_link_s_fault(log: Log, start: Start) -> None:
    def refuse(peer: Peer, message: Published) -> None:
        peer.puback(message.mid, 0x99 if message.is_entry else 0)

    log.append(punches(100))
    with ScriptedBroker(refuse) as broker:
        forwarder = start(settings(broker.url, protocol="5", backoff_min=0.1))
        until(lambda: "refuses 64 entries and now 65" in str(forwarder.snapshot().last_error), "the end of patience")
        assert log.marks().published == 0
        assert len(forwarder.snapshot().set_aside) == 64
        broker.script = lambda peer, message: peer.puback(message.mid)
        until(lambda: forwarder.snapshot().counters.published >= 37, "those that were never refused")


def test_a_line_that_breaks_at_the_wrong_moment_only_delays(log: Log, start: Start) -> None:
    """The blame falls on a sound entry; it is late, not lost."""

    def hang_up_at_first(peer: Peer, message: Published) -> None:
        if message.is_entry and peer.number < 4:
            peer.close()
        else:
            peer.puback(message.mid)

    log.append(punches(20))
    with ScriptedBroker(hang_up_at_first) as broker:
        forwarder = start(settings(broker.url, refused_retry=0.5))
        until(lambda: forwarder.snapshot().set_aside, "the entry blamed")
        until(lambda: log.marks().published == 21, "everything")
        assert forwarder.snapshot().set_aside == ()


def test_an_entry_that_was_published_once_and_then_kills_the_connection(log: Log, start: Start) -> None:
    """The centre asks for it again, the broker hangs up on it now: it is set aside, however often it is asked for."""

    def hang_up_on_the_second(peer: Peer, message: Published) -> None:
        if tenth not in message.payload or sum(tenth in seen.payload for seen in broker.entries) == 1:
            peer.puback(message.mid)
        else:
            peer.close()

    def ask() -> None:
        broker.peers[-1].publish(topics.ack(SITE, GATEWAY), watermark)

    tenth = b'"00000000000000000010"'
    log.append(punches(30))
    with ScriptedBroker(hang_up_on_the_second) as broker:
        forwarder = start(settings(broker.url, resend_gap=0.05))
        until(lambda: log.marks().published == 31, "everything")
        ninth = next(log.replay(9, 9))
        watermark = build_ack(log.marks().logid, 9, entry_hash(ninth.raw), [[10, 10]])

        def blamed() -> bool:
            ask()
            time.sleep(0.02)
            return bool(forwarder.snapshot().set_aside)

        until(blamed, "the entry set aside")
        assert log.marks().published == 31
        until(lambda: forwarder.snapshot().connected, "the connection")
        connects = forwarder.snapshot().counters.connects
        for _ in range(5):
            before = forwarder.snapshot().counters.watermarks
            ask()
            until(lambda: forwarder.snapshot().counters.watermarks > before, "a watermark")  # noqa: B023
        log.append(punches(3))
        until(lambda: log.marks().published == 34, "what came later")
        assert forwarder.snapshot().counters.connects == connects


def test_the_window_is_whole_again_once_the_suspicion_was_wrong(log: Log, start: Start) -> None:
    first: list[int] = []

    def script(peer: Peer, message: Published) -> None:
        if peer.number < 2 and message.is_entry:
            peer.close()
        elif not message.is_entry:
            peer.puback(message.mid)
        elif not first:
            first.append(len(peer.unacked))
            peer.puback(message.mid)

    log.append(punches(20))
    with ScriptedBroker(script) as broker:
        start(settings(broker.url, window=5))
        until(lambda: len(broker.peers) == 3 and len(broker.peers[2].unacked) == 5, "a full window")
        assert first == [1]


def test_what_the_centre_misses_is_not_resent_while_set_aside(log: Log, start: Start, tmp_path: Path) -> None:
    """Else each request for it would end the connection again."""
    large = with_one_large(log)
    with IotCore(tmp_path, max_payload_size=LIMIT) as broker, Centre(broker.port) as centre:
        forwarder = start(settings(broker.url, resend_gap=0.1, resend_after=30))
        until(lambda: forwarder.snapshot().set_aside, "the entry set aside")
        until(lambda: len(centre.held[log.marks().logid]) == 29, "the others")
        connects = forwarder.snapshot().counters.connects
        for _ in range(10):
            before = forwarder.snapshot().counters.watermarks
            centre.look()
            until(lambda: forwarder.snapshot().counters.watermarks > before, "a watermark")  # noqa: B023
        log.append(punches(1))
        until(lambda: len(centre.held[log.marks().logid]) == 30, "one more")
        assert forwarder.snapshot().counters.connects == connects
        assert log.marks().confirmed == large - 1
