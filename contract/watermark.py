"""The watermark: what the centre holds, durably, of one log; and what it knows to be missing.

Payload of `…/ack`: `{"logid":"gw1.7f3a9c2e","through":96,"hash":"<64 hex>","missing":[[97,98]]}`.
The centre holds every entry from 1 through `through`, and that one; save what the log itself has declared lost for good
(an audit entry `log-damaged`, a birth whose `oldest` is above): nobody can send that any more, so `through` passes it
and `missing` does not name it; the centre reports it for ever. `hash` is that of the entry `through` (64 zeros when it
is 0). `missing` are the holes above it, both ends included: the centre holds something later and asks for
these again. A reader of an ack believes nothing to be held that `missing` names, wherever the range lies.
"""

from contract.chain import GENESIS
from contract.entry import ContractError, _is
from contract.jsontext import Ordered, dumps, loads

MAX_MISSING = 64  # ranges in one ack: the centre names the rest when these are filled
MAX_BYTES = 8192


def build_ack(logid: str, through: int, hash: str, missing: list[list[int]]) -> bytes:
    """The exact bytes of a watermark; at most MAX_MISSING ranges are named."""
    ack: dict[str, object] = Ordered()
    ack["logid"] = logid
    ack["through"] = through
    ack["hash"] = hash
    ack["missing"] = missing[:MAX_MISSING]
    return dumps(ack).encode()


def parse_ack(raw: bytes) -> tuple[str, int, str, list[tuple[int, int]]]:
    """(logid, through, hash, missing). Raises ContractError, and nothing else, for anything that is not one."""
    if len(raw) > MAX_BYTES:
        raise ContractError("ack: too large")
    try:
        ack = loads(raw)
    except ValueError as error:
        raise ContractError("ack: not JSON: " + str(error)) from error
    if not isinstance(ack, dict):
        raise ContractError("ack: not a JSON object")
    logid, through, hash_, missing = ack.get("logid"), ack.get("through"), ack.get("hash"), ack.get("missing", [])
    if not isinstance(logid, str):
        raise ContractError("ack.logid: missing or not text")
    if not isinstance(through, int) or not _is_count(through):
        raise ContractError("ack.through: not a whole number")
    if not isinstance(hash_, str) or not _is(hash_, 64, "0123456789abcdef"):
        raise ContractError("ack.hash: not 64 hex digits")
    if through == 0 and hash_ != GENESIS:
        raise ContractError("ack.hash: not zeros though through is 0")
    return logid, through, hash_, _ranges(missing)


def _ranges(missing: object) -> list[tuple[int, int]]:
    if not isinstance(missing, list) or len(missing) > MAX_MISSING:
        raise ContractError(f"ack.missing: not a list of at most {MAX_MISSING} ranges")
    ranges = []
    for pair in missing:
        if not isinstance(pair, list) or len(pair) != 2 or not _is_count(pair[0]) or not _is_count(pair[1]):
            raise ContractError("ack.missing: not pairs of whole numbers")
        if not 1 <= pair[0] <= pair[1]:
            raise ContractError("ack.missing: a range is empty or starts below 1")
        ranges.append((pair[0], pair[1]))
    return ranges


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**20
