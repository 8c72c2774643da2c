"""The centre's own key: it signs receipts and the manifests of bundles. Made when it is first needed, never shown."""

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.errors import CentralError

_NAME = "central.pem"


class Signer:
    """The key in `folder`, which is made when there is none. Raises CentralError when it cannot be read or made."""

    def __init__(self, folder: Path) -> None:
        file = folder / _NAME
        try:
            if not file.exists():
                _make(folder, file)
            pem = file.read_bytes()
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise CentralError(f"{file}: can be read by others: chmod 600 {file}")
            key = serialization.load_pem_private_key(pem, password=None)
        except OSError as error:
            raise CentralError(f"{file}: {error.strerror or error}: set central.data to a folder of ours") from error
        except (ValueError, TypeError) as error:
            raise CentralError(f"{file}: is no key in PEM: move it away, and a new one is made") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise CentralError(f"{file}: is no Ed25519 key: move it away, and a new one is made")
        self._key = key
        self.public = key.public_key().public_bytes_raw().hex()
        """64 hex digits."""

    def sign(self, text: bytes) -> str:
        """128 hex digits."""
        return self._key.sign(text).hex()


def _make(folder: Path, file: Path) -> None:
    """Whole or not at all, for nobody else to read, and on disk before it is used."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    half = file.with_suffix(".new")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, pem)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.link(half, file)  # unlike a rename it does not replace the key that another process made meanwhile
    half.unlink()
    folder_descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_descriptor)
    finally:
        os.close(folder_descriptor)
