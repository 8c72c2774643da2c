"""Why a log cannot go on under its name and must open a new epoch. Pure."""

from collections.abc import Sequence

from gateway.log.marks import MarkBook


def reason(logids: Sequence[str], gateway: str, *, kept: str | None, marks: MarkBook, end: int) -> dict[str, object]:
    """What the first entry of the new epoch is to say; empty when the newest of `logids` can go on.

    `kept`: the log that the marks on disk belong to; `end`: the newest sequence held.
    """
    highest = max(marks.published, marks.confirmed)
    if highest > end:
        return {"reason": "entries lost", "marks": highest, "held": end}
    if kept is not None and kept not in logids:
        return {"reason": "a later log is lost", "lost": kept}
    if logids[-1].rpartition(".")[0] != gateway:
        return {"reason": "the entries are those of another gateway", "gateway": gateway}
    return {}
