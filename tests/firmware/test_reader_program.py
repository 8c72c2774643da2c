"""`ketuk sim reader`: the whole firmware from .mpy files, on simulated chips, against a real broker and a centre."""

import functools
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from contract import topics
from contract.audit import EVENTS
from contract.entry import parse
from provisioning.image import Release, compile_module, fill, manifest, modulus, publish, sign
from simulators.reader.main import BUILT
from simulators.standin import StandIn
from tests.brokers import Mosquitto
from tests.firmware.program import NAME, SITE, UID, Reader, options, until
from tests.schemas import check_message


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


def entries(centre: StandIn) -> list[dict[str, Any]]:
    return [parse(raw) for logid in centre.report()["logs"] for raw in centre.entries(logid)]  # type: ignore[misc]


def subjects(centre: StandIn) -> list[str]:
    return [event["subject"] for event in entries(centre) if event["type"] == "ketuk.punch.v1"]


class Listener:
    """Everything that is published, held against the contract as it comes."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, dict[str, object]]] = []
        self.wrong: list[str] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "listener")
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe("ketuk/#", 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _take(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        try:
            self.messages.append((message.topic, check_message(message.topic, message.payload)))
        except (AssertionError, ValueError) as error:
            if message.topic.endswith("/update"):  # not in the contract's list of verbs yet: it has no schema
                return
            self.wrong.append(f"{message.topic} {message.payload!r}: {error}")

    def of(self, rest: str) -> list[dict[str, Any]]:
        return [message for topic, message in self.messages if topic.endswith("/" + rest)]

    def ask(self, verb: str, **arguments: object) -> None:
        body = json.dumps({"request": "r1", **arguments}).encode()
        self._client.publish(topics.command(SITE, NAME, verb), body, 1)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    listening = Listener(broker.port)
    yield listening
    listening.stop()
    assert not listening.wrong


def test_taps_arrive_once_through_wifi_loss_and_power_cuts(
    broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    with (
        StandIn("127.0.0.1", broker.port) as centre,
        Reader(tmp_path / "device", options(broker)) as reader,
    ):
        first = reader.do(f"tap {UID}")
        assert first["shown"][0] == "Tercatat"
        assert first["light"] == "g"
        assert first["heard_hz"] == [2400]
        assert reader.do(f"tap {UID}")["shown"] == ["Sudah tercatat"]
        assert reader.do("two-cards")["shown"] == ["Satu kartu saja"]
        centre.wait_for(lambda now: now["punches"] == 1, 30)
        reader.do("wifi off")
        assert reader.do("tap 04A1B2C3D4E581")["shown"][0] == "Tercatat"
        reader.do("cut power 0")
        assert reader.do("tap DEADBEEF")["shown"][0] == "Tercatat"
        assert reader.do("tap 08AABBCC random")["shown"] == ["Kartu acak", "Pakai kartu lain"]
        centre.wait_for(lambda now: now["punches"] == 4, 60)
        report = centre.report()
        assert report["repeated"] == 0
        assert report["rubbish"] == 0
        assert not [log for log in report["logs"].values() if log["broken"] or log["forks"] or log["missing"]]
        assert sorted(subjects(centre)) == [
            "card:04A1B2C3D4E580",
            "card:04A1B2C3D4E581",
            "card:08AABBCC",
            "card:DEADBEEF",
        ]
        until(lambda: bool(listener.of("health")), lambda: listener.messages)
        health = listener.of("health")[-1]
        assert health["devices"][0]["state"] == "ok"
        assert health["clock"]["state"] == "synced"
        events = [event["data"]["event"] for event in entries(centre) if event["type"] == "ketuk.audit.v1"]
        assert events.count("software-started") == 2
        assert set(events) <= set(EVENTS)


def test_commands_and_a_lost_clock(broker: Mosquitto, listener: Listener, tmp_path: Path) -> None:
    with StandIn("127.0.0.1", broker.port) as centre, Reader(tmp_path / "device", options(broker)) as reader:
        reader.do("clock lost")
        reader.do("cut power 0")
        reader.do(f"tap {UID}")
        centre.wait_for(lambda now: now["punches"] == 1, 30)
        [punch] = [event for event in entries(centre) if event["type"] == "ketuk.punch.v1"]
        assert "time" not in punch
        assert punch["data"]["clock"]["state"] == "unset"
        listener.ask("ping")
        listener.ask("sync-clock", time="2026-06-01T07:28:00+07:00")
        listener.ask("replay", **{"from": 1, "to": 2})
        for verb in ("ping", "sync-clock", "replay"):
            until(lambda verb=verb: bool(listener.of(f"reply/{verb}")), lambda: (listener.messages, reader.printed))  # type: ignore[misc]
            assert listener.of(f"reply/{verb}")[0]["ok"], listener.of(f"reply/{verb}")
        shown = reader.do("tap DEADBEEF")["shown"]
        assert shown == ["Tercatat", "07.28"]


def test_a_sick_chip_heals_or_says_so(broker: Mosquitto, tmp_path: Path) -> None:
    with Reader(tmp_path / "device", options(broker)) as reader:
        reader.do("brown-out")
        assert reader.do(f"tap {UID}")["shown"][0] == "Tercatat"
        reader.do("break bus none")
        until(lambda: reader.do("show")["shown"] == ["Pembaca rusak", "Hubungi teknisi"], lambda: reader.do("show"))
        reader.do("mend")
        until(lambda: reader.do("show")["shown"] == ["Ketuk kartu"], lambda: reader.do("show"))
        assert reader.do("tap DEADBEEF")["shown"][0] == "Tercatat"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An HTTP server for updates: its URL and its folder."""
    folder = tmp_path / "www"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()


def updatable(broker: Mosquitto, folder: Path, key: rsa.RSAPrivateKey) -> Reader:
    return Reader(folder, options(broker, more={"update": {"key": modulus(key.public_key())}}))


def births(listener: Listener) -> list[str]:
    return [message["version"] for message in listener.of("status") if "version" in message]


def test_an_update_is_installed_proves_itself_and_keeps_every_tap(
    broker: Mosquitto, listener: Listener, key: rsa.RSAPrivateKey, shop: tuple[str, Path], tmp_path: Path
) -> None:
    publish(shop[1], Release("0.2.0", BUILT + 1), key)
    with (
        StandIn("127.0.0.1", broker.port) as centre,
        updatable(broker, tmp_path / "device", key) as reader,
    ):
        reader.do(f"tap {UID}")
        until(lambda: "0.1.0" in births(listener), lambda: (listener.messages, reader.printed))
        listener.ask("update", url=shop[0])
        until(lambda: "0.2.0" in births(listener), lambda: (births(listener), reader.printed))
        until(lambda: (reader.folder / "slot").read_text() == "b 0", (reader.folder / "slot").read_text)
        reader.do("tap DEADBEEF")
        centre.wait_for(lambda now: now["punches"] == 2, 60)
        assert centre.report()["repeated"] == 0


def test_an_update_that_does_not_prove_itself_is_taken_back(
    broker: Mosquitto, listener: Listener, key: rsa.RSAPrivateKey, shop: tuple[str, Path], tmp_path: Path
) -> None:
    release = Release("0.3.0", BUILT + 2)
    files = fill(shop[1], release)
    files["firmware/start.mpy"] = compile_module("import machine\n\ndef run():\n    machine.reset()\n", "start")
    (shop[1] / "firmware/start.mpy").write_bytes(files["firmware/start.mpy"])
    sign(shop[1], manifest(release, files), key)
    with StandIn("127.0.0.1", broker.port) as centre, updatable(broker, tmp_path / "device", key) as reader:
        reader.do(f"tap {UID}")
        until(lambda: "0.1.0" in births(listener), lambda: (listener.messages, reader.printed))
        listener.ask("update", url=shop[0])
        until(lambda: reader.board.resets >= 4, lambda: (reader.board.resets, reader.printed))
        until(lambda: len(births(listener)) >= 2, lambda: (births(listener), reader.printed))
        assert births(listener)[-1] == "0.1.0"
        until(lambda: (reader.folder / "slot").read_text() == "a 0", (reader.folder / "slot").read_text)
        reader.do("tap DEADBEEF")
        centre.wait_for(lambda now: now["punches"] == 2, 60)
        taken_back = [event for event in entries(centre) if event["data"].get("detail", {}).get("taken-back")]
        assert len(taken_back) == 1


def spoil(fault: str, folder: Path) -> None:
    """Make a published release wrong in one way."""
    app, listing = folder / "firmware" / "app.mpy", folder / "manifest.json"
    raw = app.read_bytes()
    if fault == "signature":
        listing.write_bytes(listing.read_bytes().replace(b"0.4.0", b"0.4.1"))
    elif fault == "file":
        app.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    elif fault == "missing":
        app.unlink()


def test_a_bad_update_changes_nothing(
    broker: Mosquitto, listener: Listener, key: rsa.RSAPrivateKey, shop: tuple[str, Path], tmp_path: Path
) -> None:
    reasons = {
        "signature": "the signature is not by the key of this reader",
        "file": "firmware/app.mpy: not the file that was signed",
        "old": "it is not newer than what runs",
        "missing": "firmware/app.mpy: the server answers 404",
    }
    with StandIn("127.0.0.1", broker.port) as centre, updatable(broker, tmp_path / "device", key) as reader:

        def outcomes() -> list[str]:
            details = [event["data"].get("detail", {}) for event in entries(centre)]
            return [detail["outcome"] for detail in details if detail.get("verb") == "update"]

        for number, (fault, reason) in enumerate(reasons.items(), 1):
            publish(shop[1], Release("0.4.0", BUILT - 1 if fault == "old" else BUILT + 3), key)
            spoil(fault, shop[1])
            until(lambda number=number: len(births(listener)) >= number, lambda: (listener.messages, reader.printed))  # type: ignore[misc]
            listener.ask("update", url=shop[0])
            until(lambda reason=reason: f"failed: {reason}" in outcomes(), lambda: (outcomes(), reader.printed))  # type: ignore[misc]
        assert reader.board.resets == 0
        assert reader.do(f"tap {UID}")["shown"][0] == "Tercatat"
        centre.wait_for(lambda now: now["punches"] == 1, 60)


def test_the_command_line(broker: Mosquitto) -> None:
    command = [sys.executable, "-m", "gateway.cli", "sim", "reader", "--broker", broker.url]
    done = subprocess.run(
        command, input=f"tap {UID}\nnonsense\nquit\n", capture_output=True, text=True, timeout=60, check=False
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["ok"] for answer in answers] == [True, True, False, True], done.stderr
    assert answers[0]["ready"]
    assert done.returncode == 0
    wrong = subprocess.run([*command[:-1], "http://x"], capture_output=True, text=True, timeout=60, check=False)
    assert wrong.returncode == 2
    assert "mqtt://" in wrong.stderr
