"""Certificates made when a test runs: an authority, and servers and clients that it vouches for (or once did)."""

import datetime
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


class Pair(NamedTuple):
    """A certificate and its private key, both PEM files."""

    cert: Path
    key: Path


class Authority:
    """A certificate authority in a folder; `ca` is the file whoever trusts it needs."""

    def __init__(self, folder: Path, name: str = "ketuk-test-ca") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca = folder / f"{name}.crt"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        builder = _builder(self._name, self._name, self._key.public_key(), -1, 30)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
        )
        self.ca.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def server(self, name: str = "server", *, host: str = "127.0.0.1", days: tuple[int, int] = (-1, 30)) -> Pair:
        """A broker's pair for `host` (a name or an IP address), valid from day days[0] to day days[1] from now."""
        builder = self._leaf(name, days, ExtendedKeyUsageOID.SERVER_AUTH)
        return self._finish(name, builder.add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False))

    def client(self, name: str = "gw1", *, days: tuple[int, int] = (-1, 30)) -> Pair:
        """A gateway's pair; its common name is what a broker takes for the user name."""
        return self._finish(name, self._leaf(name, days, ExtendedKeyUsageOID.CLIENT_AUTH))

    def _leaf(self, name: str, days: tuple[int, int], use: x509.ObjectIdentifier) -> x509.CertificateBuilder:
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self._name, self._leaf_key.public_key(), *days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        return builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)

    def _finish(self, name: str, builder: x509.CertificateBuilder) -> Pair:
        pair = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        pair.cert.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))
        pair.key.touch(mode=0o600)
        pair.key.write_bytes(
            self._leaf_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pair


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, first: int, last: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + first * DAY)
        .not_valid_after(now + last * DAY)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
