"""Messages that are not entries, waiting for a place in the window: status, health, replies."""

import logging
from collections import deque
from typing import NamedTuple

logger = logging.getLogger(__name__)

MAX_WAITING = 64


class Post(NamedTuple):
    """One of them."""

    topic: str
    payload: bytes
    retain: bool


class Posts:
    """They go out before any entry. Of too many that wait, the oldest are dropped."""

    def __init__(self) -> None:
        self._waiting: deque[Post] = deque()

    def add(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send this."""
        if len(self._waiting) == MAX_WAITING:
            dropped = self._waiting.popleft()
            logger.warning("too many messages wait for the broker: one to %s is dropped", dropped.topic)
        self._waiting.append(Post(topic, payload, retain))

    def next(self) -> Post | None:
        """The one to send now."""
        return self._waiting.popleft() if self._waiting else None

    def keep_replies(self) -> None:
        """The connection is gone. What is retained, status and health, is made anew for the next one."""
        self._waiting = deque(post for post in self._waiting if not post.retain)
