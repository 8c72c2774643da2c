"""`ketuk log export`: what is on the stick is whole, exact, and only what is wanted, whatever happens to the stick."""

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract import piece
from gateway import keys
from gateway.log import export as exporting
from gateway.log.export import Exporter, Part, Piece
from gateway.log.stick import Stick, StickDisk, StickError
from gateway.log.view import look
from tests import schemas
from tests.carry.office import Carried
from tests.log.damage import flip, lines
from tests.log.disks import ALL, NOTHING, Chance, FaultyDisk, RecordingDisk, Replay, leave
from tests.log.logs import segments
from tests.log.test_command import on_terminal


def test_only_what_the_centre_does_not_hold_and_every_byte_of_it(carried: Carried) -> None:
    carried.grow(2, 4500)
    carried.ack(100)
    code, said, err = carried.export()
    assert (code, err.count("\n")) == (0, 1), "the note that the folder is on the same disk"
    assert carried.on_stick() == [entry.raw for entry in carried.entries()[100:]]
    assert [(line["first"], line["last"], line["written"]) for line in said[:-1]] == [
        (101, 2100, True),
        (2101, 4100, True),
        (4101, 4500, True),
    ]
    assert said[-1] == {
        "event": "finished",
        "folder": str(carried.folder),
        "entries": 4400,
        "written": 4400,
        "key": carried.key.public,
    }


def test_each_piece_vouches_for_itself(carried: Carried) -> None:
    carried.grow(2, 2500)
    carried.export()
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(carried.key.public))
    for file in carried.pieces():
        body, note = piece.split(file.read_bytes())
        schemas.check("piece", json.loads(note.line()))
        public.verify(bytes.fromhex(note.signature), note.signed_text())
        assert (note.site, note.gateway, note.logid) == ("kec-pampangan", "gw1", carried.logid)
        assert note.entries == body.count(b"\n") == note.last - note.first + 1
    manifest = json.loads((carried.folder / "manifest.json").read_bytes())
    assert manifest["keys"][0]["public"] == carried.key.public
    assert (manifest["logs"][0]["first"], manifest["logs"][0]["last"]) == (1, 2500)
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in carried.pieces()}
    assert manifest["files"] == files
    assert "ketuk central import" in (carried.folder / "README.txt").read_text()
    assert {oct(file.stat().st_mode)[-3:] for file in carried.folder.iterdir()} == {"644"}, (
        "others read it at the centre"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--all",), range(1, 31)),
        (("--from", "20"), range(20, 31)),
        (("--from", "5", "--to", "7"), range(5, 8)),
        (("--to", "3"), range(1, 4)),
        (("--to", "99"), range(1, 31)),
        ((), range(11, 31)),
    ],
)
def test_other_parts(carried: Carried, options: tuple[str, ...], expected: range) -> None:
    carried.grow(2, 30)
    carried.ack(10)
    assert carried.export(*options)[0] == 0
    entries = carried.entries()
    assert carried.on_stick() == [entries[number - 1].raw for number in expected]


@pytest.mark.parametrize("options", [("--from", "50"), ("--from", "5", "--to", "4")])
def test_nothing_to_carry_makes_no_folder(carried: Carried, options: tuple[str, ...]) -> None:
    carried.grow(2, 30)
    code = carried.export(*options)[0]
    assert code == (2 if "--to" in options else 0)
    assert not carried.folder.exists()


def test_all_of_every_log_and_what_is_carried_over(carried: Carried) -> None:
    carried.grow(2, 30)
    carried.ack(10)
    before = [entry.raw for entry in carried.entries()]
    carried.log.ack(carried.logid, 99, "ab" * 32, [])
    new = [entry.raw for entry in carried.entries()]
    carried.export()
    assert carried.on_stick() == new
    carried.export("--all")
    assert sorted(carried.on_stick()) == sorted(before + new)


def test_whole_pieces_are_not_touched_and_new_entries_come_beside_them(carried: Carried) -> None:
    carried.grow(2, 2500)
    carried.export()
    times = {file.name: file.stat().st_mtime_ns for file in carried.pieces()}
    carried.grow(2501, 2600)
    _, said, _ = carried.export()
    assert [line["written"] for line in said[:-1]] == [False, False, True]
    assert {name: (carried.folder / name).stat().st_mtime_ns for name in times} == times
    assert carried.on_stick() == [entry.raw for entry in carried.entries()]


@pytest.mark.parametrize("spoil", ["cut", "flip", "note", "empty", "other"])
def test_what_is_not_whole_is_written_anew(carried: Carried, spoil: str) -> None:
    carried.grow(2, 2500)
    carried.export()
    file = carried.pieces()[0]
    raw = file.read_bytes()
    spoilt = {
        "cut": raw[:-10],
        "flip": raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:],
        "note": raw[: raw.rindex(b"\n", 0, -1) + 1],
        "empty": b"",
        "other": b"a letter to my aunt\n",
    }
    file.write_bytes(spoilt[spoil])
    _, said, _ = carried.export()
    assert [line["written"] for line in said[:-1]] == [True, False]
    assert file.read_bytes() == raw


def test_another_key_signs_it_anew(carried: Carried) -> None:
    carried.grow(2, 30)
    carried.export()
    keys.make(carried.data / keys.NAME)
    _, said, _ = carried.export()
    assert [line["written"] for line in said[:-1]] == [True]


def test_a_piece_of_a_log_that_was_restored_is_not_taken_for_ours(carried: Carried) -> None:
    """The same name, the same sequences, other bytes: an older copy of the card writes on."""
    carried.grow(2, 30)
    carried.export()
    kept = carried.pieces()[0]
    body, note = piece.split(kept.read_bytes())
    other = body.replace(b'"finger"', b'"faceXX"')
    false = note._replace(sha256=hashlib.sha256(other).hexdigest())
    false = false._replace(signature=carried.key.sign(false.signed_text()))
    kept.write_bytes(other + false.line())
    assert carried.export()[1][0]["written"]
    assert carried.on_stick() == [entry.raw for entry in carried.entries()]


def test_while_the_gateway_writes(carried: Carried) -> None:
    """The log is open and locked by this process all the time; what comes meanwhile comes with the next export."""
    carried.grow(2, 300)
    assert carried.export()[0] == 0
    carried.grow(301, 310)
    assert carried.export()[0] == 0
    assert len(carried.on_stick()) == 310


def test_a_damaged_log_gives_what_it_has(carried: Carried) -> None:
    for start in range(2, 301, 20):
        carried.grow(start, min(start + 19, 300))
    carried.log.close()
    path = segments(carried.data / "log")[1]
    flip(path, lines(path)[1].offset + 50)
    gone = int(path.stem) + 1
    assert carried.export()[0] == 0
    assert len(carried.on_stick()) == 299
    assert [piece.split(file.read_bytes())[1].first for file in carried.pieces()] == [1, gone + 1]
    manifest = json.loads((carried.folder / "manifest.json").read_bytes())
    assert manifest["logs"][0]["gaps"] == [[gone, gone, "lost"]]


def test_without_a_key_it_says_so(carried: Carried) -> None:
    carried.grow(2, 30)
    (carried.data / keys.NAME).unlink()
    code, said, err = carried.export("--lang", "en")
    assert (code, said[-1]["key"]) == (0, None)
    assert "there is no signing key" in err
    assert piece.split(carried.pieces()[0].read_bytes())[1].key == ""


def test_on_a_terminal_it_tells_what_to_do_next(carried: Carried) -> None:
    carried.grow(2, 30)
    code, screen = on_terminal("export", carried.data, carried.stick, columns=300)
    assert code == 0
    assert "30 catatan dari kec-pampangan/gw1 ada di" in screen
    assert f"ketuk log ack {carried.stick} {carried.data}" in screen
    assert "30 entries of kec-pampangan/gw1" in on_terminal("export", carried.data, carried.stick, "--lang", "en")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("STICK/none",), 1, "tidak ada folder ini"),
        (("STICK", "--lang", "de"), 2, "--lang"),
        (("STICK", "--from", "9", "--to", "3"), 2, "--from 9"),
        (("STICK", "--log", "gw9.00000000"), 2, "holds no log"),
    ],
)
def test_called_wrongly(carried: Carried, arguments: tuple[str, ...], code: int, words: str) -> None:
    carried.grow(2, 30)
    stick, *options = (word.replace("STICK", str(carried.stick)) for word in arguments)
    carried.stick = Path(stick)
    found, _, err = carried.export(*options)
    assert (found, err.count("\n")) == (code, 1)
    assert words in err


# The stick


class FaultyStick(FaultyDisk, StickDisk):
    """A stick that refuses at some operation."""


def write(carried: Carried, disk: StickDisk) -> None:
    """Export all of it."""
    for _ in pieces(carried, disk):
        pass


def pieces(carried: Carried, disk: StickDisk) -> Iterator[Piece]:
    """The same, piece by piece."""
    stick = Stick(carried.stick, carried.folder.name, disk)
    view = look(carried.data)
    assert view.present is not None
    part = Part(view.present, 1, view.present.newest())
    yield from Exporter(stick, ("kec-pampangan", "gw1"), carried.key).pieces(part)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "stick penuh"),
        (errno.EROFS, "tidak boleh ditulisi"),
        (errno.EIO, "tercabut atau rusak"),
        (errno.ENODEV, "tercabut atau rusak"),
    ],
)
def test_it_is_pulled_out_at_every_operation_and_the_next_run_goes_on(
    carried: Carried, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    monkeypatch.setattr(exporting, "MOST_ENTRIES", 10)
    carried.grow(2, 45)
    entries = [entry.raw for entry in carried.entries()]
    healthy = FaultyStick()
    write(carried, healthy)
    assert healthy.count > 20
    for at in range(1, healthy.count + 1):
        for file in carried.folder.iterdir():
            file.unlink()
        carried.folder.rmdir()
        with pytest.raises(StickError, match=words) as caught:
            write(carried, FaultyStick(at, code, lasting=True))
        assert "\n" not in str(caught.value)
        whole = carried.on_stick()  # what is there under its own name is whole
        assert whole == entries[: len(whole)]
        write(carried, FaultyStick())
        assert carried.on_stick() == entries
        assert not list(carried.folder.glob("*.tmp"))


class RecordingStick(RecordingDisk, StickDisk):
    """A stick that remembers what a power cut could leave of it."""


def test_the_current_fails_at_any_moment(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told is there, and what is there under its own name is whole."""
    monkeypatch.setattr(exporting, "MOST_ENTRIES", 10)
    carried.grow(2, 35)
    entries = [entry.raw for entry in carried.entries()]
    disk, told = RecordingStick(carried.stick), 0
    for one in pieces(carried, disk):
        told += one.note.entries
        disk.note(lambda replay, told=told: replay.facts.append(told))  # type: ignore[misc]
    for steps in range(len(disk.steps) + 1):
        for seed in range(5):
            pick = random.Random(seed)
            chance = Chance(lambda pick=pick: pick.random() < 0.5, lambda most, pick=pick: pick.randint(0, most))  # type: ignore[misc]
            replay = Replay(disk, steps)
            shutil.rmtree(carried.stick)
            leave(replay, carried.stick, (ALL, NOTHING, chance)[min(seed, 2)])
            found = carried.on_stick()
            assert found == entries[: len(found)]
            assert len(found) >= (replay.facts or [0])[-1]  # type: ignore[operator]


def test_a_stick_that_keeps_nothing(carried: Carried) -> None:
    class Fake(StickDisk):
        def fresh(self, path: Path) -> bytes:
            return bytes(len(super().fresh(path)))

    carried.grow(2, 5)
    with pytest.raises(StickError, match="rusak atau palsu"):
        write(carried, Fake())


def test_it_is_unmounted_and_only_the_folder_is_left(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    carried.grow(2, 5)
    stick = Stick(carried.stick, carried.folder.name)
    monkeypatch.setattr(stick, "_device", -1)
    with pytest.raises(StickError, match="tercabut"):
        stick.put("x.jsonl", b"x")
    assert list(carried.folder.iterdir()) == []


@pytest.fixture
def small(carried: Carried) -> Iterator[Path]:
    """The stick is a file system of one megabyte of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(carried.stick)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield carried.stick
    subprocess.run(["umount", "--lazy", str(carried.stick)], check=True)  # noqa: S607


def test_a_full_stick_and_then_a_larger_one(carried: Carried, small: Path) -> None:
    carried.grow(2, 4500)
    code, said, err = carried.export()
    assert (code, err.count("\n"), len(said)) == (1, 1, 1)
    assert "stick penuh" in err
    assert len(carried.on_stick()) == 2000
    assert not list(carried.folder.glob("*.tmp"))
    subprocess.run(["mount", "-o", "remount,size=9m", str(small)], check=True)  # noqa: S607
    code, said, err = carried.export()
    assert (code, err, [line["written"] for line in said[:-1]]) == (0, "", [False, True, True])
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)  # noqa: S607
    carried.grow(4501, 4502)
    code, _, err = carried.export()
    assert (code, "tidak boleh ditulisi" in err) == (1, True)


def test_killed_in_the_middle(carried: Carried) -> None:
    carried.grow(2, 9000)
    command = [sys.executable, "-m", "gateway.cli", "log", "export", str(carried.data), str(carried.stick)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["written"]
        process.send_signal(signal.SIGKILL)
    assert carried.on_stick() == [entry.raw for entry in carried.entries()[: len(carried.on_stick())]]
    code, said, _ = carried.export()
    assert (code, said[0]["written"]) == (0, False)
    assert carried.on_stick() == [entry.raw for entry in carried.entries()]
