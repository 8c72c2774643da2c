"""The files that a configuration names: certificates, keys, passwords. They must be there, and be secret."""

import stat
from pathlib import Path

from gateway import texts
from gateway.texts import Text


def readable(file: str) -> Text | None:
    """Why the file cannot be read, if it cannot."""
    try:
        with Path(file).open("rb") as opened:
            opened.read(1)
    except FileNotFoundError:
        return texts.FILE_MISSING.of(file=file)
    except OSError as error:
        return texts.FILE_UNREADABLE.of(file=file, reason=error.strerror)
    return None


def private_key(file: str) -> Text | None:
    """Why the file is no key to use: it cannot be read, or others than its owner may read or write it."""
    return readable(file) or (texts.KEY_OPEN.of(file=file) if _open_to_others(file) else None)


def password(file: str) -> Text | None:
    """The same for the file of a password."""
    return readable(file) or (texts.PASSWORD_OPEN.of(file=file) if _open_to_others(file) else None)


def _open_to_others(file: str) -> bool:
    return bool(stat.S_IMODE(Path(file).stat().st_mode) & 0o077)
