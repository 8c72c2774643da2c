# Puts an update into the folder that is not in use, checks it, and asks for it to be tried. Until the very last step,
# one rename, what runs now is what starts again.

import binascii
import hashlib

from contract.jsontext import dumps
from firmware import boot, files
from firmware.ota.manifest import UpdateError


class Installer:
    # `root`: the folder of boot.py.
    def __init__(self, root: str) -> None:
        self._root = root
        self._slot = boot.other(boot.current(root))
        self._folder = root + "/" + self._slot

    # Empty the folder that is not in use; its list goes first, so that nobody takes the rest for whole.
    def prepare(self) -> None:
        files.remove(self._folder + "/" + boot.MANIFEST)
        try:
            files.remove_tree(self._folder)
        except OSError:
            pass  # there was none
        files.make_folder(self._folder)

    # A file to write into: `write(piece)` for each piece, then `finish()`.
    def file(self, path: str, size: int, digest: str) -> "Part":
        parts = path.split("/")
        for depth in range(1, len(parts)):
            files.make_folder(self._folder + "/" + "/".join(parts[:depth]))
        return Part(self._folder + "/" + path, path, size, digest)

    # All files are there and right: from the next start on it is tried.
    def commit(self, manifest: "dict[str, object]") -> None:
        files.write(self._folder + "/" + boot.MANIFEST, dumps(manifest).encode())
        boot.write_state(self._root, self._slot, 1)


class Part:
    def __init__(self, path: str, name: str, size: int, digest: str) -> None:
        self._name, self._size, self._digest = name, size, digest
        self._hash = hashlib.sha256()
        self._got = 0
        self._file = open(path, "wb")

    def write(self, piece: bytes) -> None:
        self._got += len(piece)
        if self._got > self._size:
            raise UpdateError(self._name + ": longer than the manifest says")
        self._hash.update(piece)
        self._file.write(piece)

    def finish(self) -> None:
        self._file.close()
        if self._got != self._size or binascii.hexlify(self._hash.digest()).decode() != self._digest:
            raise UpdateError(self._name + ": not the file that was signed")

    def close(self) -> None:
        self._file.close()
