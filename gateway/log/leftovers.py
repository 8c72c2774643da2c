"""What stays behind when segments go, and how it is kept from growing for ever."""

import contextlib
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from gateway.log.disk import Disk
from gateway.log.journal import Journal

logger = logging.getLogger(__name__)


def forget(journals: Sequence[Journal], facts: int) -> None:
    """Delete the oldest memories of segments that are gone while all of them together hold more than `facts`.

    At least the newest `facts` entries are remembered; the memory in RAM follows at the next start.
    """
    surplus = sum(journal.remembered for journal in journals) - facts
    for journal in journals:
        while surplus > 0 and journal.gone:
            try:
                surplus -= journal.forget_oldest()
            except OSError as error:
                logger.warning("%s: cannot delete an old index: %s", journal.folder, error.strerror)
                return


def delete_bad(disk: Disk, folders: Iterable[Path], before: str | None, max_bytes: int) -> None:
    """Delete `.bad` files that were set aside before that time (RFC 3339; None: not by age), and the oldest while all
    of them together are larger than `max_bytes`."""
    files = sorted((path.stat().st_ctime, path) for folder in folders for path in folder.glob("*.bad"))
    size = sum(path.stat().st_size for _, path in files)
    limit = _timestamp(before)
    for made, path in files:
        if size <= max_bytes and made >= limit:
            break
        size -= path.stat().st_size
        try:
            disk.unlink(path)
        except OSError as error:
            logger.warning("%s: cannot be deleted: %s", path, error.strerror)
            return
        logger.info("%s: deleted, it was set aside long ago", path)


def delete_empty(disk: Disk, journal: Journal) -> bool:
    """Delete the folder of an older epoch of which nothing is left; whether it is gone."""
    if journal.count() or journal.gone:
        return False
    with contextlib.suppress(OSError):
        disk.rmdir(journal.folder)
        return True
    return False  # a .bad file is still there, or something of somebody else's


def _timestamp(time: str | None) -> float:
    if time is None:
        return float("-inf")
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return float("-inf")
