"""The configuration of the centre: `load("central.toml")` gives a frozen `Config` or every mistake of the file.

    [broker]
    url = "mqtts://broker.example:8883"
    ca = "ca.crt"
    cert = "central.crt"
    key = "central.key"

    [database]
    url = "postgresql://ketuk@db.example/ketuk"      # or "sqlite:central.db", the default

Paths are meant from the folder of the file. Everything but `broker.url` may be left out.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from central.config_reader import Tables, load_toml
from central.errors import ConfigError
from central.listen import url as address
from contract import topics

Seconds = Annotated[float, Meta(gt=0, le=86400)]

_PARTITION = re.compile(r"([0-9]{1,3})/([0-9]{1,3})")


class Broker(msgspec.Struct, frozen=True, kw_only=True):
    """`[broker]`."""

    url: str
    """`mqtts://host:port` or `mqtt://host:port`; the port may be left out (8883, 1883)."""
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    client_id: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[A-Za-z0-9-]+$")] = "ketuk-central"
    """The name of the session that the broker keeps while we are away: no other client may have it."""
    keepalive: Annotated[int, Meta(ge=2, le=65535)] = 30
    session_days: Annotated[int, Meta(ge=1, le=49000)] = 30
    """How long an MQTT 5 broker keeps the session. MQTT 3.1.1 brokers have their own rule."""
    backoff_min: Seconds = 0.5
    backoff_max: Seconds = 30.0

    def __post_init__(self) -> None:
        mistakes = []
        try:
            where = address.parse(self.url)
        except address.AddressError as error:
            raise ConfigError(str(error).replace("--broker", "broker.url")) from error
        files = (("ca", self.ca), ("cert", self.cert), ("key", self.key))
        if not where.tls:
            mistakes += [f"broker.{name}: needs TLS: write mqtts:// in broker.url" for name, file in files if file]
        if (self.cert is None) != (self.key is None):
            mistakes.append("broker.cert, broker.key: one is of no use without the other")
        if self.password_file is not None and self.username is None:
            mistakes.append("broker.username: missing: broker.password_file is of no use without it")
        if self.backoff_max < self.backoff_min:
            mistakes.append(f"broker.backoff_max: expected at least backoff_min ({self.backoff_min:g})")
        if mistakes:
            raise ConfigError(*mistakes)

    @property
    def address(self) -> address.Address:
        """Host, port and whether to speak TLS."""
        return address.parse(self.url)


class Database(msgspec.Struct, frozen=True):
    """`[database]`."""

    url: str = "sqlite:central.db"
    """`sqlite:FILE`, or a PostgreSQL URL as libpq takes it: `postgresql://user@host:port/name`."""
    slow_s: Seconds = 10.0
    """A transaction that takes longer makes the centre say that it cannot write."""

    def __post_init__(self) -> None:
        scheme, colon, rest = self.url.partition(":")
        if scheme not in ("sqlite", "postgresql", "postgres") or not colon or not rest.strip("/"):
            raise ConfigError("database.url: expected sqlite:FILE or postgresql://user@host/name")


class Ingest(msgspec.Struct, frozen=True):
    """`[ingest]`."""

    batch: Annotated[int, Meta(ge=1, le=5000)] = 19
    """Messages in one transaction, at most: less than mosquitto lets be on their way to one client, which is 20
    (`max_inflight_messages`). Of a broker that lets fewer (RabbitMQ 10, `mqtt.prefetch`) a batch takes what comes."""
    linger_ms: Annotated[float, Meta(ge=0, le=1000)] = 1.0
    """How long a batch that is not full waits for the next message."""
    watermark_ms: Annotated[float, Meta(ge=10, le=60000)] = 200.0
    """A log's watermark is sent so soon after a COMMIT, or after `watermark_entries`."""
    watermark_entries: Annotated[int, Meta(ge=1, le=100000)] = 200
    repeat_s: Seconds = 10.0
    """A watermark that names something missing is repeated after so long, then after twice as long, up to an hour."""


class Trust(msgspec.Struct, frozen=True):
    """`[trust]`: whose signatures are believed."""

    first_contact: bool = True
    """Whether the first key that a gateway shows is pinned. False: only those of `keys`."""
    keys: Path | None = None
    """File of the provisioning: lines `site/gateway 64-hex-digits`."""


class Central(msgspec.Struct, frozen=True):
    """`[central]`."""

    data: Path = Path("ketuk-central")
    """Folder of the centre's own key, which signs receipts and manifests."""
    timezone: str = "Asia/Jakarta"
    """What a day is that is given without a time, e.g. `--from 2026-03-01`."""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigError(f'central.timezone: there is no time zone "{self.timezone}"') from error

    @property
    def zone(self) -> ZoneInfo:
        """The same, to be used."""
        return ZoneInfo(self.timezone)


class Config(msgspec.Struct, frozen=True):
    """A whole file."""

    file: Path
    broker: Broker
    database: Database
    ingest: Ingest
    trust: Trust
    central: Central


_SECTIONS = ("broker", "database", "ingest", "trust", "central")


def load(file: Path) -> Config:
    """The configuration in `file`. Raises ConfigError with one line for each mistake, all of them at once."""
    document = load_toml(file)
    base = file.absolute().parent
    tables = Tables(document, base)
    tables.unknown(document, _SECTIONS)
    broker = tables.section("broker", Broker)
    database = tables.section("database", Database)
    ingest = tables.section("ingest", Ingest)
    trust = tables.section("trust", Trust)
    central = tables.section("central", Central)
    if tables.mistakes or not (broker and database and ingest and trust and central):
        raise ConfigError(*tables.mistakes, file=str(file))
    scheme, _, rest = database.url.partition(":")
    url = f"sqlite:{base / rest.removeprefix('//')}" if scheme == "sqlite" else database.url
    database = msgspec.structs.replace(database, url=url)
    central = msgspec.structs.replace(central, data=base / central.data)
    return Config(file, broker, database, ingest, trust, central)


class Partition(msgspec.Struct, frozen=True):
    """Which part of the gateways an ingester takes: number `number` of `of`, from 1."""

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def takes(self, topic: str) -> bool:
        """Whether a topic is one of ours: by a hash of site and gateway, the same on every machine."""
        place = topics.split(topic)
        if self.of == 1 or place is None:
            return True
        spread = hashlib.sha256(f"{place[0]}/{place[1]}".encode()).digest()
        return int.from_bytes(spread[:8], "big") % self.of == self.number - 1


def partition(text: str) -> Partition:
    """`2/4`. Raises ConfigError."""
    found = _PARTITION.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigError(f'--partition: expected a part and a number of parts, e.g. 2/4, got "{text}"')
    return Partition(int(found[1]), int(found[2]))
