"""The two marks of one log, and the cursors: in memory at once, on disk now and then."""

import logging
import time

from gateway.log.state import Kept, State

logger = logging.getLogger(__name__)

KEEP_EVERY = 1.0  # seconds between two writings while the marks move


class MarkBook:
    """`published` and `confirmed` of the log `logid`. Not thread-safe: the log's lock guards it."""

    def __init__(self, state: State, logid: str) -> None:
        self._state, self._logid = state, logid
        kept = state.marks(logid)
        self.known = kept is not None
        self.published, self.confirmed, self.released = kept or Kept(0, 0, 0)
        self._kept_at = float("-inf")
        self._refused = False

    def move(self, *, published: int, confirmed: int) -> None:
        """Set both, and write them if that has not been done for a while."""
        self.published, self.confirmed = published, confirmed
        self.released = max(self.released, confirmed)
        if time.monotonic() - self._kept_at >= KEEP_EVERY:
            self.keep()

    def keep(self) -> OSError | None:
        """Write what changed. A disk that refuses is no error here, and is returned: old marks cost a re-send."""
        self._kept_at = time.monotonic()
        marks = Kept(self.published, self.confirmed, self.released)
        if self._state.marks(self._logid) != marks:
            self._state.set_marks(self._logid, marks)
        try:
            self._state.flush()
        except OSError as error:
            if not self._refused:
                logger.warning("%s: marks are not on disk, entries may be sent twice: %s", self._logid, error.strerror)
            self._refused = True
            return error
        self._refused = False
        return None
