"""The gateway's own Ed25519 key, which signs checkpoints: made at the first start, in the data folder, never shown.

signing.pem        the key that signs now, readable by its owner alone
signing.next.pem   the key that takes its place (`ketuk key rotate`), once the log has the word of the present one
signing.bad        what was in the place of the key and was none
"""

import stat
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.checkpoint import key_name
from gateway.errors import LogError
from gateway.log.disk import Disk

NAME, NEXT, BAD = "signing.pem", "signing.next.pem", "signing.bad"


class SigningKey:
    """One key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        public = key.public_key().public_bytes_raw()
        self.public = public.hex()
        """64 hex digits."""
        self.name = key_name(public)
        """How checkpoints call it, 16 hex digits."""

    def sign(self, text: bytes) -> str:
        """128 hex digits."""
        return self._key.sign(text).hex()


class NoKey(LogError):
    """The bytes in a key's file are no key."""


def load(file: Path) -> SigningKey:
    """The key in `file`, which is made its owner's alone. Raises OSError, NoKey."""
    pem = Disk().read(file)
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        file.chmod(0o600)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise NoKey(f"{file}: is no key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey(f"{file}: is no Ed25519 key")
    return SigningKey(key)


def make(file: Path) -> SigningKey:
    """A new key, whole in `file` and on the medium, or not at all. Raises OSError."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    Disk().write_file(file, pem)
    return SigningKey(key)


def load_or_make(data: Path) -> tuple[SigningKey, str]:
    """The key of a data folder, and why it was made just now ("" when it was there). Raises OSError."""
    file = data / NAME
    if not file.exists():
        return make(file), "there was none"
    try:
        return load(file), ""
    except NoKey as error:
        Disk().rename(file, data / BAD)
        return make(file), str(error)


def promote(data: Path) -> None:
    """The next key takes the place of the present one. Raises OSError."""
    disk = Disk()
    disk.rename(data / NEXT, data / NAME)
    disk.sync_folder(data)
