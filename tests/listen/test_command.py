"""`ketuk listen` as a program: at a real broker, in a pipe and on a terminal, and called wrongly."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from contract.entry import AUDIT
from tests.brokers import Broker, IotCore, Mosquitto, Tls, free_port
from tests.listen.chain import Chain
from tests.pki import Authority

DEADLINE = 30.0


class Listening:
    """One running `ketuk listen`; what it says is gathered line by line."""

    def __init__(self, *arguments: str | Path) -> None:
        self.lines: list[str] = []
        self.notes: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "listen", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
        self._readers = [
            threading.Thread(target=_gather, args=(stream, lines), daemon=True)
            for stream, lines in ((self._process.stdout, self.lines), (self._process.stderr, self.notes))
            if stream is not None
        ]
        for reader in self._readers:
            reader.start()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, f"it did not come: {self.lines} {self.notes}"
            time.sleep(0.02)

    def wait_for_note(self, part: str) -> None:
        self.wait_for(lambda: any(part in note for note in self.notes))

    def interrupt(self, how: signal.Signals = signal.SIGINT) -> int:
        self._process.send_signal(how)
        return self.end()

    def end(self) -> int:
        code = self._process.wait(DEADLINE)
        for reader in self._readers:
            reader.join(DEADLINE)
        return code

    def __enter__(self) -> "Listening":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self.end()


def _gather(stream: IO[str], lines: list[str]) -> None:
    lines.extend(line.rstrip("\n") for line in stream)


def publish(broker: Broker, *messages: tuple[str, bytes], protocol: str = "3.1.1", tls: Tls | None = None) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5 if protocol == "5" else mqtt.MQTTv311)
    if tls is not None:
        client.tls_set(str(tls.ca), str(tls.server.cert), str(tls.server.key))
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(DEADLINE)
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Mosquitto(tmp_path) as made:
        yield made


def test_a_pipe_gets_a_json_line_for_each_punch_and_rubbish_is_one_too(broker: Broker) -> None:
    chain = Chain()
    chain.punch("pin:1042")
    chain.punch("pin:1043", recorded="2026-03-02T12:30:00+07:00")
    with Listening("--broker", broker.url) as listening:
        listening.wait_for_note("connected to")
        publish(
            broker,
            (chain.topic(), chain.raws[0]),
            (chain.topic(), b"\x1b[2Jnonsense"),
            (chain.topic(AUDIT), chain.audit()),
            (chain.topic(), chain.raws[1]),
            (chain.topic(), chain.raws[0]),
        )
        listening.wait_for(lambda: len(listening.lines) == 4)
        assert listening.interrupt() == 0
    objects = [json.loads(line) for line in listening.lines]
    assert [found.get("subject") for found in objects] == ["pin:1042", None, "pin:1043", "pin:1042"]
    assert [found.get("marks") for found in objects] == [[], None, ["late"], ["replayed"]]
    assert objects[1]["error"].startswith("entry: not JSON")
    assert listening.notes[-1] == "ketuk listen: 3 punches: 1 late, 1 replayed; 1 unreadable"


def test_kind_and_site_choose(broker: Broker) -> None:
    chains = [Chain(site="kec-pampangan"), Chain(site="kec-lempuing"), Chain(site="kec-cengal")]
    with Listening(
        *("--broker", broker.url, "--kind", "audit", "--count", "2", "--site", "kec-pampangan", "--site", "kec-cengal")
    ) as listening:
        listening.wait_for_note("connected to")
        for chain in chains:
            publish(broker, (chain.topic(), chain.punch()), (chain.topic(AUDIT), chain.audit()))
        assert listening.end() == 0
    found = [json.loads(line) for line in listening.lines]
    assert [(each["site"], each["kind"]) for each in found] == [("kec-pampangan", "audit"), ("kec-cengal", "audit")]


def test_comes_back_by_itself_when_the_broker_does(broker: Broker) -> None:
    chain = Chain()
    with Listening("--broker", broker.url) as listening:
        listening.wait_for_note("connected to")
        broker.kill()
        listening.wait_for_note("trying again")
        broker.start()
        listening.wait_for(lambda: sum("connected to" in note for note in listening.notes) == 2)
        publish(broker, (chain.topic(), chain.punch()))
        listening.wait_for(lambda: len(listening.lines) == 1)
        assert listening.interrupt(signal.SIGTERM) == 0


def test_a_broker_that_is_not_there_gets_one_line_however_often_it_is_tried() -> None:
    port = free_port()
    with Listening("--broker", f"mqtt://127.0.0.1:{port}", "--for", "3") as listening:
        assert listening.end() == 1
    assert listening.lines == []
    assert listening.notes == [
        f"ketuk listen: no connection to mqtt://127.0.0.1:{port}: nothing listens there; trying again",
        "ketuk listen: 0 punches",
    ]


def test_a_count_that_is_not_met_in_time_is_exit_code_one(broker: Broker) -> None:
    with Listening("--broker", broker.url, "--for", "1.5", "-n", "1") as listening:
        assert listening.end() == 1
    with Listening("--broker", broker.url, "--for", "1.5") as listening:
        assert listening.end() == 0


def test_tls_with_a_client_certificate_and_without(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "ca"), Authority(tmp_path / "other", "other")
    client = authority.client("viewer")
    chain = Chain()
    with Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server())) as broker:
        with Listening("--broker", broker.url, "--ca", authority.ca) as refused:
            refused.wait_for_note("--cert, --key")
            assert refused.interrupt() == 0
        with Listening("--broker", broker.url, "--ca", stranger.ca) as distrusted:
            distrusted.wait_for_note("check --ca")
        with Listening("--broker", f"mqtt://127.0.0.1:{broker.port}") as plain:
            plain.wait_for_note("mqtts://")
        with Listening(
            *("--broker", broker.url, "--ca", authority.ca, "--cert", client.cert, "--key", client.key, "-n", "1")
        ) as listening:
            listening.wait_for_note("connected to")
            publish(broker, (chain.topic(), chain.punch()), tls=Tls(authority.ca, client))
            assert listening.end() == 0
    assert len(listening.lines) == 1


def test_user_name_and_password(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("rahasia\n")
    with Mosquitto(tmp_path, users={"viewer": "rahasia"}) as broker:
        with Listening("--broker", broker.url) as refused:
            refused.wait_for_note("it refused us (not authorized)")
        with Listening("--broker", broker.url, "--username", "viewer", "--password-file", secret) as listening:
            listening.wait_for_note("connected to")
            assert listening.interrupt() == 0


def test_speaks_mqtt_5_too(tmp_path: Path) -> None:
    chain = Chain()
    with (
        IotCore(tmp_path, protocol="5") as broker,
        Listening("--broker", broker.url, "--protocol", "5", "-n", "1") as listening,
    ):
        listening.wait_for_note("connected to")
        publish(broker, (chain.topic(), chain.punch()), protocol="5")
        assert listening.end() == 0


def test_a_reader_that_has_had_enough_ends_it_quietly(broker: Broker) -> None:
    chain = Chain()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "listen", "--broker", broker.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert "connected" in process.stderr.readline()
        publish(broker, (chain.topic(), chain.punch()))
        assert json.loads(process.stdout.readline())["kind"] == "punch"
        process.stdout.close()
        publish(broker, (chain.topic(), chain.punch()))
        assert process.wait(DEADLINE) == 0
        assert process.stderr.read() == "ketuk listen: 2 punches\n"
    finally:
        process.kill()
        process.wait(DEADLINE)
        process.stderr.close()


def test_on_a_terminal_it_draws_a_table(broker: Broker) -> None:
    chain = Chain()
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "listen", "--broker", broker.url],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "110", "LINES": "30"},
    )
    os.close(theirs)
    seen = bytearray()
    reader = threading.Thread(target=_read_pty, args=(mine, seen), daemon=True)
    reader.start()
    try:
        _wait(lambda: b"connected to" in seen, seen)
        publish(broker, (chain.topic(), chain.punch("pin:1042")), (chain.topic(), b"nonsense"))
        _wait(lambda: b"pin:10**" in seen and b"unreadable" in seen, seen)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait(DEADLINE)
        reader.join(DEADLINE)
        os.close(mine)
    assert b"1 punch; 1 unreadable" in seen
    assert b"1042" not in seen
    assert b"Traceback" not in seen


def _read_pty(handle: int, seen: bytearray) -> None:
    while True:
        try:
            seen += os.read(handle, 65536)
        except OSError:
            return


def _wait(condition: Callable[[], bool], seen: bytearray) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, seen.decode(errors="replace")
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--broker", "http://x"], "--broker: expected mqtts:// or mqtt://, got 'http://x'"),
        (["--broker", "mqtt://"], "--broker: no host in 'mqtt://': write mqtt://host:port"),
        (["--broker", "mqtt://x:99999"], "--broker: Port out of range 0-65535: write mqtts://host:port"),
        (["--broker", "mqtt://x:0"], "--broker: port 0 cannot be connected to"),
        (["--broker", "mqtt://me:pw@x"], "--broker: no user or password in it: use --username and --password-file"),
        (["--broker", "mqtt://x/topic"], "--broker: nothing may follow the port, got 'mqtt://x/topic'"),
        (["--ca", "ca.crt"], "--ca, --cert and --key need TLS: write mqtts:// in --broker"),
        (["--broker", "mqtts://x", "--ca", "nowhere.crt"], "--ca: nowhere.crt: no such file"),
        (["--broker", "mqtts://x", "--cert", "a.crt"], "--cert and --key: one is of no use without the other"),
        (["--broker", "mqtts://x", "--cert", "a", "--key", "b"], "--cert and --key: a, b: no such file"),
        (["--password-file", "x"], "--password-file is of no use without --username"),
        (["--username", "me", "--password-file", "nowhere"], "--password-file: nowhere: no such file"),
        (["--site", "Kec Pampangan"], "--site: 'Kec Pampangan' cannot be a site"),
        (["--site", "central"], "--site: 'central' cannot be a site"),
    ],
)
def test_called_wrongly_it_says_what_to_do_and_exits_with_two(arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "listen", *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"ketuk: {message}")
    assert done.stderr.count("\n") == 1


def test_a_ca_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("nonsense")
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "listen", "--broker", "mqtts://x", "--ca", tmp_path / "ca.crt"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"ketuk: --ca: {tmp_path / 'ca.crt'}: not a usable PEM file")


def test_help_names_every_option() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "listen", "--help"], capture_output=True, text=True, check=True
    )
    for option in ("--broker", "--ca", "--cert", "--key", "--site", "--kind", "--count", "--for", "--json", "--unmask"):
        assert option in done.stdout
