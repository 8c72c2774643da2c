"""What `ketuk run` tells: its health, its answers to the centre, its log lines; never who punched, never a secret."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract import topics
from contract.messages import MAX_BYTES
from gateway import keys
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer, clock
from tests.brokers import HOST, Mosquitto
from tests.e2e.office import DEVICE, GATEWAY, SITE, Gateway, audits, confirmed, held, judge, punched, recorded, until
from tests.e2e.witness import Witness

HEALTH = topics.health(SITE, GATEWAY)


@pytest.fixture
def witness(mosquitto: Mosquitto) -> Iterator[Witness]:
    """Fails at the end when a message broke the contract."""
    witness = Witness(mosquitto.port)
    yield witness
    witness.close()
    assert witness.wrong == []


@pytest.fixture
def gateway(tmp_path: Path, terminal: TerminalServer, mosquitto: Mosquitto) -> Iterator[Gateway]:
    """Running, with the terminal's log in its own."""
    with Gateway(tmp_path, {DEVICE: terminal.port}, {"url": mosquitto.url, "health_interval": 0.5}) as gateway:
        until(lambda: terminal.subscribers() == 1 and recorded(gateway) == punched(terminal))
        yield gateway


def test_the_birth_message_names_the_key_that_signs(witness: Witness, gateway: Gateway) -> None:
    until(lambda: bool(witness.on(topics.status(SITE, GATEWAY))))
    assert witness.on(topics.status(SITE, GATEWAY))[0]["key"] == keys.load(gateway.data / keys.NAME).public


def test_health_tells_how_it_is(
    witness: Witness, gateway: Gateway, terminal: TerminalServer, mosquitto: Mosquitto
) -> None:
    until(lambda: any(one["backlog"] >= 120 for one in witness.on(HEALTH)))
    assert witness.on(HEALTH)[-1]["oldest_unacked_s"] >= 0
    with StandIn(HOST, mosquitto.port) as centre:
        terminal.punch("1001")
        judge(centre, terminal)
        confirmed(centre, gateway)
        until(
            lambda: witness.on(HEALTH)[-1]["backlog"] == 0 and witness.on(HEALTH)[-1]["devices"][0]["recorded"] == 121
        )
        told = witness.on(HEALTH)[-1]
    (device,) = told["devices"]
    assert (device["id"], device["driver"], device["state"], device["problem"]) == (DEVICE, "zkteco", "ok", "")
    assert (device["serial"], device["users"]) == (terminal.serial, 30)
    assert 120 <= device["records"] <= 121  # as of the last look
    assert device["last_punch"] == told["last_punch"] == max(one["time"] for one in held(gateway) if "time" in one)
    assert abs(device["offset_s"]) < 2
    assert (told["oldest_unacked_s"], told["link"]["central"], told["clock"]) == (None, "online", {"state": "synced"})
    assert told["logid"] == held(gateway)[0]["logid"]
    terminal.power_off()
    until(lambda: witness.on(HEALTH)[-1]["devices"][0]["problem"] != "")


def test_every_command_is_answered(witness: Witness, gateway: Gateway, terminal: TerminalServer) -> None:
    until(lambda: len(witness.entries()) >= 121)
    pong = witness.ask("ping", "a")["result"]
    assert (pong["logid"], pong["clock"]) == (held(gateway)[0]["logid"], "synced")
    assert pong["next"] >= 122
    assert witness.ask("users", "b")["result"] == {"users": {DEVICE: 30}}
    assert witness.ask("users", "c", device=DEVICE)["result"] == {"users": {DEVICE: 30}}
    nobody = witness.ask("users", "d", device="dapur")
    assert (nobody["ok"], nobody["error"]) == (False, "there is no device 'dapur' here")
    sent = len(witness.entries())
    assert witness.ask("replay", "e", **{"from": 3, "to": 7})["result"] == {"from": 3, "to": 7, "count": 5}
    first = {json.loads(raw)["sequence"]: raw for raw in witness.entries()[:sent]}
    again = [first[f"{number:020}"] for number in range(3, 8)]
    until(lambda: [raw for raw in witness.entries()[sent:] if raw in again] == again)
    verbs = [(detail["verb"], detail["outcome"]) for event, detail in audits(gateway) if event == "command-received"]
    assert ("replay", "carried out") in verbs


def test_a_clock_is_set_when_the_centre_asks(witness: Witness, gateway: Gateway, terminal: TerminalServer) -> None:
    assert terminal.command("clock +120")["ok"] is True
    assert DEVICE in witness.ask("sync-clock", "a")["result"]["offsets_s"]
    until(lambda: abs(terminal.clock_now() - clock.jakarta()) < timedelta(seconds=3))
    until(lambda: "terminal-clock-set" in dict(audits(gateway)))


JUNK: list[tuple[str, bytes, str | None]] = [
    ("reboot", b'{"request":"j1"}', "no such verb"),
    ("replay", b'{"request":"j2","from":9,"to":2}', "from"),
    ("replay", b'{"request":"j3","from":"1; reboot","to":2}', "from"),
    ("replay", b'{"request":"j4","from":1,"to":99999999999999999999999}', "to"),
    ("users", b'{"request":"j5","device":["pintu-depan"]}', ""),
    ("users", b'{"request":"j6","device":"' + b"x" * 2000 + b'"}', ""),
    ("sync-clock", b'{"request":"j7","device":7}', ""),
    ("ping", b'{"request":7}', None),
    ("ping", b"", None),
    ("ping", b"\xff\xfe\x00", None),
    ("ping", b"[" * 20_000, None),
    ("ping", b'{"request":"' + b"x" * MAX_BYTES + b'"}', None),
    ("a/b/c", b'{"request":"j8"}', None),
    ("", b'{"request":"j9"}', None),
]


def test_junk_is_answered_or_ignored_and_ends_nothing(witness: Witness, gateway: Gateway) -> None:
    for verb, payload, _ in JUNK:
        witness.say(verb, payload)
    for verb, payload, error in JUNK:
        if error is not None:
            reply = witness.reply(verb, json.loads(payload)["request"])
            assert reply["ok"] is False
            assert error in reply["error"]
    assert witness.ask("ping", "after")["ok"] is True
    replies = [topic for topic, _ in witness.messages if "/reply/" in topic]
    assert len(replies) == sum(error is not None for *_, error in JUNK) + 1
    assert "Traceback" not in gateway.said
    assert len(held(gateway)) < 130  # nobody fills the log from outside
    assert gateway.stop() == 0


# Log lines


def _lines(gateway: Gateway) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gateway.said.splitlines()]


def test_log_lines_are_json_in_the_offices_time(gateway: Gateway) -> None:
    assert gateway.stop() == 0
    for line in _lines(gateway):
        assert (
            {"time", "level", "logger", "message"} <= set(line) <= {"time", "level", "logger", "message", "exception"}
        )
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(hours=7)
    assert _lines(gateway)[-1]["message"] == f"/{SITE}/{GATEWAY}: stopped"


def test_neither_people_nor_secrets_are_in_the_log(tmp_path: Path, witness: Witness, mosquitto: Mosquitto) -> None:
    """Whatever happens to them: a wrong key, a wrong password, a turned clock, alarms, nonsense that names people."""
    pins = {"73310042", "197811302005011003"}
    with TerminalServer("tft-tcp", comm_key=918273, users=3) as terminal, TerminalServer(comm_key=11) as other:
        gateway = Gateway(tmp_path, {DEVICE: terminal.port, "lain": other.port}, {"url": mosquitto.url})
        gateway.config.write_text(gateway.config.read_text().replace('"127.0.0.1"', '"127.0.0.1"\ncomm_key = 918273'))
        gateway.program = (*gateway.program[:-1], "-v", "-c")
        with gateway:
            until(lambda: terminal.subscribers() == 1)
            until(lambda: "wrong comm key" in gateway.said)
            for pin in sorted(pins):
                terminal.punch(pin)
                terminal.alarm("duress", pin)
            assert terminal.command("clock +1800000000")["ok"] is True  # 2083
            for pin in sorted(pins):
                terminal.punch(pin)
                witness.say("users", json.dumps({"request": f"pin:{pin}", "device": f"pin:{pin}"}).encode())
                witness.say(f"pin:{pin}", b'{"request":"a"}')
            until(lambda: any(event == "record-implausible" for event, _ in audits(gateway)))
            until(lambda: all(f"pin:{pin}" in str(held(gateway)) for pin in pins))
            assert gateway.stop() == 0
        _clean(gateway, {*pins, "918273"})


def test_a_password_is_not_in_the_log(tmp_path: Path) -> None:
    secret = "sangat-rahasia-2024"  # noqa: S105
    (tmp_path / "password").write_text(secret)
    (tmp_path / "password").chmod(0o600)
    keys = {"username": "gw1", "password_file": str(tmp_path / "password")}
    with Mosquitto(tmp_path, users={"gw1": "another one"}) as broker:
        gateway = Gateway(tmp_path, {}, {"url": broker.url, **keys})
        gateway.program = (*gateway.program[:-1], "-v", "-c")
        with gateway:
            until(lambda: "refused the connection" in gateway.said)
            assert gateway.stop() == 0
        _clean(gateway, {secret})


def _clean(gateway: Gateway, secrets: set[str]) -> None:
    assert len(_lines(gateway)) >= 3
    for secret in secrets:
        assert secret not in gateway.said


def test_a_line_that_repeats_is_counted(witness: Witness, gateway: Gateway) -> None:
    for number in range(5):
        witness.ask("reboot", str(number))
    assert gateway.stop() == 0
    said = [line["message"] for line in _lines(gateway) if "reboot" in line["message"]]
    assert said == ["command 'reboot' refused: command: no such verb: reboot" + more for more in ("", " (and 3 more)")]
