"""Half an hour with fifty terminals and random faults: in the end terminals and gateway agree, one to one.

`KETUK_SOAK_SECONDS=60 make soak TEST=tests/zkteco/test_soak.py` for a short one; `KETUK_SOAK_SEED` for the same again.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from simulators.line import Line
from simulators.standin import StandIn
from simulators.zkteco import PunchRefused
from tests.brokers import HOST, Mosquitto
from tests.e2e.office import until
from tests.zkteco.office import Office
from tests.zkteco.town import Chaos, Door, town
from tests.zkteco.witness import Fact

SECONDS = float(os.environ.get("KETUK_SOAK_SECONDS", "1800"))
TERMINALS = int(os.environ.get("KETUK_SOAK_TERMINALS", "50"))
SEED = int(os.environ.get("KETUK_SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
PATIENCE = 400.0
"""Longest pause of a loop, and all that was put off."""
TICK = 0.02


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


class Centre:
    """What the stand-in holds, taken from it bit by bit."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin

    def entries(self) -> Iterator[dict[str, Any]]:
        for logid in self.standin.report()["logs"]:
            yield from (json.loads(raw) for raw in self.standin.entries(logid))

    def facts(self) -> Counter[Fact]:
        """Punches, and records set aside for their time: (source, person, terminal's time), as often as held."""
        found: Counter[Fact] = Counter()
        for one in self.entries():
            data = one["data"]
            if one["type"] == "ketuk.punch.v1":
                found[one["source"], one["subject"].removeprefix("pin:"), data["device"]["time"]] += 1
            elif data.get("event") == "record-implausible":
                found[one["source"], one["subject"].removeprefix("pin:"), data["detail"]["time"]] += 1
        return found

    def words(self) -> Counter[str]:
        return Counter(one["data"]["event"] for one in self.entries() if one["type"] == "ketuk.audit.v1")


def truth(doors: list[Door]) -> Counter[Fact]:
    total: Counter[Fact] = Counter()
    for door in doors:
        total.update(door.truth())
    return total


def live(doors: list[Door], gateway: Office, line: Line, chance: random.Random) -> Chaos:
    """People punch and things go wrong, in the gateway and its line too, until the time is over."""
    chaos = Chaos(doors, SEED)
    began = time.monotonic()
    while (now := time.monotonic() - began) < SECONDS:
        with suppress(PunchRefused):
            chance.choice(doors).terminal.punch(str(1001 + chance.randrange(20)))
        if chance.random() < 0.15:
            chaos.begin_one(now)
        chaos.heal(now)
        if now < SECONDS / 2 and chance.random() < TICK / 45:
            gateway.kill()
            gateway.start()
            chaos.begun["gateway killed"] += 1
        if chance.random() < TICK / 30:
            line.cut()
            chaos.begun["line to the broker cut"] += 1
        if line.state == "cut" and chance.random() < TICK / 3:
            line.restore()
        time.sleep(TICK)
    chaos.end()
    line.restore()
    return chaos


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 3 * PATIENCE)
def test_terminals_and_gateway_agree_in_the_end(tmp_path: Path, mosquitto: Mosquitto) -> None:
    print(f"seed {SEED}, {TERMINALS} terminals, {SECONDS:.0f} s")
    with town(TERMINALS) as doors, Line(HOST, mosquitto.port) as line, StandIn(HOST, mosquitto.port) as standin:
        devices = {door.name: door.options() for door in doors}
        broker = {"url": f"mqtt://{HOST}:{line.port}", "keepalive": 5}
        with Office(tmp_path, devices, broker) as gateway:
            chaos = live(doors, gateway, line, random.Random(SEED))
            memory, files, threads = gateway.status("VmRSS") / 1024, gateway.open_files, gateway.status("Threads")
            gateway.stop()
            gateway.start()
            centre, wanted = Centre(standin), truth(doors)
            with suppress(AssertionError):  # what is missing is named below
                until(lambda: standin.report()["punches"] >= wanted.total() - _quarantined(centre), PATIENCE)
                until(lambda: centre.facts().total() >= wanted.total() and not standin.report()["missing"], PATIENCE)
            found, report = centre.facts(), standin.report()
            print(f"{wanted.total():,} punches, {report['entries']:,} entries, {report['messages']:,} messages")
            print(f"troubles: {dict(chaos.begun.most_common())}")
            print(f"audit entries: {dict(centre.words().most_common())}")
            print(f"gateway: {memory:.0f} MB, {files} files, {threads} threads before its last stop")
            assert found - wanted == Counter(), "entries of punches that never were"
            assert wanted - found == Counter(), "punches that nobody recorded"
            assert Counter({key: len(door.terminal.records()) for key, door in enumerate(doors)}) == Counter(
                {key: door.truth().total() for key, door in enumerate(doors)}
            )
            assert (report["forks"], report["broken"], report["rubbish"], report["repeated"]) == (0, 0, 0, 0)
            assert len(report["logs"]) == 1
            assert files < 30 + 4 * TERMINALS
            assert threads < 20 + TERMINALS
            assert gateway.stop() == 0


def _quarantined(centre: Centre) -> int:
    return centre.words()["record-implausible"]
