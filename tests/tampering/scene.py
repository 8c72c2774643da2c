"""One office's log, the centre's database and a bundle, the same bytes every time: what the acts are done to.

The log is the gateway's own, with its key and its checkpoints; the centre has taken all of it but the last punches.
"""

import contextlib
import io
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.ingest.arrival import Arrival
from central.store import open_database
from central.store.migrations import migrate
from contract import topics
from contract.chain import entry_hash
from contract.entry import PUNCH
from gateway import cli, keys
from gateway.checkpoint import Checkpointer
from gateway.entries import Draft, Stored
from gateway.keys import SigningKey
from gateway.log.log import Log
from tests.central.books import Centre
from tests.log.logs import SOURCE, everything, open_log

SITE, GATEWAY = "kec-pampangan", "gw1"
LOGID = f"{GATEWAY}.7f3a9c2e"
START = datetime(2026, 3, 2, 0, 25, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WIDTH = 118
_CODES = re.compile(r"\x1b\[[0-9;]*m")


class Scene:
    """Everything in one folder; `ketuk` is called from there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data, self.database, self.bundle = folder / "data", folder / "central.db", folder / "maret.zip"

    @property
    def segments(self) -> list[Path]:
        """The files of the gateway's log, oldest first."""
        return sorted(self.data.glob("log/*/*.log"))

    def centre(self) -> Centre:
        """The centre's books. Close its database."""
        return Centre(open_database(f"sqlite:{self.database}"))

    def take(self, entries: Sequence[Stored]) -> None:
        """The centre gets these, as from the broker."""
        centre = self.centre()
        centre.take([Arrival(topics.log(SITE, GATEWAY, entry.kind), entry.raw) for entry in entries])
        centre.database.close()

    def ketuk(self, command: str) -> str:
        """What `ketuk` prints on a terminal, and its exit code where that is not 0."""
        out, err = _Terminal(), io.StringIO()
        surroundings = patch.dict(os.environ, {"COLUMNS": str(WIDTH), "TERM": "xterm"})
        streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
        code: object = 0
        with contextlib.chdir(self.folder), surroundings, streams[0], streams[1]:
            try:
                cli.main(command.split()[1:])
            except SystemExit as ended:
                code = ended.code
        said = _CODES.sub("", out.getvalue() + err.getvalue())
        lines = [line.rstrip() for line in said.splitlines()]
        return "\n".join([*lines, f"[exit code {code}]"] if code else lines)


def build(folder: Path) -> Scene:
    """The scene as nobody has touched it yet."""
    scene = Scene(folder)
    log = _log(scene)
    centre = scene.centre()
    migrate(centre.database)
    centre.database.close()
    (folder / "gateways.keys").write_text(f"{SITE}/{GATEWAY}  {public(KEY)}\n")
    (folder / "central.toml").write_text(
        '[broker]\nurl = "mqtt://127.0.0.1"\n[trust]\nkeys = "gateways.keys"\nfirst_contact = false\n'
    )
    entries = everything(log)
    scene.take(entries[:-3])
    held = entries[-4]
    log.published(held.sequence)
    log.ack(LOGID, held.sequence, entry_hash(held.raw), [])
    log.close()
    days = "--from 2026-03-02 --to 2026-03-02"
    scene.ketuk(f"ketuk central export -c central.toml --gateway {SITE}/{GATEWAY} {days} -o maret.zip")
    return scene


@contextmanager
def copy(scene: Scene) -> Iterator[Scene]:
    """The same in another folder, to be spoilt."""
    folder = scene.folder.with_name("copy")
    shutil.copytree(scene.folder, folder)
    try:
        yield Scene(folder)
    finally:
        shutil.rmtree(folder)


def public(key: Ed25519PrivateKey) -> str:
    """64 hex digits."""
    return SigningKey(key).public


def _log(scene: Scene) -> Log:
    """Six signed stretches, minutes apart, and three punches that came after the centre's last word."""
    scene.data.mkdir()
    form = serialization.PrivateFormat.PKCS8
    pem = KEY.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (scene.data / keys.NAME).touch(0o600)
    (scene.data / keys.NAME).write_bytes(pem)
    clock = _Clock()
    with patch("gateway.log.epoch.secrets.token_hex", return_value=LOGID.partition(".")[2]):
        log = open_log(scene.data, now=clock, segment_bytes=6000)
    for first in range(1, 18, 3):
        checkpoints = Checkpointer(log, scene.data, SOURCE)
        checkpoints.start()
        log.append([_punch(number) for number in range(first, first + 3)])
        checkpoints.stop()
        clock.time += timedelta(minutes=3)
    log.append([_punch(number) for number in range(19, 22)])
    return log


def _punch(number: int) -> Draft:
    when = (START + timedelta(minutes=number)).astimezone(_JAKARTA).isoformat()
    data: dict[str, object] = {
        "method": "finger",
        "direction": "in",
        "origin": "live",
        "clock": {"state": "synced", "offset_s": 0.4},
        "device": {"serial": "OKI0001", "time": when[:19]},
        "raw": f"{number:08x}",
    }
    return Draft(PUNCH, f"/{SITE}/pintu-depan", data, id=f"fact-{number}", subject=f"pin:{1000 + number}", time=when)


_JAKARTA = datetime.fromisoformat("2026-03-02T07:00:00+07:00").tzinfo


class _Clock:
    """A minute later each time it is looked at."""

    def __init__(self) -> None:
        self.time = START.astimezone(_JAKARTA)

    def __call__(self) -> str:
        self.time += timedelta(minutes=1)
        return self.time.isoformat()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True
