"""The files that a configuration names: certificates, keys, passwords. They must be there, and be secret."""

import stat
from pathlib import Path

from gateway import texts
from gateway.texts import Text


def readable(path: Path) -> Text | None:
    """Why the file cannot be read, if it cannot."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        return texts.FILE_MISSING.of(file=path)
    except OSError as error:
        return texts.FILE_UNREADABLE.of(file=path, reason=error.strerror)
    return None


def private_key(path: Path) -> Text | None:
    """Why the file is no key to use: it cannot be read, or others than its owner may read or write it."""
    return readable(path) or (texts.KEY_OPEN.of(file=path) if _open_to_others(path) else None)


def password(path: Path) -> Text | None:
    """The same for the file of a password."""
    return readable(path) or (texts.PASSWORD_OPEN.of(file=path) if _open_to_others(path) else None)


def _open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
