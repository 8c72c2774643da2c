"""The `[broker]` section of the configuration, checked for sense."""

from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from gateway.errors import ConfigError

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the broker is and how to speak to it. All durations are seconds.

    Raises ConfigError, whose message starts with the path of the key, for values that make no sense. The files are
    only opened when connecting: they may be renewed while the gateway runs.
    """

    url: str
    """`mqtts://host:port` or `mqtt://host:port`; the port may be left out (8883, 1883)."""
    ca: str | None = None
    """PEM file with the authority that vouches for the broker; None: those the system trusts."""
    cert: str | None = None
    """PEM file with our certificate (and those between it and the authority)."""
    key: str | None = None
    """PEM file with the private key of `cert`."""
    username: str | None = None
    password_file: str | None = None
    """File whose first line is the password."""
    confirm: Literal["central", "broker"] = "central"
    """Who must have an entry before the log may forget it: the centre (watermark) or the broker (PUBACK)."""
    window: int = 20
    """Messages on their way without a PUBACK, at most; less where the broker's Receive Maximum says so."""
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    keepalive: int = 60
    connect_timeout: float = 10.0
    """For each of: TCP connect, TLS handshake, CONNACK."""
    ack_timeout: float = 30.0
    """A live link on which no PUBACK comes for so long is given up and made anew."""
    resend_after: float = 60.0
    """The centre's watermark stands still for so long: everything it has not confirmed is sent again."""
    resend_gap: float = 5.0
    """The same entry is not sent twice within this time, however often it is asked for."""
    retained_wait: float = 0.5
    """How long to wait for the watermark that the centre left, before new entries go out."""
    backoff_min: float = 1.0
    backoff_max: float = 60.0
    stable_after: float = 30.0
    """A connection that lived so long starts the back-off from `backoff_min` again."""
    refused_retry: float = 600.0
    """How long an entry that the broker refused is set aside before it is offered again."""
    health_interval: float = 60.0

    def __post_init__(self) -> None:
        self._check_url()
        self._check_files()
        self._check_numbers()

    @property
    def host(self) -> str:
        """Name or address of the broker."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Port of the broker."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]

    @property
    def tls(self) -> bool:
        """Whether the url says mqtts://."""
        return urlsplit(self.url).scheme == "mqtts"

    def _check_url(self) -> None:
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError as error:
            raise ConfigError(f"broker.url: {error}: write mqtts://host:port") from error
        if parts.scheme not in _PORTS:
            raise ConfigError(f'broker.url: expected mqtts:// or mqtt://, got "{self.url}"')
        if not parts.hostname or not parts.hostname.isprintable() or " " in parts.hostname:
            raise ConfigError(f'broker.url: no host in "{self.url}": write {parts.scheme}://host:port')
        if port == 0:
            raise ConfigError("broker.url: port 0 cannot be connected to")
        self._check_rest(parts)

    def _check_rest(self, parts: SplitResult) -> None:
        if "@" in parts.netloc:
            raise ConfigError("broker.url: no user or password in it: use broker.username and broker.password_file")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ConfigError(f'broker.url: nothing may follow the port, got "{self.url}"')

    def _check_files(self) -> None:
        if not self.tls:
            for name, value in (("ca", self.ca), ("cert", self.cert), ("key", self.key)):
                if value is not None:
                    raise ConfigError(f"broker.{name}: needs TLS: write mqtts:// in broker.url")
        if self.cert is not None and self.key is None:
            raise ConfigError("broker.key: missing: broker.cert needs its private key")
        if self.key is not None and self.cert is None:
            raise ConfigError("broker.cert: missing: broker.key is of no use without its certificate")
        if self.password_file is not None and self.username is None:
            raise ConfigError("broker.username: missing: broker.password_file is of no use without it")

    def _check_numbers(self) -> None:
        if not 1 <= self.window <= 1000:
            raise ConfigError(f"broker.window: expected 1 to 1000, got {self.window}")
        if not 1 <= self.keepalive <= 65535:
            raise ConfigError(f"broker.keepalive: expected 1 to 65535 seconds, got {self.keepalive}")
        for name in _DURATIONS:
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ConfigError(f"broker.{name}: expected more than 0 seconds, got {value}")
        if self.backoff_max < self.backoff_min:
            raise ConfigError(f"broker.backoff_max: expected at least backoff_min ({self.backoff_min})")


_DURATIONS = (
    "connect_timeout",
    "ack_timeout",
    "resend_after",
    "resend_gap",
    "retained_wait",
    "backoff_min",
    "backoff_max",
    "stable_after",
    "refused_retry",
    "health_interval",
)
