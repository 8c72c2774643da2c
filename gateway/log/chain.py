"""Giving a draft its place: sequence, hash of the entry before, log and time of recording."""

from typing import NamedTuple

from contract.chain import entry_hash
from contract.entry import build
from gateway.entries import Draft


class ChainEnd(NamedTuple):
    """Sequence and hash of a log's newest entry; (0, 64 zeros) when it has none."""

    sequence: int
    hash: str


def chained(draft: Draft, logid: str, end: ChainEnd, recordedtime: str) -> tuple[bytes, ChainEnd]:
    """The exact bytes of `draft` as the entry after `end`. Raises ContractError when it is too large."""
    sequence = end.sequence + 1
    raw = build(
        draft.kind,
        source=draft.source,
        id=draft.id if draft.id is not None else f"{logid}-{sequence}",
        logid=logid,
        sequence=sequence,
        prevhash=end.hash,
        recordedtime=recordedtime,
        data=draft.data,
        subject=draft.subject,
        time=draft.time,
    )
    return raw, ChainEnd(sequence, entry_hash(raw))
