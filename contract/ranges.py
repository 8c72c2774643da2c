"""Sets of sequences as ranges, both ends included: what a watermark misses, what a log lost. Pure."""

try:
    from collections.abc import Iterable

    Range = tuple[int, int]
    """First and last sequence, both included."""
except ImportError:  # pragma: no cover - MicroPython, which does not look at annotations
    pass


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers in as few ranges as possible, in order; empty ones are left out."""
    result: list[Range] = []
    for first, last in sorted(pair for pair in ranges if pair[0] <= pair[1]):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


def without(ranges: Iterable[Range], holes: list[Range]) -> list[Range]:
    """The numbers of `ranges` that are not in `holes`; both in order and without overlaps."""
    result: list[Range] = []
    at = 0
    for first, last in ranges:
        while at < len(holes) and holes[at][1] < first:
            at += 1
        look = at
        while look < len(holes) and holes[look][0] <= last:
            if first < holes[look][0]:
                result.append((first, holes[look][0] - 1))
            first = holes[look][1] + 1  # noqa: PLW2901 - what is left of the range
            look += 1
        if first <= last:
            result.append((first, last))
    return result


def count(ranges: Iterable[Range]) -> int:
    """How many numbers they hold; no two of them overlap."""
    return sum(last - first + 1 for first, last in ranges)
