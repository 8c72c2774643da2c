"""Which layout an attendance log is written in, by evidence. Pure.

The protocol does not say how long a record is. What can be known: the number of bytes (exact), the number of records
(if the terminal tells, and as it was before and after the read), and whether what a layout makes of the bytes looks
like punches. A layout is a candidate when whole records fill the bytes exactly. Among candidates with the number of
records that the terminal told, the most plausible wins; where it told none, or told one that fits nothing, only a
candidate that is plausible nearly throughout, and alone at the top, is believed. Otherwise nothing is decoded.

Some firmware puts the nine bytes of `LEAD_IN` in front of the records of layout 40 (pull 236, issue 174).
"""

from collections.abc import Collection
from typing import NamedTuple

from gateway.drivers.zkteco.attlog import LAYOUT_40, LAYOUT_49, LAYOUTS, Row, Table
from gateway.drivers.zkteco.codes import KNOWN_STATE, KNOWN_VERIFY

LEAD_IN = bytes.fromhex("ff3235350000000000")

_SAMPLE = 256
"""Records looked at to weigh a candidate."""
_SURE = 0.9
"""Share of plausible records that makes up for a number of records which is not known or does not fit."""


class Weight(NamedTuple):
    """How much the bytes look like punches under a layout: shares of the sampled records, compared in this order."""

    likely: float
    """Known codes, and a year from 2001 to 2060."""
    known: float
    """Known codes for how and in which direction."""
    readable: float


def recognise(body: bytes, counts: Collection[int] | None, prefer: str | None = None) -> Table | str:
    """The log in `body` (without the leading length), or why it cannot be told, as one line.

    `counts` are the numbers of records that the terminal told, or None if it does not tell; `prefer` names the layout
    that this terminal was found to use before, which decides between candidates that look alike.
    """
    if not body and counts is not None and 0 not in counts:
        return f"nothing came where {_told(counts)} records were told"
    tables = _candidates(body)
    exact = [] if counts is None else [table for table in tables if len(table) in counts]
    fitting = _best(exact, prefer)
    if fitting is not None and (len(body) == 0 or _makes_sense(fitting)):
        return fitting
    likeliest = _best([table for table in tables if len(body) == 0 or _is_sure(table, prefer)], prefer)
    if likeliest is not None:
        return likeliest
    if fitting is not None and fitting.layout.size > 8 and _weigh(fitting).readable > 0:
        return fitting  # its size says what it is; each record is checked by itself
    return _refusal(len(body), counts, fits=bool(exact))


def _makes_sense(table: Table) -> bool:
    """At least half of it; the two layouts of 8 bytes are told apart by the codes alone."""
    weight = _weigh(table)
    return (weight.readable if table.layout.size > 8 else weight.known) >= 0.5


def _is_sure(table: Table, prefer: str | None) -> bool:
    """Nearly all of it. The years alone say nothing against a layout that this terminal used before, nor against one
    whose user ids are text: a terminal that lost its clock writes 2000 as long as nobody sets it."""
    weight = _weigh(table)
    tells_by_itself = table.layout.name == prefer or table.layout.size >= LAYOUT_40.size
    return (weight.known if tells_by_itself else weight.likely) >= _SURE


def _candidates(body: bytes) -> list[Table]:
    tables = [Table(layout, body) for layout in LAYOUTS if len(body) % layout.size == 0]
    if LEAD_IN not in body:
        return tables
    stripped = _without_lead_in(body)
    if stripped is None or (len(body) % LAYOUT_49.size == 0 and not body.startswith(LEAD_IN)):
        return tables  # the nine bytes end each record: that is layout 49 as it stands
    if _each_leads_in(body):
        tables = [table for table in tables if table.layout is not LAYOUT_49]
    return [*tables, Table(LAYOUT_40, stripped)]


def _each_leads_in(body: bytes) -> bool:
    return all(body.startswith(LEAD_IN, at) for at in range(0, len(body), LAYOUT_49.size))


def _without_lead_in(body: bytes) -> bytes | None:
    """Records of layout 40 with every lead-in taken out; None if they do not fill the bytes exactly."""
    parts, at = [], 0
    while at < len(body):
        if body.startswith(LEAD_IN, at):
            at += len(LEAD_IN)
        part = body[at : at + LAYOUT_40.size]
        if len(part) < LAYOUT_40.size:
            return None
        parts.append(part)
        at += LAYOUT_40.size
    return b"".join(parts)


def _best(tables: list[Table], prefer: str | None) -> Table | None:
    """The heaviest; of several equally heavy ones the preferred; None if there is no telling."""
    if len(tables) <= 1:
        return tables[0] if tables else None
    weighed = [(_weigh(table), table) for table in tables]
    top = max(weight for weight, _ in weighed)
    heaviest = [table for weight, table in weighed if weight == top]
    if len(heaviest) > 1:
        heaviest = [table for table in heaviest if table.layout.name == prefer or len(table) == 0][:1]
    return heaviest[0] if heaviest else None


def _weigh(table: Table) -> Weight:
    count = len(table)
    if count == 0:
        return Weight(0, 0, 0)
    step = max(1, count // _SAMPLE)
    rows = [table.row(index) for index in range(0, count, step)]
    readable = [row for row in rows if isinstance(row, Row)]
    known = [row for row in readable if row.verify in KNOWN_VERIFY and row.state in KNOWN_STATE]
    likely = [row for row in known if "2001" <= row.local_time[:4] <= "2060"]
    return Weight(len(likely) / len(rows), len(known) / len(rows), len(readable) / len(rows))


def _refusal(size: int, counts: Collection[int] | None, *, fits: bool) -> str:
    if counts is None:
        return f"{size} bytes, and the terminal does not say how many records: no layout is plausible throughout"
    told = _told(counts)
    if fits:
        return f"{size} bytes for {told} records: none of the layouts of that size makes sense of them"
    return f"{size} bytes for {told} records: no known layout has records of that size"


def _told(counts: Collection[int]) -> str:
    return f"{min(counts)} to {max(counts)}" if len(counts) > 1 else str(min(counts))
