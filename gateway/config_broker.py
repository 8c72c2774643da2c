"""`[broker]`: the address, who we are to it, and how delivery is paced."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta, Struct

from gateway import config_files, texts
from gateway.config_tables import Check, TableReader, shown
from gateway.texts import Text

_SCHEMES = ("mqtt", "mqtts")


def _split(value: str) -> SplitResult | None:
    try:
        url = urlsplit(value)
        url.port  # noqa: B018 - looking at it raises ValueError for a port that is none
    except ValueError:
        return None
    plain = not (url.path.strip("/") or url.query or url.fragment or url.username or url.password)
    return url if url.scheme in _SCHEMES and url.hostname and plain else None


def _url(value: str) -> Text | None:
    return None if _split(value) else texts.URL.of(value=shown(value))


class Broker(Struct, frozen=True):
    """`[broker]`. Times in seconds."""

    url: Annotated[str, Check(_url)]
    ca: Annotated[Path, Check(config_files.readable)] | None = None
    cert: Annotated[Path, Check(config_files.readable)] | None = None
    key: Annotated[Path, Check(config_files.private_key)] | None = None
    username: Annotated[str, Meta(min_length=1)] | None = None
    password_file: Annotated[Path, Check(config_files.password)] | None = None
    confirm: Literal["central", "broker"] = "central"
    window: Annotated[int, Meta(ge=1, le=1000)] = 20
    keepalive: Annotated[int, Meta(ge=5, le=3600)] = 30
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    resend_after: Annotated[float, Meta(ge=1, le=86400)] = 60.0
    ack_timeout: Annotated[float, Meta(ge=1, le=3600)] = 30.0


def check_pairs(reader: TableReader, broker: Broker) -> None:
    """A mistake for each key that is of no use without another one."""
    if broker.cert and not broker.key:
        reader.add("broker.cert", texts.NEEDS_BOTH.of(other="broker.key"))
    if broker.key and not broker.cert:
        reader.add("broker.key", texts.NEEDS_BOTH.of(other="broker.cert"))
    if broker.password_file and not broker.username:
        reader.add("broker.password_file", texts.NEEDS_BOTH.of(other="broker.username"))


def doubts(broker: Broker) -> Iterator[Text]:
    """What is allowed but looks wrong."""
    url = _split(broker.url)
    if url and url.scheme == "mqtt" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
        yield texts.NOT_ENCRYPTED.of(host=url.hostname)
