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


def secret(path: Path, otherwise: Text = texts.KEY_OPEN) -> Text | None:
    """Why the file cannot be read, or `otherwise` where more than its owner may read or write it."""
    reason = readable(path)
    if reason is None and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return otherwise.of(file=path)
    return reason
