"""How long the certificates are valid."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.checks import words
from gateway.checks.result import Result
from gateway.config import Config
from gateway.errors import LinkError
from gateway.mqtt import tls
from gateway.texts import exact

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SOON = timedelta(days=30)


def check(config: Config) -> Iterator[Result]:
    """One result for each certificate, and one when they cannot be used together."""
    broker = config.broker
    for name, file in (("broker.ca", broker.ca), ("broker.cert", broker.cert)):
        if file is not None:
            yield _validity(name, Path(file))
    if broker.tls:
        try:
            tls.context(broker)
        except LinkError as error:
            yield Result("broker.key", "bad", exact(str(error)))


def _validity(name: str, file: Path) -> Result:
    try:
        from cryptography import x509
    except ImportError:
        return Result(name, "skip", words.CERT_NO_LIBRARY.of(file=file))
    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:80]
        return Result(name, "bad", words.CERT_UNREADABLE.of(file=file, reason=reason))
    first = min(certificates, key=lambda certificate: certificate.not_valid_after_utc)
    return _judged(name, file, first, datetime.now(UTC))


def _judged(name: str, file: Path, certificate: "Certificate", now: datetime) -> Result:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    facts = {
        "file": file,
        "name": certificate.subject.rfc4514_string(),
        "since": since.date(),
        "until": until.date(),
        "days": (until - now).days,
    }
    if now > until:
        return Result(name, "bad", words.CERT_EXPIRED.of(**facts))
    if now < since:
        return Result(name, "bad", words.CERT_EARLY.of(**facts))
    if until - now < SOON:
        return Result(name, "warn", words.CERT_SOON.of(**facts))
    return Result(name, "ok", words.CERT_OK.of(**facts))
