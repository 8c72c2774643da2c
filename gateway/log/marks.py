"""The two marks of one log: in memory at once, on disk now and then."""

import logging
import time

from gateway.log.state import State

logger = logging.getLogger(__name__)

KEEP_EVERY = 1.0  # seconds between two writings while the marks move


class MarkBook:
    """`published` and `confirmed` of the log `logid`. Not thread-safe: the log's lock guards it."""

    def __init__(self, state: State, logid: str) -> None:
        self._state, self._logid = state, logid
        self.published, self.confirmed = state.marks(logid)
        self._kept = (self.published, self.confirmed)
        self._kept_at = 0.0

    def move(self, *, published: int, confirmed: int) -> None:
        """Set both, and write them if that has not been done for a while."""
        self.published, self.confirmed = published, confirmed
        if time.monotonic() - self._kept_at >= KEEP_EVERY:
            self.keep()

    def keep(self) -> None:
        """Write the marks if they moved. A disk that refuses is no error here: old marks cost a re-send."""
        marks = (self.published, self.confirmed)
        if marks == self._kept:
            return
        self._kept_at = time.monotonic()
        try:
            self._state.keep_marks(self._logid, *marks)
        except OSError as error:
            logger.warning("%s: the marks are not on disk, entries may be sent twice: %s", self._logid, error.strerror)
            return
        self._kept = marks
