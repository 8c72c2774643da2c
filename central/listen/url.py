"""Where the broker is and with what we show who we are, checked before anything is opened."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}


class AddressError(ValueError):
    """What was asked for makes no sense; the message is one line that names the option and what to write."""


@dataclass(frozen=True, slots=True)
class Address:
    """A broker."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def parse(url: str) -> Address:
    """The address in `mqtts://host[:port]` or `mqtt://host[:port]` (8883, 1883). Raises AddressError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"--broker: {error}: write mqtts://host:port") from error
    if parts.scheme not in PORTS:
        raise AddressError(f"--broker: expected mqtts:// or mqtt://, got {url!r}")
    if "@" in parts.netloc:
        raise AddressError("--broker: no user or password in it: use --username and --password-file")
    if not parts.hostname or not parts.hostname.isprintable() or " " in parts.hostname:
        raise AddressError(f"--broker: no host in {url!r}: write {parts.scheme}://host:port")
    if port == 0:
        raise AddressError("--broker: port 0 cannot be connected to")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise AddressError(f"--broker: nothing may follow the port, got {url!r}")
    return Address(parts.hostname, port or PORTS[parts.scheme], parts.scheme == "mqtts")


def tls_context(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later; without `ca` the authorities that the system trusts. Raises AddressError naming the file."""
    if (cert is None) != (key is None):
        raise AddressError("--cert and --key: one is of no use without the other")
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise AddressError(f"--ca: {ca}: {_reason(error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert is not None and key is not None:
        try:
            context.load_cert_chain(cert, key, password=_no_pass_phrase)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise AddressError(f"--cert and --key: {cert}, {key}: {_reason(error)}") from error
    return context


def password(file: Path) -> str:
    """The first line of `file`. Raises AddressError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AddressError(f"--password-file: {file}: {_reason(error)}") from error
    if not lines or not lines[0]:
        raise AddressError(f"--password-file: {file}: its first line is empty")
    return lines[0]


def _no_pass_phrase() -> str:
    # Without this OpenSSL would ask on the terminal, in the middle of a table.
    raise ValueError("the key has a pass phrase: keys of services have none, or the service cannot start by itself")


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, ssl.SSLError):
        return f"not a usable PEM file ({(error.reason or 'nothing in it').replace('_', ' ').lower()})"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
