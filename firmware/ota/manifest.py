# The list of an update's files. Nothing of it is believed before its signature was verified.

import sys

from contract.jsontext import loads
from firmware.ota.rsa import verify

LARGEST = 16384  # bytes of the list itself
MOST_BYTES = 400_000
_ALLOWED = "abcdefghijklmnopqrstuvwxyz0123456789_/."


class UpdateError(Exception):
    pass


# {"version", "built", "files": [[path, size, sha256 hex], …]} of a signed list. Raises UpdateError with the reason.
def read(raw: bytes, signature: bytes, modulus: bytes, built: int) -> "dict[str, object]":
    if len(raw) > LARGEST or not verify(modulus, signature, raw):
        raise UpdateError("the signature is not by the key of this reader")
    try:
        manifest = loads(raw)
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("version"), str):
        raise UpdateError("the manifest has no version")
    if not isinstance(manifest.get("built"), int) or manifest["built"] <= built:
        raise UpdateError("it is not newer than what runs")
    abi = getattr(sys.implementation, "_mpy", 0) & 0xFF
    if manifest.get("mpy") != abi:
        raise UpdateError("it is for another MicroPython (.mpy %s, here %d)" % (manifest.get("mpy"), abi))
    _check_files(manifest.get("files"))
    return manifest


def _check_files(entries: object) -> None:
    if not isinstance(entries, list) or not 1 <= len(entries) <= 128:
        raise UpdateError("the manifest names no files")
    total = 0
    for one in entries:
        if not isinstance(one, list) or len(one) != 3 or not _is_path(one[0]) or not isinstance(one[1], int):
            raise UpdateError("the manifest has a bad entry")
        if not isinstance(one[2], str) or len(one[2]) != 64 or not 0 <= one[1] <= MOST_BYTES:
            raise UpdateError("the manifest has a bad entry")
        total += one[1]
    if total > MOST_BYTES:
        raise UpdateError("it is too large")


# A relative path of a module, one folder up at most twice below the slot, nowhere else.
def _is_path(path: object) -> bool:
    if not isinstance(path, str) or not 1 <= len(path) <= 64 or not all([letter in _ALLOWED for letter in path]):
        return False
    parts = path.split("/")
    return len(parts) <= 3 and all(parts) and not any([part.startswith(".") for part in parts]) and path[-4:] == ".mpy"
