"""`ketuk central import`: what a USB stick brings into the database, and the receipt for it back onto the stick."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console

from central import receipts
from central.commands.common import bar
from central.config import Config, Partition, load
from central.errors import EvidenceError, SchemaError, StoreError
from central.ingest.carry import Carrier, Result
from central.ingest.keeper import Keeper
from central.ingest.take import Outcome
from central.keyring import load as load_keys
from central.proof import carried
from central.signing import Signer
from central.store import open_database
from central.store.books import Log


def bring(paths: Sequence[Path], config_file: Path, folder: Path | None, *, unsigned: bool, as_json: bool) -> int:
    """The exit code. `folder`: where receipts go, if not beside what they are for. Raises CentralError."""
    config = load(config_file)
    files = carried.find(paths)
    ring = load_keys(config.trust.keys, first_contact=config.trust.first_contact)
    database = open_database(config.database.url, slow_s=config.database.slow_s)
    told = _Told(as_json=as_json or not sys.stdout.isatty())
    try:
        with bar("importing", len(files)) as step:
            for result in Carrier(Keeper(database, ring, Partition()), ring, unsigned=unsigned).take(files):
                told.piece(result)
                step(1)
        for logid, beside in told.logs.items():
            log = receipts.stand(database, logid)
            if log is not None:
                told.log(log, _receipt(log, config, folder or beside))
    except SchemaError:
        raise
    except StoreError as error:
        raise StoreError(f"{error}; what was taken stays: run it again") from error
    finally:
        database.close()
    return told.finished()


def _receipt(log: Log, config: Config, folder: Path) -> Path | EvidenceError | None:
    """Where it is; None for a log of which nothing is held without a gap; the error where it cannot be written."""
    if log.cursor.through == 0:
        return None
    name, content = receipts.issue(log, Signer(config.central.data), datetime.now(config.central.zone))
    try:
        return receipts.write(folder, name, content)
    except EvidenceError as error:
        return error


class _Told:
    """What the operator is told: lines for people, or JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._sum = Outcome()
        self._of: dict[str, Outcome] = {}
        self._refused = self._unwritten = 0
        self.logs: dict[str, Path] = {}
        """Logs of which something was taken, and the folder that it came in."""

    def piece(self, result: Result) -> None:
        note, outcome = result.note, result.outcome
        if self._json:
            said: dict[str, object] = {"event": "piece", "file": str(result.file), **_counts(outcome)}
            said |= {"logid": note.logid, "first": note.first, "last": note.last} if note else {}
            print(json.dumps(said | {"refused": result.refused or None}), flush=True)  # noqa: T201
        for alarm in outcome.alarms:
            self._line(f"ALARM {alarm.kind}: {alarm.text}")
        if result.refused or note is None:
            self._refused += 1
            self._line(f"refused: {result.refused}")
            return
        self.logs.setdefault(note.logid, result.file.parent)
        self._sum.add(outcome)
        self._of.setdefault(note.logid, Outcome()).add(outcome)

    def log(self, log: Log, receipt: Path | EvidenceError | None) -> None:
        written = receipt if isinstance(receipt, Path) else None
        missing = [list(pair) for pair in log.cursor.holes]
        counts = _counts(self._of[log.logid])
        if self._json:
            said = {"event": "log", "site": log.site, "gateway": log.gateway, "logid": log.logid, **counts}
            said |= {"through": log.cursor.through, "missing": missing, "receipt": str(written) if written else None}
            print(json.dumps(said), flush=True)  # noqa: T201
        else:
            name = f"{log.site}/{log.gateway} {log.logid}"
            self._line(
                f"{name}: {counts['entries']} new, {counts['duplicates']} again; held through {log.cursor.through}"
            )
            if written:
                self._line(f"receipt: {written}")
        if isinstance(receipt, EvidenceError):
            self._unwritten += 1
            self._line(f"no receipt: {receipt}")
        for first, last in missing:
            self._line(f"missing: {first} to {last} of {log.logid}; `ketuk log export … --from {first} --to {last}`")

    def finished(self) -> int:
        counts = _counts(self._sum)
        if self._json:
            print(json.dumps({"event": "finished", **counts, "refused": self._refused}), flush=True)  # noqa: T201
        return 1 if self._refused or self._unwritten or counts["forks"] or counts["dead"] else 0

    def _line(self, text: str) -> None:
        self._console.print("".join(c if c.isprintable() else "?" for c in text), markup=False)


def _counts(outcome: Outcome) -> dict[str, int]:
    return {
        "entries": outcome.entries,
        "duplicates": outcome.duplicates,
        "forks": outcome.forks,
        "dead": outcome.dead,
        "alarms": len(outcome.alarms),
    }
