"""`ketuk central verify`: of the database, or of a bundle on a machine that has nothing else."""

import json
import sys
from pathlib import Path

from rich.console import Console

from central.commands.common import UsageError, bar, opened, place_of
from central.proof.findings import Findings
from central.proof.show import show
from central.signatures import public_key


def verify(bundle: Path | None, config: Path | None, gateway: str | None, key: str | None, *, as_json: bool) -> int:
    """The exit code. Raises CentralError."""
    if (bundle is None) == (config is None):
        raise UsageError("expected a bundle, or -c central.toml for the database")
    findings = _bundle(bundle, key) if bundle is not None else _database(config or Path(), gateway)
    if as_json:
        json.dump(findings.as_dict(), sys.stdout, indent=1)
        print()  # noqa: T201
    else:
        show(findings, Console(width=None if sys.stdout.isatty() else 150))
    return 1 if findings.wrong else 0


def _database(file: Path, gateway: str | None) -> Findings:
    from central.proof import database as proof
    from central.proof import parallel

    place = place_of(gateway) if gateway else None
    config, database, ring = opened(file)
    entries = proof.count(database, place)
    with bar("verifying", entries) as step:
        if place is None and (workers := parallel.processes(entries)) > 1:
            return parallel.verify(config.database.url, config.database.slow_s, ring, step, workers)
        return proof.verify(database, ring, place, step)


def _bundle(file: Path, key: str | None) -> Findings:
    from central.proof import bundle_reader, export_reader

    root = public_key(key)
    if key is not None and root is None:
        raise UsageError("--key: expected 64 hex digits")
    if file.is_dir():
        with bar("verifying", export_reader.total(file)) as step:
            return export_reader.verify_export(file, root, step)
    with bar("verifying", bundle_reader.total(file)) as step:
        return bundle_reader.verify_bundle(file, root, step)
