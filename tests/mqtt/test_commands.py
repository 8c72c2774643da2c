"""What the centre may ask: answered, refused with the reason, or said in the log; never a crash, never a standstill."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from contract import topics
from contract.jsontext import dumps
from contract.messages import MAX_BYTES, parse_reply
from gateway.errors import DeviceSilent
from gateway.log.log import Log
from gateway.mqtt.client import LARGEST_READ
from gateway.mqtt.commands import MAX_WAITING, Commands, Handler, Reply
from tests.brokers import Mosquitto
from tests.mqtt.conftest import Start
from tests.mqtt.scripted import Peer, Published, ScriptedBroker
from tests.mqtt.support import GATEWAY, SITE, Listener, punches, settings, until
from tests.schemas import check_message


class Running:
    """Commands with a thread, and what they said."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self.ready, self.audits = threading.Event(), list[tuple[str, str]]()
        self.commands = Commands(handlers, {}, self.ready.set, lambda *what: self.audits.append(what))
        self.commands.start()
        self.got: list[Reply] = []

    def replies(self, count: int) -> list[dict[str, object]]:
        def enough() -> bool:
            self.got += self.commands.replies()
            return len(self.got) >= count

        until(enough, f"{count} replies")
        assert len(self.got) == count
        return [parse_reply(reply.payload) for reply in self.got]


@pytest.fixture
def running() -> Iterator[Callable[..., Running]]:
    made: list[Running] = []

    def run(**handlers: Handler) -> Running:
        made.append(Running(handlers))
        return made[-1]

    yield run
    for one in made:
        one.commands.stop()


def test_a_command_is_carried_out_and_answered(running: Callable[..., Running]) -> None:
    asked: list[dict[str, object]] = []

    def users(command: dict[str, object]) -> dict[str, object]:
        asked.append(command)
        return {"users": {"pintu-depan": 12}}

    run = running(users=users)
    assert run.commands.submit("users", b'{"request":"r1","device":"pintu-depan"}', retained=False)
    assert run.replies(1) == [{"request": "r1", "ok": True, "result": {"users": {"pintu-depan": 12}}}]
    assert run.got[0].verb == "users"
    assert asked == [{"request": "r1", "device": "pintu-depan"}]
    assert run.audits == [("users", "carried out")]


def failing(error: Exception) -> Handler:
    def handler(_: dict[str, object]) -> dict[str, object]:
        raise error

    return handler


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (failing(DeviceSilent("pintu-depan does not answer")), "pintu-depan does not answer"),
        (failing(KeyError("x")), "failed inside the gateway, see its log: KeyError"),
        (lambda _: {"much": "x" * MAX_BYTES}, "reply: too large"),
        (lambda _: {"odd": float("nan")}, "failed inside the gateway, see its log: ValueError"),
        (lambda _: {"odd": object()}, "failed inside the gateway, see its log: TypeError"),
    ],
)
def test_a_handler_that_fails_is_a_refusal_and_the_next_is_carried_out(
    handler: Handler, said: str, running: Callable[..., Running]
) -> None:
    run = running(users=handler, ping=lambda _: {})
    run.commands.submit("users", b'{"request":"r1"}', retained=False)
    run.commands.submit("ping", b'{"request":"r2"}', retained=False)
    refusal, answer = run.replies(2)
    assert refusal == {"request": "r1", "ok": False, "error": said}
    assert answer["ok"] is True


@pytest.mark.parametrize(
    ("verb", "payload", "said"),
    [
        ("users", b'{"request":"r1"}', "command: users is not available on this gateway"),
        ("reboot", b'{"request":"r1"}', "command: no such verb: reboot"),
        ("replay", b'{"request":"r1","from":5,"to":2}', "command.from: "),
        ("replay", b'{"request":"r1"}', "command.from: "),
        ("ping", b'{"request":7}', None),
        ("ping", b'{"request":"' + b"x" * 65 + b'"}', None),
        ("ping", b"{", None),
        ("ping", b"", None),
        ("ping", b"\xff\xfe", None),
        ("ping", b"[" * 10_000, None),
        ("ping", b'{"request":"r1","more":"' + b"x" * MAX_BYTES + b'"}', None),
        ("Re/boot", b'{"request":"r1"}', None),
    ],
)
def test_what_is_not_a_command(
    verb: str, payload: bytes, said: str | None, running: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    run = running(ping=lambda _: {})
    assert not run.commands.submit(verb, payload, retained=False)
    assert "refused" in caplog.text
    assert run.audits[0][1].startswith("refused: ")
    found = run.commands.replies()
    if said is None:
        assert found == []
    else:
        reply = parse_reply(found[0].payload)
        assert (reply["request"], reply["ok"]) == ("r1", False)
        assert str(reply["error"]).startswith(said)


@given(
    verb=st.text(max_size=12), payload=st.binary(max_size=80) | st.from_type(dict[str, int]).map(dumps).map(str.encode)
)
def test_anything_at_all_is_survived(verb: str, payload: bytes) -> None:
    commands = Commands({}, {}, lambda: None, lambda *_: None)
    assert commands.submit(verb, payload, retained=False) is False
    for reply in commands.replies():
        parse_reply(reply.payload)


def test_a_retained_command_is_not_carried_out(
    running: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    run = running(ping=lambda _: {})
    assert not run.commands.submit("ping", b'{"request":"r1"}', retained=True)
    run.commands.submit("ping", b'{"request":"r2"}', retained=False)
    assert [reply["request"] for reply in run.replies(1)] == ["r2"]
    assert "remove it from the broker" in caplog.text


def test_more_than_can_wait_are_told_so(running: Callable[..., Running]) -> None:
    go, begun = threading.Event(), threading.Event()

    def slow(_: dict[str, object]) -> dict[str, object]:
        begun.set()
        go.wait(10)
        return {}

    run = running(users=slow)
    run.commands.submit("users", b'{"request":"r0"}', retained=False)
    assert begun.wait(5)
    for number in range(1, MAX_WAITING + 4):
        run.commands.submit("users", b'{"request":"r%d"}' % number, retained=False)
    refused = run.replies(3)
    assert all("busy" in str(reply["error"]) for reply in refused)
    go.set()
    assert sum(reply["ok"] is True for reply in run.replies(3 + MAX_WAITING + 1)) == MAX_WAITING + 1


# On the wire


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as made:
        yield made


def ask(listener: Listener, verb: str, **members: Any) -> dict[str, object]:
    payload = json.dumps({"request": "r1", **members}).encode()
    before = len(listener.on(topics.reply(SITE, GATEWAY, verb)))
    listener.publish(topics.command(SITE, GATEWAY, verb), payload)
    until(lambda: len(listener.on(topics.reply(SITE, GATEWAY, verb))) > before, f"the reply to {verb}")
    return check_message(topics.reply(SITE, GATEWAY, verb), listener.on(topics.reply(SITE, GATEWAY, verb))[-1])


def test_ping_and_replay(broker: Mosquitto, log: Log, start: Start) -> None:
    audits: list[tuple[str, dict[str, object]]] = []
    with Listener(broker.port) as listener:
        log.append(punches(30))
        forwarder = start(settings(broker.url), audit=lambda *what: audits.append(what))
        until(lambda: len(listener.raws) == 31, "the entries")
        assert ask(listener, "ping")["ok"] is True
        time.sleep(0.35)  # the resend gap
        listener.clear()
        assert ask(listener, "replay", **{"from": 7, "to": 12})["result"] == {"from": 7, "to": 12, "count": 6}
        until(lambda: len(listener.raws) == 6, "the entries asked for")
        assert listener.sequences == [7, 8, 9, 10, 11, 12]
        assert ask(listener, "replay", **{"from": 100, "to": 200})["result"] == {"from": 100, "to": 31, "count": 0}
        other = ask(listener, "replay", **{"from": 1, "to": 2, "logid": "gw1.00000000"})
        assert other["ok"] is False
        assert log.marks().logid in str(other["error"])
        assert [detail["verb"] for event, detail in audits if event == "command-received"] == ["replay"] * 3
        assert forwarder.snapshot().counters.commands == 4


def test_a_replay_of_what_was_never_sent_does_not_send_it_twice(log: Log, start: Start) -> None:
    held: list[tuple[Peer, int]] = []
    holding = True

    def hold(peer: Peer, message: Published) -> None:
        if holding and message.is_entry:
            held.append((peer, message.mid))
        else:
            peer.puback(message.mid)

    log.append(punches(30))
    with ScriptedBroker(hold) as broker:
        forwarder = start(settings(broker.url, window=3, resend_gap=0.05))
        until(lambda: len(held) == 3, "a full window")
        command = json.dumps({"request": "r1", "from": 1, "to": 31}).encode()
        broker.peers[0].publish(topics.command(SITE, GATEWAY, "replay"), command)
        until(lambda: forwarder.snapshot().counters.commands == 1, "the command")
        holding = False
        for peer, mid in held:
            peer.puback(mid)
        until(lambda: log.marks().published == 31, "everything")
        until(lambda: any("/reply/replay" in message.topic for message in broker.peers[0].published), "the reply")
        assert [message.payload for message in broker.entries] == [stored.raw for stored in log.read(0, 100)]


def test_a_slow_command_holds_up_no_entry(broker: Mosquitto, log: Log, start: Start) -> None:
    go = threading.Event()

    def slow(_: dict[str, object]) -> dict[str, object]:
        assert go.wait(20)
        return {"users": {"pintu-depan": 12}}

    with Listener(broker.port) as listener:
        start(settings(broker.url), commands={"users": slow})
        until(lambda: log.marks().published == 1, "the first entry")
        listener.publish(topics.command(SITE, GATEWAY, "users"), b'{"request":"r1"}')
        log.append(punches(50))
        until(lambda: len(listener.raws) == 51, "the entries")
        go.set()
        until(lambda: listener.on(topics.reply(SITE, GATEWAY, "users")), "the reply")


def test_a_huge_retained_command_does_not_shut_us_out(broker: Mosquitto, log: Log, start: Start) -> None:
    with Listener(broker.port) as listener:
        topic = topics.command(SITE, GATEWAY, "ping")
        listener.publish(topic, b"x" * (LARGEST_READ + 1), retain=True)
        log.append(punches(5))
        forwarder = start(settings(broker.url))
        until(lambda: log.marks().published == 6, "the entries")
        assert "remove that (retained) message there" in str(forwarder.snapshot().last_error)
        until(lambda: forwarder.snapshot().connected, "the second connection")


def test_health_is_sent_at_once_when_asked_for_and_survives_a_fault(broker: Mosquitto, log: Log, start: Start) -> None:
    calls: list[int] = []

    def facts() -> dict[str, object]:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("no facts yet")
        if len(calls) == 2:
            return {"odd": float("nan")}
        return {"x" * 70_000: 1} if len(calls) == 3 else HEALTH

    with Listener(broker.port) as listener:
        forwarder = start(settings(broker.url), health=facts)
        for count in range(1, 4):
            until(lambda wanted=count: len(calls) == wanted, "the question")  # type: ignore[misc]
            forwarder.publish_health()
        until(lambda: listener.on(topics.health(SITE, GATEWAY)), "the health message")
        assert len(calls) == 4
        assert forwarder.snapshot().counters.connects == 1


HEALTH: dict[str, object] = {
    "time": "2025-11-24T10:00:00+07:00",
    "uptime_s": 1,
    "logid": "gw1.7f3a9c2e",
    "backlog": 0,
    "oldest_unacked_s": None,
    "last_punch": None,
    "devices": [],
    "clock": {"state": "synced", "offset_s": 0.0},
    "disk": {"free_mb": 900.0, "log_mb": 1.0},
    "temperature_c": None,
}
