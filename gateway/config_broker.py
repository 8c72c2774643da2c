"""`[broker]` as the file has it: the settings of `gateway.mqtt`, whose paths are meant from the file's folder."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from gateway import config_files, texts
from gateway.config_tables import NEAR_FILE, Check, shown
from gateway.mqtt.settings import BrokerSettings
from gateway.texts import Text

_HERE = ("localhost", "127.0.0.1", "::1")


def _url(value: str) -> Text | None:
    try:
        url = urlsplit(value)
        known = url.scheme in ("mqtt", "mqtts") and url.hostname and url.port != 0
    except ValueError:
        known = None
    return None if known else texts.URL.of(value=shown(value))


class Broker(BrokerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[broker]`. What its values must be to one another is checked by BrokerSettings itself."""

    url: Annotated[str, Check(_url)]
    ca: Annotated[str, NEAR_FILE, Check(config_files.readable)] | None = None
    cert: Annotated[str, NEAR_FILE, Check(config_files.readable)] | None = None
    key: Annotated[str, NEAR_FILE, Check(config_files.private_key)] | None = None
    password_file: Annotated[str, NEAR_FILE, Check(config_files.password)] | None = None
    window: Annotated[int, Meta(ge=1, le=1000)] = 20
    keepalive: Annotated[int, Meta(ge=1, le=65535)] = 60


def doubts(broker: BrokerSettings) -> Iterator[Text]:
    """What is allowed but looks wrong."""
    if broker.username is not None and broker.password_file is None:
        yield texts.NO_PASSWORD
    if not broker.tls and broker.host not in _HERE:
        yield texts.NOT_ENCRYPTED.of(host=broker.host)
