"""`ketuk central export`: evidence in one file."""

import re
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from central.commands.common import UsageError, bar, opened, place_of
from central.proof.bundle import Wanted, write_bundle
from central.signing import Signer

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def export(config_file: Path, gateway: str, first: str, last: str, target: Path) -> int:
    """The exit code. Raises CentralError."""
    place = place_of(gateway)
    config, database, ring = opened(config_file)
    zone = config.central.zone
    wanted = Wanted(place, _moment("--from", first, zone, time.min), _moment("--to", last, zone, time.max))
    if wanted.first > wanted.last:
        raise UsageError(f"--from {first} is behind --to {last}")
    with bar("exporting", 0) as step:
        manifest = write_bundle(database, ring, Signer(config.central.data), wanted, target, step)
    entries = sum(part["entries"] for part in manifest["logs"])
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"{entries} entries of {len(manifest['logs'])} logs in {target}", markup=False)
    console.print(f"check it with: ketuk central verify {target}", markup=False)
    return 0


def _moment(option: str, text: str, zone: ZoneInfo, of_day: time) -> datetime:
    """A day means its beginning or its end; a time without offset is of the centre's zone."""
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(datetime.fromisoformat(text), of_day, zone)
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option}: expected a day like 2026-03-01 or an RFC 3339 time, got {text!r}") from error
    return when if when.tzinfo is not None else when.replace(tzinfo=zone)
