"""One connection: what it says when it cannot be made, what it leaves behind, what it does not take from a broker."""

import contextlib
import errno
import gc
import select
import socket
import threading
import time
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples

from gateway.errors import LinkError
from gateway.mqtt import reasons
from gateway.mqtt.client import LARGEST_READ
from gateway.mqtt.inbox import Acknowledged, Arrived, Closed, Event, Inbox
from gateway.mqtt.session import LARGEST_PACKET, Limits, Session
from tests.brokers import HOST, IotCore, Mosquitto, free_port
from tests.mqtt.scripted import Peer, Published, ScriptedBroker
from tests.mqtt.support import GATEWAY, PATIENCE, SITE, settings, until


def session(url: str, inbox: Inbox | None = None, **changes: Any) -> Session:
    return Session(settings(url, **changes), SITE, GATEWAY, inbox or Inbox(frozenset()))


def refusal(url: str, **changes: Any) -> str:
    made = session(url, **changes)
    try:
        with pytest.raises(LinkError) as caught:
            made.open()
    finally:
        made.close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def closing(made: Session) -> str:
    """Why the connection ended."""
    events: list[Event] = []

    def ended() -> bool:
        events.extend(made.events(0.05))
        return any(isinstance(event, Closed) for event in events)

    until(ended, "the end of the connection")
    return next(event.line for event in events if isinstance(event, Closed))


def test_nobody_listens() -> None:
    assert "connection refused: does the broker run there" in refusal(f"mqtt://{HOST}:{free_port()}")


def test_a_name_that_does_not_exist() -> None:
    assert "name not found: check broker.url" in refusal("mqtt://broker.invalid")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no way there: check the network cable"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no way there: check the network cable"),
        (TimeoutError("timed out"), "no answer within 3 s: check network, address and firewall"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "the connection broke (Connection reset"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (ValueError(), "ValueError"),
    ],
)
def test_troubles_of_the_network(error: Exception, line: str) -> None:
    said = reasons.of_exception(error, settings("mqtt://central.example"), answered=True)
    assert said.startswith("broker central.example:1883: ")
    assert line in said


def test_a_broker_whose_queue_is_full_does_not_hang_us() -> None:
    with socket.create_server((HOST, 0), backlog=0) as listener:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        line = refusal(f"mqtt://{HOST}:{listener.getsockname()[1]}", connect_timeout=0.3)
        assert "no answer within 0.3 s" in line or "does not speak MQTT within 0.3 s" in line
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_something_that_listens_but_never_answers(scheme: str) -> None:
    with socket.create_server((HOST, 0)) as listener:
        line = refusal(f"{scheme}://{HOST}:{listener.getsockname()[1]}", connect_timeout=0.3)
    assert "within 0.3 s" in line


def test_a_web_server_is_not_a_broker() -> None:
    def serve() -> None:
        sock, _ = listener.accept()
        sock.recv(1)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        sock.recv(1000)
        sock.close()

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        line = refusal(f"mqtt://{HOST}:{listener.getsockname()[1]}")
        thread.join(5)
    assert line.startswith(f"broker {HOST}:")
    assert "right port" in line


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_wrong_password_and_no_right(protocol: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    with Mosquitto(tmp_path, users={"gw1": "secret"}) as broker:
        right = session(broker.url, protocol=protocol, username="gw1", password_file=str(password))
        assert right.open().receive_maximum >= 20
        right.close()
        password.write_text("wrong\n")
        said = refusal(broker.url, protocol=protocol, username="gw1", password_file=str(password))
        assert "refused the connection: not authorised" in said or "user name or password is wrong" in said
        assert "wrong\n" not in said
    assert "cannot be read" in refusal(broker.url, username="gw1", password_file=str(tmp_path / "none"))
    password.write_text("\n")
    assert "first line is empty" in refusal(broker.url, username="gw1", password_file=str(password))


@pytest.mark.parametrize(
    ("code", "line"),
    [(4, "user name or password is wrong"), (5, "not authorised"), (3, "not available"), (2, "identifier")],
)
def test_refusals_of_mqtt_3(code: int, line: str) -> None:
    with ScriptedBroker(code=code) as broker:
        assert line in refusal(broker.url)


def test_refusals_of_mqtt_5() -> None:
    with ScriptedBroker(code=0x9A) as broker:
        assert "refused the connection: it keeps no retained messages" in refusal(broker.url, protocol="5")
    with ScriptedBroker(connack=b"\x24\x00") as broker:
        assert "does not offer QoS 1" in refusal(broker.url, protocol="5")


@pytest.mark.parametrize(("ours", "theirs"), [("3.1.1", "5"), ("5", "3.1.1")])
def test_a_broker_of_another_version(ours: str, theirs: Any, tmp_path: Path) -> None:
    with IotCore(tmp_path, protocol=theirs) as broker:
        assert f"does it speak MQTT {ours} (broker.protocol)" in refusal(broker.url, protocol=ours)


def test_limits_of_the_broker() -> None:
    with ScriptedBroker(connack=b"\x21\x00\x05\x27\x00\x00\x10\x00") as broker:
        made = session(broker.url, protocol="5")
        assert made.open() == Limits(receive_maximum=5, packet=4096)
        made.close()
        assert b"\x27" + LARGEST_PACKET.to_bytes(4) in broker.peers[0].connect


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_another_client_takes_over_our_name(protocol: str, tmp_path: Path) -> None:
    """Neither mosquitto 2.0.11 nor rumqttd gives the reason that MQTT 5 has for it."""
    with Mosquitto(tmp_path) as broker:
        first, second = session(broker.url, protocol=protocol), session(broker.url, protocol=protocol)
        first.open()
        second.open()
        assert "a second gateway may be set up with the same site and gateway id" in closing(first)
        first.close()
        second.close()


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (0x8E, "another client took over our name"),
        (0x8B, "it is shutting down"),
        (0x98, "by an administrator"),
        (0xFE, "sent what is not MQTT"),
    ],
)
def test_a_broker_that_says_why_it_closes(code: int, line: str) -> None:
    with ScriptedBroker(greeting=lambda peer: peer.send(bytes((0xE0, 1, code)))) as broker:
        made = session(broker.url, protocol="5")
        made.open()
        assert line in closing(made)
        made.close()


def test_a_dead_line_is_noticed_by_the_keepalive() -> None:
    with ScriptedBroker(reading=lambda _: False) as broker:
        made = session(broker.url, keepalive=1)
        made.open()
        assert "the line must be dead" in closing(made)
        made.close()


def test_a_packet_that_would_fill_the_memory_ends_the_connection() -> None:
    def huge(peer: Peer) -> None:
        size, length = LARGEST_READ * 4, b""
        for _ in range(4):
            size, low = size >> 7, size & 0x7F
            length += bytes((low | (0x80 if size else 0),))
        peer.send(b"\x30" + length + b"\0\3a/b" + b"x" * 65536)

    with ScriptedBroker(greeting=huge) as broker:
        made = session(broker.url)
        made.open()
        assert f"sends a packet of {LARGEST_READ * 4} bytes" in closing(made)
        assert made.oversized
        made.close()


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(min_size=1, max_size=40), protocol=st.sampled_from(["3.1.1", "5"]))
def test_junk_from_the_broker_ends_the_connection_or_nothing(junk: bytes, protocol: str) -> None:
    def greet(peer: Peer) -> None:
        peer.send(junk)
        peer.close()

    with ScriptedBroker(greeting=greet) as broker:
        made = session(broker.url, protocol=protocol)
        with contextlib.suppress(LinkError):
            made.open()
            closing(made)
        made.close()
    assert not paho_threads()


def test_a_fault_in_paho_s_thread_ends_the_connection_aloud() -> None:
    class Faulty(Inbox):
        def arrive(self, message: Arrived) -> None:
            raise RuntimeError("boom")

    with ScriptedBroker() as broker:
        inbox = Faulty(frozenset())
        made = session(broker.url, inbox)
        made.open()
        broker.peers[0].publish("test/a", b"x")
        assert "what it sent cannot be taken (RuntimeError: boom)" in closing(made)
        made.close()
    assert not paho_threads()


def test_pubacks_arrive_with_their_reason() -> None:
    def refuse(peer: Peer, message: Published) -> None:
        peer.puback(message.mid, 0x87)

    with ScriptedBroker(refuse) as broker:
        made = session(broker.url, protocol="5")
        made.open()
        mid = made.publish("test/a", b"x", retain=False, entry=True)
        assert made.events(PATIENCE) == [Acknowledged(mid, 0x87)]
        made.close()


def test_a_bell_that_was_heard_is_silent(tmp_path: Path) -> None:
    """Else the thread would turn round and round."""
    inbox = Inbox(frozenset())
    with Mosquitto(tmp_path) as broker:
        made = session(broker.url, inbox)
        made.open()
        inbox.bell.ring()
        assert made.events(PATIENCE) == []
        poll = select.poll()
        poll.register(inbox.bell, select.POLLIN)
        assert poll.poll(0) == []
        made.close()


def test_nothing_is_left_behind_by_fifty_connections(tmp_path: Path) -> None:
    """However they end: closed, cleanly closed, stalled with messages on their way, refused."""
    gc.collect()
    before = open_files()
    with (
        Mosquitto(tmp_path) as real,
        ScriptedBroker(lambda *_: None, reading=lambda peer: peer.number % 2 == 0) as mute,
    ):
        for number in range(50):
            url = (real.url, mute.url, f"mqtt://{HOST}:1")[number % 3]
            made = session(url)
            try:
                made.open()
                for _ in range(20):
                    made.publish("test/a", b"x" * 10_000, retain=False, entry=True)
            except LinkError:
                assert url.endswith(":1")
            started = time.monotonic()
            made.close(clean=url == real.url or number == 1)
            assert time.monotonic() - started < PATIENCE
            assert not paho_threads()
        del made
    until(lambda: open_files() <= before, f"closed files: {before} before, now {open_files()}", 5)


def test_a_reset_connection_leaves_no_file_to_the_collector() -> None:
    """A gateway that reconnects for days must not wait for the garbage collector to get its files back."""

    def reset(peer: Peer) -> None:
        peer.reset()

    with ScriptedBroker(greeting=reset) as broker:
        gc.collect()
        gc.disable()
        try:
            for number in range(10):
                made = session(broker.url)
                made.open()
                assert "the connection broke" in closing(made)
                made.close()
                del made
                if number == 0:
                    before = open_files()
            until(lambda: open_files() <= before + 9, "closed files", 5)
        finally:
            gc.enable()


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def paho_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("paho-mqtt-client-ketuk")]
