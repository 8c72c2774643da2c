"""Giving drafts their place: sequence, hash of the entry before, log and time of recording. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from contract.chain import entry_hash
from contract.entry import build
from gateway.entries import Draft
from gateway.log.seen import Seen, digest


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


def chain_all(drafts: Iterable[Draft], logid: str, end: ChainEnd, recordedtime: str) -> list[bytes]:
    """The same for several, one after the other."""
    raws = []
    for draft in drafts:
        raw, end = chained(draft, logid, end, recordedtime)
        raws.append(raw)
    return raws


def unknown(drafts: Iterable[Draft], seen: Seen) -> list[Draft]:
    """Those whose fact is neither in the dedupe memory nor earlier among themselves."""
    fresh, batch = [], set()
    for draft in drafts:
        known = [digest(draft.source, name) for name in (draft.id, draft.unless) if name is not None]
        if any(fact in batch or fact in seen for fact in known):
            continue
        batch.update(known[:1])
        fresh.append(draft)
    return fresh
