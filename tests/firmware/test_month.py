"""An office for a month, in virtual time: 300 taps a day, little network, power cuts, a broker that forgets.

`device/month.py` lives it under MicroPython and writes down what people did and what the centre committed; here the
books of the stand-in for the centre, which share nothing with the firmware but the contract, judge it.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contract import entry, topics
from contract.checkpoint import signed_text
from simulators.ledger import Books
from tests.firmware.interpreter import DEVICE, Ran, run

SITE, NAME = "kec-pampangan", "pintu-1"
KEY = b"\x0b" * 32
HEAP = "2m"
"""For the reader together with the flash, the radio, the broker, the centre and the people around it."""
TRUE_WITHIN = 3
"""Seconds between a tap and the time that its entry gives: whole seconds of SNTP, and the wait for the poll."""


class Lived(NamedTuple):
    """A month, judged."""

    ran: Ran
    clock: set[str]

    def count(self, name: str) -> int:
        return int(self.ran.value(name))


def live(folder: Path, days: int, cuts: int, seed: int, patience: float) -> Lived:
    arguments = (str(folder), str(days), str(cuts), str(seed))
    ran = run(DEVICE / "month.py", *arguments, heap=HEAP, patience=patience)
    assert ran.code == 0, ran.output[-4000:]
    return Lived(ran, judge(folder, ran))


def judge(folder: Path, ran: Ran) -> set[str]:
    """Every promised tap is held once, none was invented, the log is whole, no entry lies about time.

    Gives the states that the clock was in.
    """
    committed = (folder / "committed").read_bytes().splitlines()
    tried = dict(line.split() for line in (folder / "tried").read_text().splitlines())
    promised = (folder / "promised").read_text().split()
    books = Books()
    for raw in committed:
        kind = entry.kind_of(str(entry.parse(raw)["type"]))
        books.take(f"{topics.gateway(SITE, NAME)}/log/{kind}", raw)
    report = books.report()
    wrong = {name: report[name] for name in ("rubbish", "forks", "broken", "missing", "repeated", "carried")}
    assert not any(wrong.values()), wrong
    [log] = books.ledgers.values()
    assert log.logid == ran.value("logid")
    assert log.through >= int(ran.value("last")) - 2
    events: list[dict[str, Any]] = [entry.parse(raw) for raw in log.entries()]
    punches = [event for event in events if event["type"] == entry.type_of(entry.PUNCH)]
    held = [event["subject"].removeprefix("card:") for event in punches]
    assert len(set(held)) == len(held) == report["punches"], "a tap is held twice"
    assert not set(promised) - set(held), "a tap that was promised is lost"
    assert not set(held) - set(tried), "a tap was invented"
    judge_time(punches, tried)
    judge_checkpoints(events)
    stamps = [event["recordedtime"] for event in events]
    assert stamps == sorted(stamps), "recordedtime went back"
    return {event["data"]["clock"]["state"] for event in punches}


def judge_time(punches: list[dict[str, Any]], tried: dict[str, str]) -> None:
    """A time is right, or is not given by a clock that lost it at a power cut."""
    for event in punches:
        assert ("time" in event) == (event["data"]["clock"]["state"] != "unset"), event
        if "time" in event:
            real = int(tried[event["subject"].removeprefix("card:")])
            assert abs(datetime.fromisoformat(event["time"]).timestamp() - real) <= TRUE_WITHIN, event


def judge_checkpoints(events: list[dict[str, Any]]) -> None:
    """Whoever has the reader's key can prove that nothing before a checkpoint was changed."""
    points = [event for event in events if event["type"] == entry.type_of(entry.CHECKPOINT)]
    assert points
    for event in points:
        data = event["data"]
        assert data["hash"] == event["prevhash"]
        text = signed_text(event["logid"], int(data["sequence"]), data["hash"])
        assert data["signature"] == hmac.new(KEY, text, hashlib.sha256).hexdigest()


def test_a_day(tmp_path: Path) -> None:
    day = live(tmp_path, 1, 3, 2, 150)
    assert day.count("promised") > 200
    assert day.count("boots") > 3
    assert "synced" in day.clock


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_thirty_days(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    month = live(tmp_path, 30, 40, 7, 3500)
    for line in month.ran.output.splitlines():
        if "=" in line:
            record_property(*line.split("=", 1))
    assert month.count("promised") > 8000
    assert month.count("lost_by_broker") > 100
    assert month.count("boots") > 40
    assert month.count("cuts_inside_a_flash_step") >= 10
    assert month.clock == {"synced", "holdover", "unset"}
