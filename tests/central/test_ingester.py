"""The ingester as a process, between a real broker and a real database."""

import json
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.config import partition
from central.ingest.arrival import Arrival
from central.store import open_database
from contract import topics
from simulators.line import Line
from tests.brokers import HOST, IotCore, Mosquitto
from tests.central.books import Centre
from tests.central.chain import Chain
from tests.central.running import CentreProcess, write_config
from tests.central.wire import Wire
from tests.postgres import Cluster


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def config(tmp_path: Path, mosquitto: Mosquitto, url: str) -> Path:
    return write_config(tmp_path / "central.toml", mosquitto.url, url)


def books(url: str) -> Centre:
    return Centre(open_database(url))


def test_entries_in_watermark_out_goodbye(config: Path, mosquitto: Mosquitto, url: str) -> None:
    chain = Chain().punches(100)
    with Wire(mosquitto.port) as wire:
        with CentreProcess(config) as centre:
            wire.writable(True)
            wire.send([chain.birth()], chain.messages())
            wire.confirmed(chain)
            assert centre.stop() == 0
        assert wire.says_writable() is False
    assert books(url).held(chain.logid) == chain.raws
    assert "100 entries, 0 again, 1 gateways" in centre.said
    assert all(json.loads(line)["message"] for line in centre.said.splitlines())


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
@pytest.mark.parametrize("kind", ["mosquitto", "iotcore"])
def test_brokers_and_protocols(kind: str, protocol: str, tmp_path: Path) -> None:
    chain = Chain().punches(120)
    broker = Mosquitto(tmp_path) if kind == "mosquitto" else IotCore(tmp_path, protocol=protocol)  # type: ignore[arg-type]
    database = f"sqlite:{tmp_path / 'central.db'}"
    file = write_config(tmp_path / "central.toml", broker.url, database, broker={"protocol": protocol})
    with broker, CentreProcess(file) as centre, Wire(broker.port, protocol=protocol) as wire:
        wire.writable(True)
        wire.send(chain.messages())
        wire.confirmed(chain)
        assert centre.stop() == 0


def test_a_batch_larger_than_the_broker_lets_be_on_their_way(tmp_path: Path) -> None:
    """It only waits its `linger_ms`: there is nothing that both sides wait for."""
    chain = Chain().punches(60)
    database = f"sqlite:{tmp_path / 'central.db'}"
    with Mosquitto(tmp_path, extra="max_inflight_messages 3") as broker:
        file = write_config(tmp_path / "central.toml", broker.url, database, ingest={"batch": 500})
        with CentreProcess(file), Wire(broker.port) as wire:
            wire.writable(True)
            wire.send(chain.messages())
            wire.confirmed(chain)


def test_a_disk_that_is_full_and_free_again(tmp_path: Path, mosquitto: Mosquitto) -> None:
    chain = Chain().punches(900)  # a mosquitto keeps 1,000 for a client that does not acknowledge
    with small_disk(tmp_path, "1m") as disk, Wire(mosquitto.port) as wire:
        url = f"sqlite:{disk / 'central.db'}"
        with CentreProcess(write_config(tmp_path / "central.toml", mosquitto.url, url)) as centre:
            wire.writable(True)
            wire.send(chain.messages())
            wire.writable(False)
            assert "full" in [said["reason"] for _, said in wire.history if "reason" in said][-1]
            mount("-o", "remount,size=60m", str(disk))
            wire.writable(True)
            wire.confirmed(chain)
            assert centre.stop() == 0
        assert books(url).held(chain.logid) == chain.raws


@contextmanager
def small_disk(tmp_path: Path, size: str) -> Iterator[Path]:
    """A file system of its own."""
    disk = tmp_path / "small"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk))
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)  # noqa: S607


def mount(*arguments: str) -> None:
    """Where that is not allowed the test is skipped."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")


def test_what_is_missing_is_asked_for_again_and_again(config: Path, mosquitto: Mosquitto) -> None:
    chain = Chain().punches(20)
    with Wire(mosquitto.port) as wire, CentreProcess(config):
        wire.writable(True)
        wire.send(chain.messages(1, 8), chain.messages(12))
        asked = (8, chain.hash(8), [(9, 11)])
        wire.wait_for(lambda: wire.acks.get(chain.logid) == asked)
        count = len(wire.history)
        wire.wait_for(lambda: len(wire.history) >= count + 2)
        wire.send(chain.messages(9, 11))
        wire.confirmed(chain)


def test_killed_again_and_again_while_entries_come(config: Path, mosquitto: Mosquitto, url: str) -> None:
    chance = random.Random(9)
    chain = Chain().punches(900)  # a mosquitto keeps 1,000 for a client that is away, and drops the rest
    with Wire(mosquitto.port) as wire, CentreProcess(config) as centre:
        wire.writable(True)
        for first in range(1, 901, 180):
            wire.send(chain.messages(first, first + 179))
            time.sleep(chance.uniform(0, 0.05))
            centre.kill()
            centre.start()
            wire.wait_for(lambda first=first: wire.acks.get(chain.logid, (0,))[0] > first)
        wire.confirmed(chain)
        centre.ready()
        assert centre.stop() == 0
    found = books(url)
    assert found.held(chain.logid) == chain.raws
    assert found.rows("SELECT count(*) FROM punch") == [900]
    assert found.alarms() == []


def test_a_broker_that_lost_everything(config: Path, mosquitto: Mosquitto) -> None:
    chain = Chain().punches(60)
    with CentreProcess(config):
        with Wire(mosquitto.port) as wire:
            wire.writable(True)
            wire.send(chain.messages(1, 40))
            wire.confirmed(chain, 40)
        mosquitto.kill()
        mosquitto.wipe()
        mosquitto.start()
        with Wire(mosquitto.port) as wire:
            wire.writable(True)
            wire.confirmed(chain, 40)  # what gateways find when they come back
            wire.send(chain.messages(41))
            wire.confirmed(chain)


def test_poison_blocks_nothing(config: Path, mosquitto: Mosquitto, url: str) -> None:
    chain = Chain().punches(30)
    poison = [
        Arrival(chain.topic(), b"\x00\xff" * 100),
        Arrival(chain.topic(), b"{" * 70000),
        Arrival(topics.status("kec-pampangan", "gw1"), b"[]"),
        Arrival("ketuk/v1/UPPER/gw1/log/punch", chain.raws[0]),
    ]
    with Wire(mosquitto.port) as wire, CentreProcess(config):
        wire.writable(True)
        for number, message in enumerate(chain.messages()):
            wire.send([poison[number % 4], message])
        wire.confirmed(chain)
    assert books(url).rows("SELECT count(*) FROM dead_letter") == [4]


def test_values_that_a_database_refuses_are_buried(config: Path, mosquitto: Mosquitto, url: str) -> None:
    chain = Chain().punches(12)
    database = books(url)
    with Wire(mosquitto.port) as wire, CentreProcess(config):
        wire.writable(True)
        with database.database.transaction() as sql:  # what no column of ours refuses by itself
            sql.script(_REFUSE_7[database.database.dialect])
        wire.send(chain.messages())
        wire.wait_for(lambda: wire.acks.get(chain.logid) == (6, chain.hash(6), [(7, 7)]))
    assert database.rows("SELECT times > 0 FROM dead_letter") in ([1], [True])
    assert "seven" in database.rows("SELECT reason FROM dead_letter")[0]


def test_nothing_is_acknowledged_before_the_commit(tmp_path: Path, mosquitto: Mosquitto, url: str) -> None:
    chain = Chain().punches(5)
    config = write_config(tmp_path / "central.toml", mosquitto.url, url, database={"slow_s": 0.3})
    database = open_database(url)
    with Wire(mosquitto.port) as wire, CentreProcess(config) as centre:
        wire.writable(True)
        with database.transaction() as sql:  # somebody holds the tables, and the ingester waits
            if database.dialect == "postgres":
                sql.run("LOCK TABLE log IN ACCESS EXCLUSIVE MODE")
            wire.send(chain.messages())
            wire.writable(False)
            centre.kill()
        centre.start()
        centre.ready()
        wire.confirmed(chain)
        assert centre.stop() == 0


_REFUSE_7 = {
    "sqlite": "CREATE TRIGGER seven BEFORE INSERT ON entry WHEN new.sequence = 7"
    " BEGIN SELECT RAISE(ABORT, 'no seven'); END;",
    "postgres": "ALTER TABLE entry ADD CONSTRAINT seven CHECK (sequence <> 7)",
}


class TestPostgresAlone:
    @pytest.fixture
    def url(self, cluster: Cluster) -> str:
        return cluster.url(cluster.database())

    def test_killed_and_recovered(self, config: Path, mosquitto: Mosquitto, url: str, cluster: Cluster) -> None:
        chain = Chain().punches(600)
        with Wire(mosquitto.port) as wire, CentreProcess(config) as centre:
            wire.writable(True)
            for first in (1, 301):
                wire.send(chain.messages(first, first + 199))
                cluster.kill()
                wire.send(chain.messages(first + 200, first + 299))  # however fast it is, something is left to write
                wire.writable(False)
                assert "PostgreSQL" in [m["reason"] for t, m in wire.history if "reason" in m][-1]
                cluster.start()
                wire.writable(True)
            wire.confirmed(chain)
            assert centre.stop() == 0
        assert books(url).held(chain.logid) == chain.raws

    def test_down_for_a_while_from_the_start(
        self, config: Path, mosquitto: Mosquitto, url: str, cluster: Cluster
    ) -> None:
        chain = Chain().punches(50)
        cluster.stop()
        try:
            with Wire(mosquitto.port) as wire, CentreProcess(config) as centre:
                wire.writable(False)
                wire.send(chain.messages())
                time.sleep(0.5)
                assert wire.acks == {}
                cluster.start()
                wire.writable(True)
                wire.confirmed(chain)
                assert centre.stop() == 0
        finally:
            cluster.stop()
            cluster.start()

    def test_so_slow_that_it_does_not_answer(self, tmp_path: Path, mosquitto: Mosquitto, cluster: Cluster) -> None:
        chain = Chain().punches(40)
        name = cluster.database()
        with Line(HOST, cluster.port) as line, Wire(mosquitto.port) as wire:
            slow = {"url": cluster.url(name, line.port), "slow_s": 0.5}
            with CentreProcess(write_config(tmp_path / "c.toml", mosquitto.url, "x", database=slow)):
                wire.writable(True)
                line.stall()
                wire.send(chain.messages())
                wire.writable(False)
                assert wire.acks == {}
                line.restore()
                wire.writable(True)
                wire.confirmed(chain)

    def test_four_ingesters_share_the_work(self, config: Path, mosquitto: Mosquitto, url: str) -> None:
        chains = [Chain(f"site-{n}", "gw1", f"{n:08x}").punches(15, id=f"of-{n}") for n in range(12)]
        parts = [CentreProcess(config, "--partition", f"{n}/4", *["-v"] * n) for n in range(1, 5)]
        with Wire(mosquitto.port) as wire, parts[0], parts[1], parts[2], parts[3]:
            _all_ready(parts)
            wire.send(*(chain.messages() for chain in chains))
            for chain in chains:
                wire.confirmed(chain)
            assert [part.stop() for part in parts] == [0] * 4
        taken = [int(re.findall(r"(\d+) entries, \d+ again", part.said)[-1]) for part in parts]
        assert sum(taken) == 12 * 15
        assert sorted(taken)[-1] < 12 * 15
        found = books(url)
        assert all(found.held(chain.logid) == chain.raws for chain in chains)


def _all_ready(parts: list[CentreProcess]) -> None:
    end = time.monotonic() + 20
    while not all("ready" in part.said and "connected" in part.said for part in parts):
        assert time.monotonic() < end, [part.said for part in parts]
        time.sleep(0.05)


def test_every_gateway_has_exactly_one_ingester() -> None:
    names = [topics.ack(f"site-{n}", "gw1") for n in range(300)]
    for of in (1, 2, 4, 7):
        takers = [[n for n in range(1, of + 1) if partition(f"{n}/{of}").takes(name)] for name in names]
        assert {len(found) for found in takers} == {1}
        assert {n for (n,) in takers} == set(range(1, of + 1))
