"""The configuration of one gateway: `load("gateway.toml")` gives a frozen `Config` or every mistake of the file.

Device tables keep their further keys as they are; each driver checks its own (`gateway.drivers.table`) at once.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec
from msgspec import Meta, Struct, field

from contract import topics
from gateway import carry_texts, texts
from gateway.config_broker import Broker, doubts
from gateway.config_file import language, load_toml
from gateway.config_tables import Check, Mistake, S, TableReader, shown
from gateway.drivers.table import create
from gateway.errors import ConfigError
from gateway.texts import Lang, Text


def _segment(value: str) -> Text | None:
    return None if topics.is_segment(value) else texts.SEGMENT.of(value=shown(value))


def _site(value: str) -> Text | None:
    return texts.SITE_CENTRAL if value == "central" else _segment(value)


def _zone(value: str) -> Text | None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return texts.TIMEZONE.of(value=shown(value)) if available_timezones() else texts.NO_TZDATA
    return None


def _folder(value: Path) -> Text | None:
    """A shell would know what ~ is; systemd does not, and a folder of that name is not what was meant."""
    return texts.HOME.of(value=shown("~")) if "~" in value.parts else None


def _public_key(value: str) -> Text | None:
    return None if re.fullmatch(r"([0-9a-f]{64})?", value) else carry_texts.CENTRAL_KEY


Segment = Annotated[str, Check(_segment)]


class Site(Struct, frozen=True):
    """`[site]`: the office."""

    id: Annotated[str, Check(_site)]
    timezone: Annotated[str, Check(_zone)] = "Asia/Jakarta"
    name: str = ""
    """What people call it; shown on pages, never sent."""
    lang: Lang = texts.DEFAULT

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the office's devices tell the time."""
        return ZoneInfo(self.timezone)


class Gateway(Struct, frozen=True):
    """`[gateway]`: this machine."""

    id: Segment
    data: Annotated[Path, Check(_folder)]
    """Folder of the log."""


class Log(Struct, frozen=True):
    """`[log]`: how much is kept. MB and kB are powers of ten."""

    keep_days: Annotated[int, Meta(ge=1, le=36500)] = 400
    max_mb: Annotated[int, Meta(ge=8, le=1_000_000)] = 512
    segment_kb: Annotated[int, Meta(ge=16, le=65536)] = 1024


class Clock(Struct, frozen=True):
    """`[clock]`: what time is trusted, and how far a device may be from it."""

    trust: Literal["kernel", "system"] = "kernel"
    """kernel: when the kernel says it is synchronised (`adjtimex`); system: the machine's clock is vouched for."""
    max_drift_s: Annotated[float, Meta(ge=1, le=3600)] = 2.0
    """A device further off than this, in seconds, is set right."""


class Central(Struct, frozen=True):
    """`[central]`: what is known of the centre beside its broker."""

    key: Annotated[str, Check(_public_key)] = ""
    """Its public key (`ketuk central key`): only receipts signed with it are believed. Empty: the first one's is."""


class Device(Struct, frozen=True):
    """One `[[device]]`."""

    id: Segment
    driver: Annotated[str, Meta(min_length=1)]
    options: dict[str, Any] = field(default_factory=dict)
    """The other keys of the table, for the driver to check."""
    path: str = ""
    """Where it stands in the file, e.g. `device[0]`, for messages about its options."""


class Config(Struct, frozen=True):
    """A whole file."""

    file: Path
    site: Site
    gateway: Gateway
    broker: Broker
    log: Log
    clock: Clock
    central: Central
    devices: tuple[Device, ...]
    warnings: tuple[str, ...] = ()
    """What is allowed but looks wrong, a line each, in the site's language."""


def load(file: str | Path) -> Config:
    """The configuration in `file`. Raises ConfigError with one line for each mistake, all of them at once."""
    file = Path(file)
    document = load_toml(file)
    texts.choose(language(document))
    reader = TableReader(base=file.absolute().parent)
    reader.unknown(document, ("site", "gateway", "broker", "log", "clock", "central", "device"), "")
    site = _section(reader, document, "site", Site)
    gateway = _section(reader, document, "gateway", Gateway)
    broker = _section(reader, document, "broker", Broker)
    log = _section(reader, document, "log", Log)
    clock = _section(reader, document, "clock", Clock)
    central = _section(reader, document, "central", Central)
    devices = _devices(reader, document.get("device", []))
    _check_names(reader, gateway, devices)
    _check_options(reader, devices)
    if log is not None and log.segment_kb >= log.max_mb * 1000:
        reader.add("log.segment_kb", texts.SEGMENT_LARGER)
    if reader.mistakes or not (site and gateway and broker and log and clock and central):
        raise ConfigError(*(mistake.line() for mistake in reader.mistakes), file=str(file))
    warnings = [str(text) for text in doubts(broker)]
    if not devices:
        warnings.append(str(texts.NO_DEVICES))
    return Config(file, site, gateway, broker, log, clock, central, tuple(devices), tuple(warnings))


def _section(reader: TableReader, document: dict[str, object], name: str, kind: type[S]) -> S | None:
    if name not in document and any(known.required for known in msgspec.structs.fields(kind)):
        reader.add(name, texts.NO_SECTION.of(name=name))
        return None
    return reader.table(kind, document.get(name, {}), name)


class _Named(Struct, frozen=True):
    id: Segment
    driver: Annotated[str, Meta(min_length=1)]


def _devices(reader: TableReader, tables: object) -> list[Device]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        reader.add("device", texts.DOUBLE_BRACKETS)
        return []
    devices = []
    for index, table in enumerate(tables):
        path = f"device[{index}]"
        named = reader.table(_Named, {key: table[key] for key in ("id", "driver") if key in table}, path)
        if named is not None:
            options = {key: value for key, value in table.items() if key not in ("id", "driver")}
            devices.append(Device(named.id, named.driver, options, path))
    return devices


def _check_names(reader: TableReader, gateway: Gateway | None, devices: list[Device]) -> None:
    """Names end up in `source`, where two things of one name could not be told apart."""
    taken = {gateway.id: "gateway.id"} if gateway is not None else {}
    for device in devices:
        if device.id in taken:
            reader.add(f"{device.path}.id", texts.TWICE.of(value=shown(device.id), other=taken[device.id]))
        taken.setdefault(device.id, f"{device.path}.id")


def _check_options(reader: TableReader, devices: list[Device]) -> None:
    """Each driver judges its own keys; it says `device[<id>]`, the file has `device[<number>]`."""
    for device in devices:
        try:
            create(device.driver, device.options, device.id)
        except ConfigError as error:
            lines = [line.replace(f"device[{device.id}]", device.path, 1) for line in error.lines]
            reader.mistakes += [Mistake("", texts.exact(line)) for line in lines]
