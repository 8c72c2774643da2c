"""What must be true in the end: terminals, gateway logs and database hold the same, one to one."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from central.errors import StoreError
from central.store import open_database
from contract.chain import GENESIS, entry_hash
from contract.entry import parse
from gateway.log.view import EpochView, look
from tests.central.books import Centre
from tests.e2e.office import SITE, until, verify
from tests.zkteco.office import Office
from tests.zkteco.town import Door
from tests.zkteco.witness import Fact


class Agreement:
    """Compares, when all is alive again and nobody punches any more."""

    def __init__(self, doors: Sequence[Door], offices: Sequence[Office], config: Path, database: str) -> None:
        self._doors, self._offices, self._config = doors, offices, config
        self._centre = Centre(open_database(database))

    def reached(self, patience: float) -> None:
        """Wait until as many punches have arrived as there were, and each gateway knows that all it has is held."""
        wanted = self._truth().total()
        until(lambda: self._held() >= wanted, patience)
        self.settled(patience)

    def _held(self) -> int:
        """Punches in the database; none where it cannot be asked, e.g. since the centre never lived long enough to
        make its tables."""
        with suppress(StoreError):
            return int(self._centre.rows("SELECT count(*) FROM punch")[0])
        return 0

    def settled(self, patience: float) -> None:
        """Wait until the centre holds all that the gateways hold, and they know it."""
        until(lambda: all(self._settled(office) for office in self._offices), patience)

    def _settled(self, office: Office) -> bool:
        view = look(office.data)
        present = view.epochs[-1]
        highest = self._highest(present.logid)
        return present.newest() == highest == view.marks().confirmed

    def _highest(self, logid: str) -> int:
        (highest,) = self._centre.rows("SELECT coalesce(max(through), 0) FROM log WHERE logid = ?", logid)
        return int(highest)

    def judge(self) -> dict[str, Any]:
        """All of it; the gateways are stopped. What `ketuk central verify` found."""
        held: Counter[Fact] = Counter()
        for office in self._offices:
            held.update(self._one_to_one(office))
            verify(office)
            assert "Traceback" not in office.said
        assert held == self._truth()
        assert Counter(door.name for door in self._doors for _ in door.terminal.records()) == Counter(
            door.name for door in self._doors for _ in door.witness.ever
        )
        assert self._centre.rows("SELECT count(*) FROM punch") == [held.total()]
        assert self._centre.rows("SELECT count(*) FROM dead_letter") == [0]
        assert self._centre.rows("SELECT count(*) FROM fork") == [0]
        assert self._centre.alarms() == []
        return self._verified()

    def _one_to_one(self, office: Office) -> Counter[Fact]:
        """The punches of one gateway: the database has all its entries, and the log has them as far as it goes back."""
        (epoch,) = look(office.data).epochs
        mine = [entry.raw for entry in epoch.read_after(0, 10**9)]
        theirs = self._centre.held(epoch.logid)
        assert mine == theirs[epoch.oldest - 1 :], f"{epoch.logid}: log and database differ"
        assert mine
        return _punches(epoch, theirs)

    def _truth(self) -> Counter[Fact]:
        total: Counter[Fact] = Counter()
        for door in self._doors:
            total.update(door.truth())
        return total

    def _verified(self) -> dict[str, Any]:
        config = ["-c", str(self._config)]
        for office in self._offices:
            bundle = str(office.data.with_name("evidence.zip"))
            dates = ["--from", "2000-01-01", "--to", "2099-12-31"]
            _central("export", *config, "--gateway", f"{SITE}/{office.id}", *dates, "-o", bundle)
            _central("verify", bundle)
        findings: dict[str, Any] = json.loads(_central("verify", *config, "--json"))
        assert len(findings["logs"]) == len(self._offices)
        assert findings["ok"]
        for log in findings["logs"]:
            assert log["first"] == 1
            assert log["checkpoints"], f"{log['logid']} is not signed"
        return findings


def _central(*words: str) -> str:
    """`ketuk central …`, which must find nothing wrong; what it wrote."""
    command = [sys.executable, "-m", "gateway.cli", "central", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def _punches(epoch: EpochView, raws: Sequence[bytes]) -> Counter[Fact]:
    """The punches among the entries of a whole log, whose chain is looked at by the way."""
    found: Counter[Fact] = Counter()
    before = GENESIS
    for sequence, raw in enumerate(raws, 1):
        event = parse(raw)
        assert (int(str(event["sequence"])), event["prevhash"]) == (sequence, before), f"{epoch.logid} {sequence}"
        before = entry_hash(raw)
        if event["type"] == "ketuk.punch.v1":
            person = str(event["subject"]).removeprefix("pin:")
            found[str(event["source"]), person, event["data"]["device"]["time"]] += 1  # type: ignore[index]
    return found
