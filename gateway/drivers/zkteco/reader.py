"""Reading a terminal's whole log, and believing it only when everything adds up.

The number of records is asked before and after, since people go on punching while the log is read. If it moved, or
what came is not whole, the log is read again, `TRIES` times at most; the last of these is content with a log whose
number of records lies between before and after, so that a busy morning does not put the reading off for ever.
"""

import logging
from dataclasses import dataclass, field, replace
from hashlib import sha256

from gateway.drivers.zkteco.attlog import LAYOUT_40, Row, Table
from gateway.drivers.zkteco.readings import MAX_RAW
from gateway.drivers.zkteco.recognise import recognise
from gateway.drivers.zkteco.session import Incomplete
from gateway.drivers.zkteco.sizes import Sizes
from gateway.drivers.zkteco.terminal import Terminal
from gateway.reading import Finding

TRIES = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogRead:
    """What came of it."""

    table: Table | None
    """None: nothing that can be believed; the next read tries again."""
    sizes: Sizes
    """The counters after the read."""
    findings: list[Finding] = field(default_factory=list)
    if_it_lasts: Finding | None = None
    """What is to be recorded if read after read ends like this: one may be the network's fault."""

    @property
    def counted(self) -> Sizes:
        """The counters, with the records counted by us where the terminal does not."""
        if self.table is None or self.sizes.records is not None:
            return self.sizes
        return replace(self.sizes, records=len(self.table))


def read_log(terminal: Terminal, serial: str, layout: str | None, *, expects_some: bool = False) -> LogRead:
    """The whole log. `layout` names the one found before; `expects_some`: punches are known to be in it.

    It is asked for even where the terminal says that it is empty; if such a terminal refuses, it is. Raises
    DriverError when the terminal cannot be talked to.
    """
    before = terminal.sizes()
    trouble, body, earlier = "", b"", b""
    for attempt in range(1, TRIES + 1):
        try:
            body = terminal.log()
        except Incomplete as error:
            trouble, body, table = f"the log did not come whole: {error}", b"", None
            after = terminal.sizes()
            if before.records == after.records == 0 and not expects_some:
                return LogRead(Table(LAYOUT_40, b""), after)
        else:
            after = terminal.sizes()
            found = recognise(body, _counts(before, after), layout)
            trouble, table = (found, None) if isinstance(found, str) else ("", found)
            if table is not None and terminal.unordered and body != earlier and not _chronological(table):
                trouble, table = "its records are not in order: two datagrams may have changed places", None
            earlier = body
        if table is not None and (before.records == after.records or attempt == TRIES):
            return LogRead(table, after, _miscounted(serial, table, before, after))
        _log.info("%s: reading the log again: %s", terminal.who, trouble or "somebody punched meanwhile")
        before = after
    _log.warning("%s: the log cannot be read now: %s", terminal.who, trouble)
    return LogRead(None, before, if_it_lasts=_refused(serial, body, trouble, before))


def _chronological(table: Table) -> bool:
    rows = [table.row(index) for index in range(len(table))]
    times = [row.local_time for row in rows if isinstance(row, Row)]
    return len(times) == len(rows) and times == sorted(times)


def _counts(before: Sizes, after: Sizes) -> range | None:
    """Every number of records that the log may have had; None if the terminal does not tell."""
    if before.records is None or after.records is None:
        return None
    return range(min(before.records, after.records), max(before.records, after.records) + 1)


def _miscounted(serial: str, table: Table, before: Sizes, after: Sizes) -> list[Finding]:
    counts = _counts(before, after)
    if counts is None or len(table) in counts:
        return []
    detail: dict[str, object] = {"told": after.records, "handed_over": len(table)}
    off_by = (after.records or 0) - len(table)
    return [Finding("log-miscounted", serial, detail, key=f"off by {off_by}")]


def _refused(serial: str, body: bytes, trouble: str, sizes: Sizes) -> Finding:
    if not body:
        key = f"none of some {(sizes.records or 0) // 100 * 100}"  # anew as the log grows, not for every punch
        return Finding("log-miscounted", serial, {"told": sizes.records, "reason": trouble}, key=key)
    digest = sha256(body).hexdigest()
    detail: dict[str, object] = {"told": sizes.records, "reason": trouble, "bytes": len(body), "sha256": digest}
    return Finding("record-unreadable", serial, detail, body[:MAX_RAW], f"log-unreadable:{serial}:{digest[:24]}")
