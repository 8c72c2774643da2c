"""The TLS side of a connection: 1.2 or newer, the broker always verified, our own certificate where there is one."""

import ssl
from pathlib import Path

from gateway.errors import LinkError
from gateway.mqtt.settings import BrokerSettings


def context(settings: BrokerSettings) -> ssl.SSLContext:
    """What to make connections with. Raises LinkError naming the file that cannot be used, and why."""
    try:
        made = ssl.create_default_context(cafile=settings.ca)
    except OSError as error:  # ssl.SSLError is one, too
        raise LinkError(f"broker.ca: {settings.ca}: {_why(error, 'a PEM certificate')}") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert is not None and settings.key is not None:
        _load_pair(made, settings.cert, settings.key)
    return made


def _load_pair(made: ssl.SSLContext, cert: str, key: str) -> None:
    for name, path in (("cert", cert), ("key", key)):
        try:
            with Path(path).open("rb"):
                pass
        except OSError as error:
            raise LinkError(f"broker.{name}: {path}: {_why(error, 'a PEM file')}") from error
    try:
        # Without a password callback OpenSSL would ask for one on the terminal.
        made.load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise LinkError(
                f"broker.key: {key} is not the key of {cert}: put the pair that belongs together"
            ) from error
        raise LinkError(f"broker.cert: {cert} with {key}: {_why(error, 'a PEM certificate and its key')}") from error
    except (OSError, ValueError) as error:
        raise LinkError(f"broker.cert: {cert} with {key}: {error}") from error


def _why(error: OSError, wanted: str) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file: copy it there or correct the path"
    if isinstance(error, PermissionError):
        return "may not be read by this user: check its owner and mode"
    if isinstance(error, ssl.SSLError):
        return f"not {wanted} that can be read ({error.reason or error}); a key must have no password"
    return error.strerror or str(error)
