"""What a watermark means for the marks. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.entries import Marks


class Verdict(NamedTuple):
    """Where the marks go, and what must be sent again."""

    confirmed: int
    published: int
    resend: tuple[tuple[int, int], ...] = ()
    forked: bool = False


def judge(marks: Marks, through: int, missing: Sequence[tuple[int, int]], *, contradicts: bool) -> Verdict:
    """A watermark of our own log against our marks.

    `contradicts`: the hash of the entry `through` is not ours. A watermark that goes back (the centre was restored
    from a backup) takes both marks back with it, so that everything behind it is sent again; a range that is
    `missing` below the watermark takes back only what is confirmed.
    """
    end = marks.next - 1
    if contradicts or through > end:
        return Verdict(marks.confirmed, marks.published, forked=True)
    wanted = tuple(
        (max(first, marks.oldest), min(last, marks.published))
        for first, last in missing
        if first <= marks.published and last >= marks.oldest
    )
    confirmed = min([through, *(first - 1 for first, _ in missing)])
    gone_back = through < marks.confirmed
    published = through if gone_back else max(marks.published, through)
    return Verdict(confirmed, max(published, marks.oldest - 1), () if gone_back else wanted)
