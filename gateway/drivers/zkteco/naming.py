"""Reading the user list when names are wanted, for terminals that name people by a number of their own."""

import logging
from collections.abc import Callable

from gateway.drivers.zkteco.attlog import Table
from gateway.drivers.zkteco.names import Names
from gateway.drivers.zkteco.session import Incomplete
from gateway.drivers.zkteco.sizes import Sizes
from gateway.drivers.zkteco.terminal import Terminal

PATIENCE = 3
"""Times that the list may fail before a log of bare numbers is taken without it."""

_log = logging.getLogger(__name__)


class Naming:
    """Of one session. `records` tells how many we know of: they were named by the list before."""

    def __init__(self, terminal: Terminal, names: Names, *, records: Callable[[], int]) -> None:
        self._terminal, self._names, self._records = terminal, names, records
        self._failed = 0

    def suffices(self, table: Table, sizes: Sizes) -> bool:
        """Whether the log's people can be named, or have to be left unnamed since the terminal will not tell."""
        if table.layout.has_person or not len(table):
            return True
        self._failed = 0 if self.refresh(sizes.users) else self._failed + 1
        return self._failed == 0 or self._failed >= PATIENCE

    def refresh(self, count: int | None = None) -> bool:
        """Read the user list. Whether that worked."""
        known = self._records()
        try:
            self._names.refresh(self._terminal.users(count), known)
        except Incomplete as error:
            _log.warning("%s: the user list cannot be read now: %s", self._terminal.who, error)
            return False
        return True
