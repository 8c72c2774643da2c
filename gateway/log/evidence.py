"""What happened to the log, as audit entries of the log itself. Pure."""

from collections.abc import Mapping

from contract import audit
from contract.entry import AUDIT
from gateway.entries import Draft
from gateway.log.repair import Trouble
from gateway.log.seen import digest


def opened(source: str, number: int, reason: Mapping[str, object]) -> Draft:
    """The first entry of epoch `number`."""
    word = "log-created" if number == 1 else "log-forked"
    return Draft(AUDIT, source, audit.data(word, dict(reason)))


def damaged(source: str, logid: str, trouble: Trouble) -> Draft:
    """A damage of the log `logid`; found again, it is the same fact and no second entry."""
    fact = f"{trouble.event} {trouble.detail} {trouble.raw.hex()}"
    detail = {"logid": logid, **trouble.detail, "kept_as": trouble.kept_as}
    data = audit.data(trouble.event, detail, raw=trouble.raw or None)
    return Draft(AUDIT, source, data, id=f"damage-{digest(logid, fact):016x}")
