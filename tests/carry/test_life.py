"""Months of a site where the network comes and goes: sticks pulled out, lost, old and mixed up; a centre that loses its
database; a gateway that forgets what was confirmed. In the end both hold the same, byte for byte."""

import errno
import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest

from central.store.migrations import migrate
from contract import messages, topics
from contract.receipt import parse_receipt
from gateway import receipt as receipts
from gateway.log import export as exporting
from gateway.log.export import Exporter, Part
from gateway.log.stick import Stick, StickDisk, StickError
from gateway.log.view import look
from gateway.receipts import Receipts
from tests.carry.office import Carried, Centre
from tests.central.chain import Arrival
from tests.log.disks import FaultyDisk
from tests.log.logs import check_log, facts, open_log

PLACE = ("kec-pampangan", "gw1")


class FaultyStick(FaultyDisk, StickDisk):
    """A stick that is pulled out at some operation."""


class Life:
    """One site, its centre, and a drawer full of sticks."""

    def __init__(self, root: Path, pick: random.Random) -> None:
        self.root, self.pick = root, pick
        self.site = Carried(root)
        self.site.checkpoint()
        self.taker = Receipts(self.site.log, self.site.data, PLACE)
        self.punched, self.databases = 1, 0
        self.centre = self._centre()
        self.held_once: set[bytes] = set()
        """What any database of the centre ever held."""

    def _centre(self) -> Centre:
        self.databases += 1
        centre = Centre(self.root, f"sqlite:central-{self.databases}.db")
        migrate(centre.database)
        return centre

    def live(self, steps: int) -> None:
        some = (self.punch, self.export, self.bring, self.ack, self.network, self.forget, self.restart, self.sign)
        for _ in range(steps):
            self.pick.choices(some, (6, 4, 4, 4, 1, 1, 1, 1))[0]()
            self.check()

    def punch(self) -> None:
        count = self.pick.randint(1, 25)
        self.site.grow(self.punched + 1, self.punched + count)
        self.punched += count

    def sign(self) -> None:
        self.site.checkpoint()

    def export(self) -> None:
        """What is not confirmed, or all, on one of three sticks; half of the time it is pulled out."""
        drawer = self.root / "sticks" / str(self.pick.randint(1, 3))
        drawer.mkdir(parents=True, exist_ok=True)
        view = look(self.site.data)
        assert view.present is not None
        first = 1 if self.pick.random() < 0.2 else view.marks().confirmed + 1
        fault = (
            FaultyStick(self.pick.randint(1, 60), errno.EIO, lasting=True) if self.pick.random() < 0.5 else StickDisk()
        )
        try:
            stick = Stick(drawer, "ketuk-kec-pampangan-gw1", fault)
            for _ in Exporter(stick, PLACE, self.site.key).pieces(Part(view.present, first, view.present.newest())):
                pass
        except StickError:
            assert isinstance(fault, FaultyStick)

    def bring(self) -> None:
        """One stick, or some of its files, to the centre; sometimes the stick is lost on the way back."""
        drawer = self.root / "sticks" / str(self.pick.randint(1, 3))
        files = sorted(drawer.glob("*/*.jsonl"))
        if not files:
            return
        some = self.pick.sample(files, self.pick.randint(1, len(files)))
        code, said, err = self.centre.bring(*some)
        assert (code, said[-1]["forks"], said[-1]["dead"], said[-1]["refused"]) == (0, 0, 0, 0), err
        self.held_once.update(self.centre.books.held(self.site.logid))
        if self.pick.random() < 0.2:
            shutil.rmtree(drawer)

    def ack(self) -> None:
        """Any receipt that lies about, of whatever age and from whichever database."""
        found = sorted((self.root / "sticks").glob("*/*/receipt-*.json"))
        if found:
            self._take(self.pick.choice(found))

    def _take(self, file: Path) -> None:
        before = self.site.log.marks().confirmed
        folder = self.site.data / receipts.FOLDER
        folder.mkdir(exist_ok=True)
        shutil.copy(file, folder / file.name)
        self.taker.check()
        assert list(folder.iterdir()) == []
        wanted = receipts.confirms(parse_receipt(file.read_bytes()).receipt)
        assert self.site.log.marks().confirmed == max(before, wanted)

    def network(self) -> None:
        """A good hour: what is not published goes out, and the watermark comes back."""
        log = self.site.log
        batch = [Arrival(topics.log(*PLACE, one.kind), one.raw) for one in log.unpublished(30)]
        self.centre.books.take([self._birth()])
        outcome = self.centre.books.take(batch)
        assert (outcome.forks, outcome.dead) == (0, 0)
        self.held_once.update(one.payload for one in batch)
        for held in outcome.logs:
            log.published(max(log.marks().published, held.cursor.through))
            if held.cursor.through >= log.marks().confirmed:
                log.ack(held.logid, held.cursor.through, held.hash, held.cursor.holes)
        log.keep_marks()

    def _birth(self) -> Arrival:
        marks = self.site.log.marks()
        payload = messages.build_birth(
            logid=marks.logid,
            oldest=marks.oldest,
            next=marks.next,
            acked=marks.confirmed,
            version="0.1.0",
            extra={"key": self.site.key.public},
        )
        return Arrival(topics.status(*PLACE), payload)

    def forget(self) -> None:
        """Retention; or the centre loses its database and begins anew."""
        if self.pick.random() < 0.7:
            self.site.log.expire("2999-01-01T00:00:00+07:00")
        else:
            self.centre.close()
            self.centre = self._centre()

    def restart(self) -> None:
        self.site.log.close()
        self.site.log = open_log(self.site.data, segment_bytes=20_000)
        self.taker = Receipts(self.site.log, self.site.data, PLACE)

    def check(self) -> None:
        """Nothing is confirmed, and so nothing forgotten, that no centre ever held."""
        log = self.site.log
        marks = log.marks()
        for entry in log.read(marks.oldest - 1, 10**6):
            assert entry.sequence > marks.confirmed or entry.raw in self.held_once
        assert marks.oldest - 1 <= marks.confirmed

    def end(self) -> None:
        """One careful trip with a new stick."""
        assert self.site.export("--all")[0] == 0
        code, _, err = self.centre.bring(self.site.stick)
        assert code == 0, err
        entries = check_log(self.site.log)
        assert set(self.centre.books.held(self.site.logid)) >= {entry.raw for entry in entries}
        assert facts(entries)[-1] == f"fact-{self.punched}"
        (receipt,) = self.site.folder.glob("receipt-*.json")
        self._take(receipt)
        assert self.site.log.marks().confirmed == entries[-1].sequence
        assert set(self.centre.books.alarms()) <= {"loss"}
        lost = sum(last - first + 1 for first, last, _ in self.centre.books.gaps())
        held = len(self.centre.books.held(self.site.logid))
        assert held + lost == entries[-1].sequence, "what is not held is told as lost, and nothing else is"


def live(seed: int, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ENTRIES", 15)
    root = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))  # noqa: S108
    try:
        life = Life(root, random.Random(seed))
        life.live(steps)
        life.end()
        life.centre.close()
        life.site.log.close()
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize("seed", range(4))
def test_some_months(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    live(seed, 40, monkeypatch)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 300))
def test_many_years(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    live(seed, 150, monkeypatch)
