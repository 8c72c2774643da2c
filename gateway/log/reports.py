"""The log's word on itself: damage and deletions become audit entries of the log that they happened to."""

import logging
from collections.abc import Callable, Sequence

from gateway.entries import Draft, Stored
from gateway.errors import LogError
from gateway.log import evidence
from gateway.log.history import History

logger = logging.getLogger(__name__)


class Reports:
    """`append` is the log's; its lock guards this, too."""

    def __init__(self, source: str, history: History, append: Callable[[Sequence[Draft]], list[Stored]]) -> None:
        self._source, self._history, self._append = source, history, append

    def report(self) -> None:
        """Damage that was found becomes evidence; what the disk refuses now is told the next time."""
        for journal in self._history.all():
            while journal.troubles:
                trouble = journal.troubles[0]
                if not self.tell(evidence.damaged(self._source, journal.logid, trouble)):
                    return
                logger.error("%s/%s: %s %s", journal.folder, trouble.file, trouble.event, trouble.detail)
                journal.troubles.pop(0)

    def tell(self, draft: Draft) -> bool:
        """Record an audit entry of the log's own; whether that worked."""
        try:
            self._append([draft])
        except LogError as error:
            logger.warning("not yet on record: %s: %s", draft.data, error)
            return False
        return True
