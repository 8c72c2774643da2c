"""`ketuk central import`: exactly what the gateway wrote gets in, once; nothing else does; and the receipt says so."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract import piece
from contract.chain import entry_hash
from contract.receipt import Signed, parse_receipt
from gateway import keys
from tests import schemas
from tests.carry.office import Carried, Centre, ketuk, reseal
from tests.central.chain import Chain


def receipt(said: list[dict[str, Any]]) -> Signed:
    """The one that was written, with a good signature."""
    (log,) = [line for line in said if line["event"] == "log"]
    raw = Path(log["receipt"]).read_bytes()
    schemas.check("receipt", json.loads(raw))
    found = parse_receipt(raw)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(found.key)).verify(
        bytes.fromhex(found.signature), found.receipt.signed_text()
    )
    assert Path(log["receipt"]).name == f"receipt-{log['logid']}-{log['through']}.json"
    return found


def finished(said: list[dict[str, Any]]) -> dict[str, Any]:
    assert said[-1]["event"] == "finished"
    return said[-1]


def test_exact_bytes_once_and_a_receipt(carried: Carried, quick_path: Path, url: str) -> None:
    carried.grow(2, 4500)
    carried.export()
    centre = Centre(quick_path, url)
    code, said, err = centre.bring(carried.stick)
    assert (code, err, finished(said)["entries"], finished(said)["duplicates"]) == (0, "", 4500, 0)
    assert centre.books.held(carried.logid) == [entry.raw for entry in carried.entries()]
    (punches,) = centre.books.rows("SELECT count(*) FROM punch")
    assert punches == 4499
    found = receipt(said).receipt
    assert (found.site, found.gateway, found.logid) == ("kec-pampangan", "gw1", carried.logid)
    assert (found.through, found.missing) == (4500, ())
    assert found.hash == entry_hash(carried.entries()[-1].raw)
    assert centre.books.rows("SELECT why FROM signing_key WHERE public = ?", carried.key.public) == ["first contact"]
    code, said, err = centre.bring(carried.stick)
    assert (code, err, finished(said)["entries"], finished(said)["duplicates"]) == (0, "", 0, 4500)
    assert receipt(said).receipt.through == 4500
    assert centre.books.alarms() == []
    centre.close()


def test_the_receipt_is_signed_with_the_key_that_the_centre_shows(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 5)
    carried.export()
    signed = receipt(centre.bring(carried.stick)[1])
    assert ketuk("central", "key", "-c", centre.config)[1].strip() == signed.key
    (key,) = centre.config.parent.glob("ketuk-central/*.pem")
    assert oct(key.stat().st_mode)[-3:] == "600"


def test_what_was_pulled_out_in_the_middle_brings_what_is_whole(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 4500)
    carried.export()
    last = carried.pieces()[-1]
    last.with_name(last.name + ".tmp").write_bytes(last.read_bytes()[:1000])
    last.unlink()
    (carried.folder / "manifest.json").unlink()
    code, said, _ = centre.bring(carried.stick)
    assert (code, receipt(said).receipt.through) == (0, 4000)
    carried.export()
    assert receipt(centre.bring(carried.stick)[1]).receipt.through == 4500


def test_killed_in_the_middle_and_done_again(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 6500)
    carried.export()
    command = [sys.executable, "-m", "gateway.cli", "central", "import", str(carried.stick), "-c", str(centre.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["entries"] == 2000
        process.kill()
    assert not list(carried.folder.glob("receipt-*"))
    code, said, _ = centre.bring(carried.stick)
    assert (code, receipt(said).receipt.through) == (0, 6500)
    assert finished(said)["duplicates"] >= 2000
    assert centre.books.held(carried.logid) == [entry.raw for entry in carried.entries()]


@pytest.mark.parametrize("which", ["folder", "stick", "files"])
def test_the_stick_its_folder_or_single_files(carried: Carried, centre: Centre, which: str) -> None:
    carried.grow(2, 2500)
    carried.export()
    paths = {"folder": [carried.folder], "stick": [carried.stick], "files": carried.pieces()}[which]
    assert finished(centre.bring(*paths)[1])["entries"] == 2500


def test_a_piece_that_was_altered_is_refused_and_the_rest_is_taken(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 4500)
    carried.export()
    first, second, _ = carried.pieces()
    second.write_bytes(second.read_bytes().replace(b'"finger"', b'"faceXX"', 1))
    code, said, err = centre.bring(carried.stick)
    assert (code, finished(said)["refused"], err.count("refused:")) == (1, 1, 1)
    assert "its entries are not those that its note is about" in err
    assert receipt(said).receipt.through == 2000
    assert receipt(said).receipt.missing == ((2001, 4000),)
    assert f"missing: 2001 to 4000 of {carried.logid}" in err
    assert first.exists()


FORGED = b'"subject":"pin:9999"'


@pytest.mark.parametrize("known", [False, True])
def test_who_alters_it_and_signs_it_himself_is_refused(
    carried: Carried, centre: Centre, known: bool, quick_path: Path
) -> None:
    """Known or not: the other pieces on the stick show another key."""
    carried.grow(2, 2500)
    carried.export()
    if known:
        centre.bring(carried.pieces()[0])
    thief = keys.make(quick_path / "thief.pem")
    reseal(carried.pieces()[-1], thief, lambda body: body.replace(b'"subject":"pin:3100"', FORGED))
    code, said, err = centre.bring(carried.stick)
    assert (code, "which nobody vouches for" in err, err.count("\n")) == (1, True, 1 if known else 2)
    assert all(FORGED not in raw for raw in centre.books.held(carried.logid))
    assert finished(said)["refused"] == (1 if known else 2)
    assert set(centre.books.alarms()) == {"import-refused"}


def test_a_note_that_says_more_than_was_signed(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 30)
    carried.export()
    (file,) = carried.pieces()
    body, note = piece.split(file.read_bytes())
    file.write_bytes(body + note._replace(oldest=1, site="kec-cengal").line())
    code, _, err = centre.bring(carried.stick)
    assert (code, "its signature is not right: it was altered" in err) == (1, True)
    assert centre.books.held(carried.logid) == []


def test_not_signed(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 30)
    carried.export()
    reseal(carried.pieces()[0], None)
    code, _, err = centre.bring(carried.stick)
    assert (code, "is not signed" in err, centre.books.held(carried.logid)) == (1, True, [])
    code, said, _ = centre.bring(carried.stick, "--unsigned")
    assert (code, finished(said)["entries"]) == (0, 30)


def test_only_keys_of_the_provisioning(carried: Carried, quick_path: Path) -> None:
    carried.grow(2, 30)
    carried.export()
    ring = quick_path / "keys"
    ring.write_text(f"kec-pampangan/gw1 {'ab' * 32}\n")
    centre = Centre(quick_path, "sqlite:central.db", trust={"first_contact": False, "keys": str(ring)})
    code, _, err = centre.bring(carried.stick)
    assert (code, f"`ketuk central trust kec-pampangan/gw1 {carried.key.public}`" in err) == (1, True)
    ring.write_text(f"kec-pampangan/gw1 {carried.key.public}\n")
    assert centre.bring(carried.stick)[0] == 0
    centre.close()


def test_no_key_is_known_and_first_contact_is_not_enough(carried: Carried, quick_path: Path) -> None:
    carried.grow(2, 30)
    carried.export()
    centre = Centre(quick_path, "sqlite:central.db", trust={"first_contact": False})
    code, said, err = centre.bring(carried.stick)
    assert (code, finished(said)["refused"], "which nobody vouches for" in err) == (1, 1, True)
    centre.close()


def test_a_key_that_an_operator_vouches_for(carried: Carried, centre: Centre, quick_path: Path) -> None:
    """The card was replaced, and with it the key."""
    carried.grow(2, 30)
    carried.export()
    centre.bring(carried.stick)
    keys.make(carried.data / keys.NAME)
    carried.grow(31, 40)
    carried.export()
    new = keys.load(carried.data / keys.NAME).public
    assert centre.bring(carried.stick)[0] == 1
    ketuk("central", "trust", "-c", centre.config, "kec-pampangan/gw1", new)
    code, said, _ = centre.bring(carried.stick)
    assert (code, receipt(said).receipt.through) == (0, 40)


@pytest.mark.parametrize("known", [False, True])
def test_a_key_that_was_handed_over_by_the_one_before(carried: Carried, centre: Centre, known: bool) -> None:
    carried.checkpoint()
    carried.grow(2, 20)
    carried.checkpoint()
    if known:
        carried.export()
        centre.bring(carried.stick)
    old = carried.key.public
    keys.make(carried.data / keys.NEXT)
    carried.checkpoint()
    carried.grow(21, 40)
    carried.checkpoint()
    assert carried.key.public != old
    carried.export("--all")
    code, said, err = centre.bring(carried.stick)
    assert (code, err, receipt(said).receipt.through) == (0, "", len(carried.entries()))
    rows = centre.books.rows("SELECT public, why FROM signing_key WHERE trusted = ?", True)
    assert sorted(rows) == sorted([(old, "first contact"), (carried.key.public, "rotation")])
    assert centre.books.alarms() == []
    code, out, _ = ketuk("central", "verify", "-c", centre.config, "--json")
    assert (code, json.loads(out)["logs"][0]["unsigned"]) == (0, 0)


def test_the_log_of_another_gateway(carried: Carried, centre: Centre) -> None:
    """A card that was moved to another office: the log is known, under another name."""
    carried.grow(2, 30)
    carried.export()
    centre.bring(carried.stick)
    for file in carried.pieces():
        reseal(file, carried.key, site="kec-cengal")
    code, said, err = centre.bring(carried.stick)
    assert (code, "its card was cloned or moved" in err) == (1, True)
    assert (finished(said)["refused"], finished(said)["dead"], centre.books.alarms()) == (1, 0, ["cloned"])


def test_other_bytes_in_the_same_place_are_kept_beside(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 30)
    carried.export()
    centre.bring(carried.stick)
    (file,) = carried.pieces()
    reseal(file, carried.key, lambda body: body.replace(b'"subject":"pin:1010"', FORGED))
    code, said, err = centre.bring(carried.stick)
    assert (code, finished(said)["forks"], finished(said)["duplicates"]) == (1, 1, 29)
    assert "ALARM forked:" in err
    assert FORGED in bytes(centre.books.rows("SELECT raw FROM fork")[0])


def test_what_is_no_entry_is_buried_and_blocks_nothing(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 30)
    carried.export()
    reseal(carried.pieces()[0], carried.key, lambda body: b"rubbish\n" + body)
    code, said, _ = centre.bring(carried.stick)
    assert (code, finished(said)["dead"], finished(said)["entries"]) == (1, 1, 30)
    assert bytes(centre.books.rows("SELECT payload FROM dead_letter")[0]) == b"rubbish"


def test_a_gap_is_named_and_no_receipt_says_more_than_is_held(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 30)
    carried.export("--from", "11")
    code, said, err = centre.bring(carried.stick)
    assert (code, said[-2]["receipt"], said[-2]["missing"]) == (0, None, [[1, 10]])
    assert "--from 1 --to 10" in err
    assert not list(carried.folder.glob("receipt-*"))
    carried.export("--to", "10")
    assert receipt(centre.bring(carried.stick)[1]).receipt.through == 30


def test_what_nobody_has_any_more_is_lost_and_does_not_hold_up_the_rest(carried: Carried, centre: Centre) -> None:
    """The centre lost its database after the gateway had deleted what was confirmed."""
    for start in range(2, 400, 20):
        carried.grow(start, start + 19)
    carried.ack(300)
    assert carried.log.expire("2999-01-01T00:00:00+07:00") > 0
    oldest = carried.log.marks().oldest
    carried.export("--all")
    code, said, err = centre.bring(carried.stick)
    assert (code, "are lost for good, by a stick" in err) == (0, True)
    assert receipt(said).receipt.through == carried.log.marks().next - 1
    assert centre.books.gaps() == [(1, oldest - 1, "lost")]


def test_receipts_elsewhere(carried: Carried, centre: Centre, quick_path: Path) -> None:
    carried.grow(2, 30)
    carried.export()
    code, said, err = centre.bring(carried.stick, "--receipts", quick_path / "nowhere")
    assert (code, said[-2]["receipt"], "--receipts DIR" in err) == (1, None, True)
    assert centre.bring(carried.stick, "--receipts", quick_path)[0] == 0
    assert len(list(quick_path.glob("receipt-*.json"))) == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [("none", "cannot be read: No such file"), (".", "nothing that `ketuk log export` wrote is in it")],
)
def test_not_the_stick(carried: Carried, centre: Centre, path: str, said: str) -> None:
    code, out, err = centre.bring(carried.stick / path)
    assert (code, out, err.count("\n")) == (1, [], 1)
    assert said in err


def test_a_database_that_cannot_be_written_now(carried: Carried, quick_path: Path) -> None:
    carried.grow(2, 30)
    carried.export()
    centre = Centre(quick_path, "sqlite:central.db", database={"slow_s": 0.1})
    centre.bring(carried.stick)
    carried.grow(31, 40)
    carried.export()
    with centre.database.transaction():
        code, _, err = centre.bring(carried.stick)
    assert (code, err.count("\n"), "what was taken stays: run it again" in err) == (1, 1, True)
    assert finished(centre.bring(carried.stick)[1])["entries"] == 10
    centre.close()


def test_what_an_operator_reads(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 30)
    carried.export("--from", "11")
    code, out, err = ketuk("central", "import", carried.stick, "-c", centre.config, people=True)
    name = f"kec-pampangan/gw1 {carried.logid}"
    assert (code, out, err.splitlines()[0]) == (0, "", f"{name}: 20 new, 0 again; held through 0")
    assert f"missing: 1 to 10 of {carried.logid}" in err
    carried.export("--all")
    code, out, err = ketuk("central", "import", carried.stick, "-c", centre.config, people=True)
    file = carried.folder / f"receipt-{carried.logid}-30.json"
    assert (code, out, err) == (0, "", f"{name}: 10 new, 40 again; held through 30\nreceipt: {file}\n")


def test_strange_files_on_the_stick(carried: Carried, centre: Centre) -> None:
    carried.grow(2, 30)
    carried.export()
    (carried.folder / f"._{carried.pieces()[0].name}").write_bytes(b"what a Mac leaves behind")
    (carried.folder / "photos").mkdir()
    huge = carried.folder / piece.file_name("gw1.00000000", 1)
    with huge.open("wb") as file:
        file.truncate(piece.MAX_BYTES + 1)
    code, said, err = centre.bring(carried.stick)
    assert (code, "far too large" in err, finished(said)["entries"]) == (1, True, 30)


def test_two_logs_and_two_gateways_on_one_stick(carried: Carried, centre: Centre, quick_path: Path) -> None:
    other = Chain("kec-tulung", "gw7").punches(5)
    folder = carried.stick / "ketuk-kec-tulung-gw7"
    folder.mkdir()
    key = keys.make(quick_path / "other.pem")
    file = folder / piece.file_name(other.logid, 1)
    note = piece.Note("kec-tulung", "gw7", other.logid, 1, 5, 5, 1, "0" * 64)
    body = b"".join(raw + b"\n" for raw in other.raws)
    file.write_bytes(body + note._replace(sha256=hashlib.sha256(body).hexdigest()).line())
    reseal(file, key)
    carried.grow(2, 30)
    carried.export()
    code, said, _ = centre.bring(carried.stick)
    assert (code, finished(said)["entries"]) == (0, 35)
    written = [Path(line["receipt"]).parent for line in said if line["event"] == "log"]
    assert written == [carried.folder, folder]
