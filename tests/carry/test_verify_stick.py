"""`ketuk central verify FOLDER`: a stick proves itself to somebody who has nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from contract import piece
from gateway import keys
from tests.carry.office import Carried, ketuk, reseal
from tests.log.damage import flip, lines
from tests.log.logs import segments


def verify(path: Path, *options: object) -> tuple[int, dict[str, Any]]:
    code, out, err = ketuk("central", "verify", path, "--json", *options)
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return code, found


@pytest.fixture
def stick(carried: Carried) -> Path:
    carried.checkpoint()
    carried.grow(2, 2500)
    carried.export()
    return carried.stick


@pytest.mark.parametrize("inner", [False, True])
def test_whole_and_signed_to_its_last_entry(carried: Carried, stick: Path, inner: bool) -> None:
    code, found = verify(carried.folder if inner else stick)
    (log,) = found["logs"]
    assert (code, found["ok"], found["problems"]) == (0, True, [])
    last = len(carried.entries())
    assert (log["site"], log["entries"], log["last"], log["verified_to"], log["unsigned"]) == (
        "kec-pampangan",
        last,
        last,
        last,
        0,
    )
    assert [(key["public"], key["why"]) for key in found["keys"]] == [(carried.key.public, "on the stick")]
    assert verify(stick, "--key", carried.key.public)[1]["keys"][0]["why"] == "given"


def test_a_key_from_paper_that_is_another_one(stick: Path) -> None:
    code, found = verify(stick, "--key", "ab" * 32)
    assert (code, found["logs"][0]["verified_to"]) == (1, 0)
    assert {problem["kind"] for problem in found["logs"][0]["problems"]} == {"not-vouched-for", "unknown-key"}


def test_after_a_rotation_the_old_key_is_enough(carried: Carried, stick: Path) -> None:
    old = carried.key.public
    keys.make(carried.data / keys.NEXT)
    carried.checkpoint()
    carried.export()
    assert verify(stick, "--key", old)[0] == 0
    assert verify(stick)[0] == 0


@pytest.mark.parametrize("change", ["byte", "gone", "key", "note", "manifest", "other"])
def test_what_was_done_to_it_afterwards(carried: Carried, stick: Path, quick_path: Path, change: str) -> None:
    first, second = carried.pieces()
    if change == "byte":
        second.write_bytes(second.read_bytes().replace(b'"finger"', b'"faceXX"', 1))
    elif change == "gone":
        second.unlink()
    elif change == "key":
        reseal(second, keys.make(quick_path / "thief.pem"), lambda body: body.replace(b"pin:3100", b"pin:9999"))
    elif change == "note":
        shutil.copy(first, second)
    elif change == "other":  # rightly signed, but not what was exported then
        reseal(second, carried.key, oldest=2)
    else:
        file = carried.folder / "manifest.json"
        manifest = json.loads(file.read_text())
        name = manifest["logs"][0]["pieces"][0]
        outside = manifest["logs"][0]["pieces"][0] = f"../{carried.folder.name}/{name}"
        manifest["files"][outside] = manifest["files"].pop(name)
        file.write_text(json.dumps(manifest))
    code, found = verify(stick)
    assert (code, found["ok"]) == (1, False)


def test_what_the_log_itself_has_lost_is_told_as_lost(carried: Carried) -> None:
    for start in range(2, 301, 20):
        carried.grow(start, min(start + 19, 300))
    carried.log.close()
    path = segments(carried.data / "log")[1]
    flip(path, lines(path)[1].offset + 50)
    carried.export()
    code, found = verify(carried.stick)
    assert (code, [gap["state"] for gap in found["logs"][0]["gaps"]]) == (1, ["lost"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "holds no whole export"),
        ("[]", "manifest.json: Expected `object`"),
        ('{"type":"x","site":"a","gateway":"b","logs":[],"files":{}}', "not an export of ketuk.export.v1"),
    ],
)
def test_no_whole_export(quick_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (quick_path / "manifest.json").write_text(content)
    code, out, err = ketuk("central", "verify", quick_path)
    assert (code, out, err.count("\n"), said in err) == (1, "", 1, True)


def test_a_single_piece_needs_no_manifest_to_be_taken_but_proves_no_whole(carried: Carried, stick: Path) -> None:
    (carried.folder / "manifest.json").unlink()
    assert ketuk("central", "verify", stick)[0] == 1
    assert piece.split(carried.pieces()[0].read_bytes())[1].first == 1
