"""Receipts at the gateway: only a believed one moves what is confirmed, never backwards, and the log says so."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.ingest.watermarks import Mark
from contract.chain import entry_hash
from contract.receipt import Receipt, build_receipt, file_name
from gateway import receipt as receipts
from gateway.entries import Stored
from gateway.log.view import look
from gateway.receipts import Receipts
from tests.carry.office import Carried, ketuk
from tests.log.disks import FaultyDisk
from tests.log.logs import event, open_log

CENTRE = Ed25519PrivateKey.from_private_bytes(bytes(range(40, 72)))
THIEF = Ed25519PrivateKey.from_private_bytes(bytes(range(80, 112)))
PLACE = ("kec-pampangan", "gw1")
PUBLIC = CENTRE.public_key().public_bytes_raw().hex()


class Desk:
    """Where receipts are written and taken."""

    def __init__(self, carried: Carried, key: str = "") -> None:
        self.carried = carried
        self.taker = Receipts(carried.log, carried.data, PLACE, key)

    def receipt(self, through: int, key: Ed25519PrivateKey = CENTRE, **changed: Any) -> bytes:
        """As the centre would write it for what the log holds; `changed` before it is signed."""
        said: dict[str, Any] = {
            "site": PLACE[0],
            "gateway": PLACE[1],
            "logid": self.carried.logid,
            "through": through,
            "hash": self.hash(through),
            "missing": (),
            "issued": "2026-04-01T09:30:00+07:00",
        }
        made = Receipt(**(said | changed))
        return build_receipt(made, key.public_key().public_bytes_raw().hex(), key.sign(made.signed_text()).hex())

    def hash(self, sequence: int) -> str:
        found = self.carried.log.read(sequence - 1, 1) if sequence else []
        return entry_hash(found[0].raw) if found else "0" * 64

    def put(self, raw: bytes, name: str = "receipt-x-1.json") -> Path:
        """On the stick."""
        self.carried.folder.mkdir(exist_ok=True)
        file = self.carried.folder / name
        file.write_bytes(raw)
        return file

    def leave(self, raw: bytes) -> None:
        """In the data folder, as the command does."""
        (self.carried.data / receipts.FOLDER).mkdir(exist_ok=True)
        (self.carried.data / receipts.FOLDER / "receipt-x-1.json").write_bytes(raw)

    def take(self, raw: bytes) -> None:
        self.leave(raw)
        self.taker.check()

    @property
    def confirmed(self) -> int:
        return self.carried.log.marks().confirmed

    def left(self) -> list[Path]:
        return list((self.carried.data / receipts.FOLDER).glob("*"))

    def audits(self) -> list[dict[str, Any]]:
        """Those about receipts, in order."""
        data = [event(entry.raw)["data"] for entry in self.carried.entries() if entry.kind == "audit"]
        return [one for one in data if one["event"].startswith(("receipt", "central-key"))]


@pytest.fixture
def desk(carried: Carried) -> Desk:
    for start in range(2, 400, 20):
        carried.grow(start, start + 19)
    return Desk(carried)


def test_what_the_centre_holds_is_confirmed_and_may_be_deleted(desk: Desk) -> None:
    log = desk.carried.log
    assert log.expire("2999-01-01T00:00:00+07:00") == 0
    desk.take(desk.receipt(300))
    assert (desk.confirmed, log.marks().published, desk.left()) == (300, 300, [])
    assert [one["event"] for one in desk.audits()] == ["central-key-pinned", "receipt-taken"]
    pinned, taken = (one["detail"] for one in desk.audits())
    assert (pinned["public"], pinned["why"]) == (PUBLIC, "first receipt")
    assert (taken["through"], taken["confirmed_before"], taken["forked"]) == (300, 0, False)
    assert log.expire("2999-01-01T00:00:00+07:00") > 0
    assert log.marks().oldest > 1


def test_twice_is_once(desk: Desk) -> None:
    raw = desk.receipt(300)
    desk.take(raw)
    entries = len(desk.carried.entries())
    desk.take(raw)
    assert (desk.confirmed, len(desk.carried.entries()), desk.left()) == (300, entries, [])


def test_an_older_one_takes_nothing_back(desk: Desk) -> None:
    old = desk.receipt(200)
    desk.take(desk.receipt(300))
    entries = len(desk.carried.entries())
    desk.take(old)
    assert (desk.confirmed, len(desk.carried.entries()), desk.left()) == (300, entries, [])


def test_what_is_missing_is_not_confirmed(desk: Desk) -> None:
    desk.take(desk.receipt(300, missing=((250, 260), (350, 350))))
    assert desk.confirmed == 249


def test_it_is_on_disk_before_the_receipt_is_gone(desk: Desk) -> None:
    """Marks are written once a second at most; these at once."""
    for through in (100, 300):
        desk.take(desk.receipt(through))
        assert look(desk.carried.data).marks().confirmed == through


def test_it_survives_a_restart(desk: Desk) -> None:
    desk.take(desk.receipt(300))
    desk.carried.log.close()
    desk.carried.log = open_log(desk.carried.data)
    assert desk.confirmed == 300


REFUSED: dict[str, tuple[Callable[[Desk], bytes], str]] = {
    "altered": (lambda desk: desk.receipt(300).replace(b'"through":300', b'"through":301'), "altered or forged"),
    "forged": (lambda desk: desk.receipt(300, THIEF), "signed with the key"),
    "of another gateway": (lambda desk: desk.receipt(300, gateway="gw2", logid="gw2.7f3a9c2e"), "a receipt for"),
    "of another site": (lambda desk: desk.receipt(300, site="kec-cengal"), "a receipt for kec-cengal/gw1"),
    "of an older log": (lambda desk: desk.receipt(300, logid="gw1.00000000"), "the log here is now"),
    "cut": (lambda desk: desk.receipt(300)[:-20], "no receipt, or damaged"),
    "empty": (lambda _: b"", "no receipt, or damaged"),
    "huge": (lambda desk: desk.receipt(300) + b" " * 20000, "too large"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(desk: Desk, what: str) -> None:
    make, words = REFUSED[what]
    desk.take(desk.receipt(100))
    raw = make(desk)
    desk.take(raw)
    assert (desk.confirmed, desk.left()) == (100, [])
    refused = desk.audits()[-1]
    assert refused["event"] == "receipt-refused"
    assert words in refused["detail"]["reason"]
    entries = len(desk.carried.entries())
    desk.take(raw)
    assert len(desk.carried.entries()) == entries, "told once"
    file = desk.put(raw)
    code, out, err = ketuk("log", "ack", file, desk.carried.data, "--lang", "en")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert str(file) in err
    assert words in err
    assert desk.left() == []


def test_the_key_of_the_configuration_and_no_other(carried: Carried) -> None:
    carried.grow(2, 30)
    desk = Desk(carried, PUBLIC)
    desk.take(desk.receipt(10, THIEF))
    assert (desk.confirmed, desk.audits()[-1]["event"]) == (0, "receipt-refused")
    desk.take(desk.receipt(10))
    assert desk.confirmed == 10
    assert [one["detail"].get("why") for one in desk.audits()] == ["configuration", None, None]


def test_a_new_key_of_the_configuration_replaces_the_first_one(desk: Desk) -> None:
    desk.take(desk.receipt(100, THIEF))
    again = Desk(desk.carried, PUBLIC)
    again.take(again.receipt(200, THIEF))
    again.take(again.receipt(300))
    assert again.confirmed == 300
    words = [one["event"] for one in again.audits()]
    assert words == ["central-key-pinned", "receipt-taken", "central-key-pinned", "receipt-refused", "receipt-taken"]
    thief = THIEF.public_key().public_bytes_raw().hex()
    assert again.audits()[2]["detail"]["previous"] == thief


@pytest.mark.parametrize("through", [100, 300, 9999])
def test_another_history_at_the_centre_begins_a_new_log(desk: Desk, through: int) -> None:
    """As over the network: a restored card must not write on under numbers that the centre knows otherwise."""
    desk.take(desk.receipt(200))
    old, facts = desk.carried.logid, len(desk.carried.entries())
    desk.take(desk.receipt(through, hash="ab" * 32))
    assert desk.carried.logid != old
    assert desk.left() == []
    assert len(desk.carried.entries()) == facts - 200 + 2, "what is not confirmed, why, and the receipt"
    assert desk.audits()[-1]["detail"]["forked"]


def test_a_full_disk_makes_it_wait(carried: Carried, caplog: pytest.LogCaptureFixture) -> None:
    carried.grow(2, 30)
    carried.log.close()
    disk = FaultyDisk(code=errno.ENOSPC, lasting=True, only="write")
    carried.log = open_log(carried.data, disk)
    desk = Desk(carried)
    disk.at = disk.count + 1
    for _ in range(3):
        desk.take(desk.receipt(10))
    assert len(desk.left()) == 1
    assert len([one for one in caplog.records if "has to wait" in one.message]) == 1
    disk.heal()
    desk.taker.check()
    assert (desk.confirmed, desk.left()) == (10, [])
    assert [one["event"] for one in desk.audits()] == ["central-key-pinned", "receipt-taken"]


@given(raw=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_bytes_are_refused(desk: Desk, raw: bytes) -> None:
    desk.take(raw)
    assert (desk.confirmed, desk.left()) == (0, [])


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_byte_of_a_right_one_changed_is_refused(desk: Desk, data: st.DataObject) -> None:
    raw = bytearray(desk.receipt(300).rstrip())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(receipts.ReceiptRefused):
        receipts.check(bytes(raw), PLACE, desk.carried.logid, PUBLIC)


def test_what_a_receipt_confirms_is_what_a_watermark_does(desk: Desk) -> None:
    said = Mark(desk.carried.logid, 300, desk.hash(300), ((310, 320),))
    made = Receipt(*PLACE, *said, issued="x")
    assert receipts.confirms(made) == 300
    assert receipts.confirms(made._replace(missing=((310, 320), (250, 260)))) == 249
    assert not receipts.contradicts(made, desk.carried.log.read)
    assert receipts.contradicts(made._replace(hash="ab" * 32), desk.carried.log.read)
    assert receipts.contradicts(made._replace(through=9999), desk.carried.log.read)

    def gone(after: int, limit: int) -> list[Stored]:
        return desk.carried.log.read(after + 5, limit)

    assert not receipts.contradicts(made._replace(hash="ab" * 32), gone), "what is not held cannot be judged"


# The command


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.commands.log_ack.PATIENCE_S", 0.2)


def ack(desk: Desk, path: Path, *options: object) -> tuple[int, dict[str, Any], str]:
    code, out, err = ketuk("log", "ack", path, desk.carried.data, *options)
    return code, json.loads(out) if out else {}, err


@pytest.mark.usefixtures("impatient")
def test_a_gateway_that_is_stopped_takes_it_at_its_next_start(desk: Desk) -> None:
    file = desk.put(desk.receipt(300))
    code, said, err = ack(desk, file)
    assert (code, said["state"], err) == (0, "waiting", "")
    (left,) = desk.left()
    assert left.read_bytes() == file.read_bytes()
    desk.taker.check()
    assert desk.confirmed == 300
    code, out, err = ketuk("log", "ack", file, desk.carried.data, people=True)
    assert (code, out, "sudah: yang dikonfirmasi sampai 300" in err) == (0, "", True)
    code, said, _ = ack(desk, file, "--lang", "en")
    assert (code, said["state"]) == (0, "already")
    assert "confirmed through 300" in said["text"]
    assert desk.left() == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_with_sudo_it_belongs_to_the_gateway(desk: Desk) -> None:
    os.chown(desk.carried.data, 12345, 12345)
    ack(desk, desk.put(desk.receipt(300)))
    (left,) = desk.left()
    assert {(path.stat().st_uid, path.stat().st_gid) for path in (left, left.parent)} == {(12345, 12345)}


@pytest.mark.usefixtures("impatient")
def test_the_stick_holds_several(desk: Desk) -> None:
    """Of other gateways, of an older log, and old ones of ours: the one that counts is found."""
    others = ({"gateway": "gw2", "logid": "gw2.7f3a9c2e"}, {"logid": "gw1.00000000"})
    several = [desk.receipt(100), desk.receipt(300), *(desk.receipt(350, **other) for other in others), b"rubbish"]
    for number, raw in enumerate(several):
        desk.put(raw, f"receipt-{number}.json")
    code, said, _ = ack(desk, desk.carried.stick)
    assert (code, said["through"], [file.name for file in desk.left()]) == (
        0,
        300,
        [f"receipt-{desk.carried.logid}-300.json"],
    )


@pytest.mark.usefixtures("impatient")
def test_another_history_is_told_and_left_to_the_gateway(desk: Desk) -> None:
    code, said, _ = ack(desk, desk.put(desk.receipt(300, hash="ab" * 32)))
    assert (code, said["state"], len(desk.left())) == (1, "contradicts", 1)


@pytest.mark.parametrize("refuse", [False, True])
def test_while_the_gateway_runs(desk: Desk, monkeypatch: pytest.MonkeyPatch, refuse: bool) -> None:
    """The command waits until the gateway has taken it, and says what became of it."""
    file = desk.put(desk.receipt(300))
    if refuse:  # a key that came into the configuration since
        desk.taker = Receipts(desk.carried.log, desk.carried.data, PLACE, "ab" * 32)
    monkeypatch.setattr("gateway.commands.log_ack.time.sleep", lambda _: desk.taker.check())
    code, said, err = ack(desk, file)
    assert (code, said["state"], err) == ((1, "refused", "") if refuse else (0, "taken", ""))
    assert desk.confirmed == (0 if refuse else 300)


def test_nothing_is_there(desk: Desk) -> None:
    code, _, err = ack(desk, desk.carried.stick)
    assert (code, "tidak ada tanda terima" in err, err.count("\n")) == (1, True, 1)
    code, _, err = ack(desk, desk.carried.stick / "none.json", "--lang", "en")
    assert (code, "cannot be used" in err) == (1, True)
    desk.carried.data = desk.carried.stick
    code, _, err = ack(desk, desk.carried.stick)
    assert (code, "expected a gateway's data folder" in err) == (2, True)


def test_the_name_says_what_it_is_about(desk: Desk) -> None:
    made = Receipt(*PLACE, "gw1.7f3a9c2e", 97, "ab" * 32, (), "x")
    assert file_name(made) == "receipt-gw1.7f3a9c2e-97.json"
