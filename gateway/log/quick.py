"""Reading a sealed segment that is still what was sealed: the hash chain is the checksum. Pure.

Each entry names the hash of the one before, and the index names that of the last: when all of them agree, every entry
is byte for byte the one that was written. Whatever does not agree is left to the slow and thorough `gateway.log.scan`.
"""

from contract.chain import entry_hash
from gateway.entries import Stored
from gateway.log.sealed import Sealed

_TYPE = b'{"specversion":"1.0","type":"ketuk.'


def entries_as_sealed(buffer: bytes, segment: Sealed) -> list[Stored] | None:
    """The entries of `segment`, whose file holds `buffer`; None when anything is not as it was."""
    lines = buffer.split(b"\n")
    if len(buffer) != segment.size or len(lines) != segment.last - segment.first + 3 or lines[-1]:
        return None
    entries, previous = [], segment.prevhash
    for sequence, line in enumerate(lines[1:-1], start=segment.first):
        raw = line[line.find(b"{") :]
        kind = raw[len(_TYPE) : raw.find(b".", len(_TYPE))]
        if not raw.startswith(_TYPE) or b'"prevhash":"%b"' % previous.encode() not in raw:
            return None
        previous = entry_hash(raw)
        entries.append(Stored(sequence, kind.decode("ascii", "replace"), raw))
    return entries if previous == segment.lasthash else None
