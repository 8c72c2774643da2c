"""Done to the centre's database by somebody who may write to all of it."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.entries import held
from central.store.books import Books
from contract.chain import entry_hash
from contract.entry import PUNCH
from gateway.log.segment import stored
from tests.tampering.act import Act, Step
from tests.tampering.forging import IS, THIEF, VICTIM, anew, names, one_byte, unsigned
from tests.tampering.scene import KEY, Scene
from tests.tampering.segments import entries_of

COMMAND = "ketuk central verify -c central.toml"


def _run(scene: Scene, *statements: tuple[str, Iterable[object]]) -> None:
    with closing(sqlite3.connect(scene.database)) as database, database:
        for statement, values in statements:
            database.execute(statement, tuple(values))


def _raws(scene: Scene) -> list[bytes]:
    with closing(sqlite3.connect(scene.database)) as database:
        return [raw for (raw,) in database.execute("SELECT raw FROM entry ORDER BY sequence")]


def _entry(scene: Scene) -> None:
    _run(scene, ("UPDATE entry SET raw = ? WHERE sequence = ?", (one_byte(_raws(scene)[VICTIM - 1]), VICTIM)))


def _entry_with_its_hash(scene: Scene) -> None:
    raw = _raws(scene)[VICTIM - 1]
    _run(
        scene,
        ("UPDATE entry SET raw = ?, hash = ? WHERE sequence = ?", (raw, bytes.fromhex(entry_hash(raw)), VICTIM)),
        ("UPDATE punch SET subject = ? WHERE sequence = ?", (IS.decode(), VICTIM)),
    )


def _punch(scene: Scene) -> None:
    _run(scene, ("UPDATE punch SET local_time = '2026-03-02 07:00:00' WHERE sequence = ?", (VICTIM,)))


def _newest(scene: Scene) -> None:
    _run(scene, ("DELETE FROM punch WHERE sequence > 18", ()), ("DELETE FROM entry WHERE sequence > 18", ()))


def _marks(scene: Scene) -> None:
    digest = bytes.fromhex(entry_hash(_raws(scene)[-1]))
    _run(scene, ("UPDATE log SET through = 18, highest = 18, newest = 18, hash = ?", (digest,)))


def _next_entry(scene: Scene) -> None:
    scene.take([stored(raw) for raw in entries_of(scene)[26:27]])


def _what_was_missing(scene: Scene) -> None:
    scene.take([stored(raw) for raw in entries_of(scene)[18:26]])


def _anew(key: Ed25519PrivateKey | None) -> Callable[[Scene], None]:
    def do(scene: Scene) -> None:
        forged = anew(_raws(scene), key)
        rows = [(raw, bytes.fromhex(entry_hash(raw)), at) for at, raw in enumerate(forged, start=1)]
        _run(
            scene,
            *(("UPDATE entry SET raw = ?, hash = ? WHERE sequence = ?", row) for row in rows),
            ("UPDATE punch SET subject = ? WHERE sequence = ?", (IS.decode(), VICTIM)),
            ("UPDATE log SET hash = ?", (rows[-1][1],)),
        )
        if key is not None:
            (_, old), (public, name) = names(KEY), names(key)
            _run(scene, ("UPDATE entry SET id = replace(id, ?, ?)", (old, name)))
            _run(scene, ("UPDATE signing_key SET key = ?, public = ?", (name, public)))

    return do


def _unsigned(scene: Scene) -> None:
    """A chain of its own making, as long as the signed entries leave it."""
    forged = unsigned(_raws(scene))
    _run(scene, ("DELETE FROM entry WHERE kind = 'checkpoint'", ()), ("DELETE FROM punch", ()))
    _run(scene, ("DELETE FROM entry", ()))
    database = scene.centre()
    with database.database.transaction() as sql:
        books = Books(sql, datetime(2026, 3, 2, tzinfo=UTC))
        entries = [held(raw) for raw in forged]
        books.add(entries, [entry for entry in entries if entry.kind == PUNCH])
    database.database.close()
    last = len(forged)
    marks = (last, last, last, bytes.fromhex(entry_hash(forged[-1])))
    _run(scene, ("UPDATE log SET through = ?, highest = ?, newest = ?, hash = ?", marks))


def _first_contact(scene: Scene) -> None:
    (scene.folder / "central.toml").write_text('[broker]\nurl = "mqtt://127.0.0.1"\n')


ACTS = (
    Act(
        "One byte of an entry",
        (
            Step(
                f"Entry {VICTIM} becomes another person's (`pin:1006` for `pin:1005`), in `entry.raw`.", _entry, COMMAND
            ),
            Step(
                "The hash beside it and the row in the table of punches are corrected, too. The entry after it still "
                "names the hash of what was there.",
                _entry_with_its_hash,
                COMMAND,
            ),
        ),
    ),
    Act(
        "One value in the table of punches",
        (Step("The HR system reads `punch`, so somebody is made to come earlier there.", _punch, COMMAND),),
    ),
    Act(
        "The newest entries are deleted",
        (
            Step("Entries 19 to 26 vanish from `entry` and `punch`.", _newest, COMMAND),
            Step(
                "The marks in the table of logs are set back as well. Now nothing in the database knows that there "
                "was more; the gateway does.",
                _marks,
                COMMAND,
                caught=False,
            ),
            Step(
                "The gateway's next entry, number 27, arrives. The hole has a name, and the gateway is asked for it.",
                _next_entry,
                COMMAND,
            ),
            Step("It sends again what is missing, and nothing is gone.", _what_was_missing, COMMAND, caught=False),
        ),
    ),
    Act(
        "The whole chain is written anew",
        (
            Step(
                "From the changed entry on every hash is computed again, in the entries and in the tables; only the "
                "signatures cannot be made without the gateway's key.",
                _anew(None),
                COMMAND,
            ),
        ),
    ),
    Act(
        "The whole chain is written anew, without signatures",
        (
            Step(
                "The checkpoints are left out and everything is numbered again. Nothing contradicts anything; but this "
                "gateway signs, and nothing is signed.",
                _unsigned,
                COMMAND,
            ),
        ),
    ),
    Act(
        "The whole chain is written anew and signed with another key",
        (
            Step(
                "The forger signs with a key of his own and puts it into the table of pinned keys. The file that "
                "`[trust] keys` names is not in the database, and where it speaks the database has no say.",
                _anew(THIEF),
                COMMAND,
            ),
            Step(
                "Without such a file (`first_contact = true`) only the key itself tells: the last line but one shows "
                "which it is. Compare it with the one that was noted when the gateway was handed over.",
                _first_contact,
                COMMAND,
                caught=False,
            ),
        ),
    ),
)
