"""How many records of the same person and second came before: part of a punch's identity. Pure, and small in memory."""

from collections import OrderedDict
from collections.abc import Hashable
from itertools import pairwise

from gateway.drivers.zkteco.attlog import Row, Table

_LIVE_KEYS = 4096


def key(row: Row) -> tuple[Hashable, str]:
    """What two records must share to be counted together."""
    return (row.uid if row.person is None else row.person, row.local_time)


class LogOrdinals:
    """Ordinals of a log read in full, asked for record by record in order, from any record on.

    Nearly every (person, second) is alone. So hashes are compared first, for a moment, and only the few keys that may
    repeat are remembered and counted.
    """

    def __init__(self, table: Table) -> None:
        self._repeated = _repeated(table)
        self._seen: dict[Hashable, int] = {}
        self._next = 0
        self._table = table

    def of(self, index: int, row: Row) -> int:
        """The ordinal of record `index`; indexes must not go down."""
        for earlier in range(self._next, index) if self._repeated else ():
            passed = self._table.row(earlier)
            if isinstance(passed, Row):
                self._count(passed)
        self._next = index + 1
        return self._count(row)

    def _count(self, row: Row) -> int:
        name = key(row)
        if hash(name) not in self._repeated:
            return 0
        ordinal = self._seen.get(name, 0)
        self._seen[name] = ordinal + 1
        return ordinal


def _repeated(table: Table) -> frozenset[int]:
    rows = (table.row(index) for index in range(len(table)))
    hashes = sorted(hash(key(row)) for row in rows if isinstance(row, Row))
    return frozenset(one for one, other in pairwise(hashes) if one == other)


class LiveKeys:
    """The (person, second) of live events, the latest 4096 of them."""

    def __init__(self) -> None:
        self._seen: OrderedDict[Hashable, None] = OrderedDict()

    def add(self, row: Row) -> bool:
        """Whether it is new in this session."""
        name = key(row)
        is_new = name not in self._seen
        self._seen[name] = None
        self._seen.move_to_end(name)
        if len(self._seen) > _LIVE_KEYS:
            self._seen.popitem(last=False)
        return is_new
