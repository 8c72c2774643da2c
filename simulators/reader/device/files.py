"""The board's file system: a folder of the host that becomes `/`.

MicroPython's VfsPosix with a root of its own renames a file onto itself (it builds both paths in one buffer), so
`rename` goes by the host's paths. The data flash, mounted at /data, is littlefs and not concerned.
"""

import os as real
import sys

import vfs


class _Os:
    """Stands in for the module os."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._host = vfs.VfsPosix()  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(real, name)

    def rename(self, old: str, new: str) -> None:
        if old.startswith("/data/"):
            real.rename(old, new)
        else:
            self._host.rename(self._folder + old, self._folder + new)


def enter(folder: str) -> None:
    """From now on `folder` is all there is."""
    own = _Os(folder)
    vfs.umount("/")  # type: ignore[attr-defined]
    vfs.mount(vfs.VfsPosix(folder), "/")  # type: ignore[attr-defined]
    real.chdir("/")
    sys.modules["os"] = own  # type: ignore[assignment]
