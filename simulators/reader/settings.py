"""From the command line to the files of a board: config.json, certificates as DER, and what is wired where."""

import json
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from simulators.reader.board import BoardError

SERIAL = "A0B1C2D3E4F5"
WIRING = {"cs": 5, "reset": 4, "red": 32, "green": 33, "blue": 27}


class Broker(NamedTuple):
    """Where the reader publishes."""

    host: str
    port: int
    tls: bool


def broker(url: str) -> Broker:
    """Of mqtt://host[:port] or mqtts://host[:port]. Raises BoardError."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise BoardError(f"--broker {url}: must be mqtt://host:port or mqtts://host:port")
    tls = parts.scheme == "mqtts"
    try:
        port = parts.port
    except ValueError:
        raise BoardError(f"--broker {url}: the port is not a number") from None
    return Broker(parts.hostname, port or (8883 if tls else 1883), tls)


def write(
    folder: Path,
    site: str,
    reader: str,
    to: Broker,
    *,
    ca: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    language: str = "id",
    more: dict[str, object] | None = None,
) -> None:
    """config.json and the certificates it names. `more`: further keys of config.json, also of its `broker`.

    Raises BoardError.
    """
    more = dict(more or {})
    given: dict[str, object] = {"host": to.host, "port": to.port, "tls": to.tls, "cert": "", "key": ""}
    if to.tls:
        if ca is None:
            raise BoardError("--ca: mqtts needs the authority's certificate")
        (folder / "ca.der").write_bytes(certificate(ca))
        if cert is not None and key is not None:
            (folder / "reader.der").write_bytes(certificate(cert))
            (folder / "reader.key.der").write_bytes(private_key(key))
            given.update(cert="reader.der", key="reader.key.der")
    given.update(cast("dict[str, object]", more.pop("broker", {})))
    config: dict[str, object] = {
        "site": site,
        "reader": reader,
        "language": language,
        "wifi": {"ssid": "simulated", "password": "simulated"},
        "broker": given,
        "ntp": {"host": ""},
        "mac": {"key": "5a" * 32, "number": "sim"},
        "oled": True,
        **more,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def options(blocks: int = 240, wifi_ms: int = 1600) -> dict[str, object]:
    """What the simulated board is made of: flash blocks of 4096 bytes, milliseconds until the Wi-Fi has an address."""
    return {"serial": SERIAL, "wiring": WIRING, "flash_blocks": blocks, "wifi_ms": wifi_ms}


def certificate(path: Path) -> bytes:
    """A PEM certificate as DER. Raises BoardError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(serialization.Encoding.DER)
    except (OSError, ValueError) as error:
        raise BoardError(f"{path}: not a certificate in PEM: {error}") from error


def private_key(path: Path) -> bytes:
    """A PEM key as DER (PKCS 8). Raises BoardError."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise BoardError(f"{path}: not a private key in PEM: {error}") from error
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
