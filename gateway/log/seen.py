"""The dedupe memory: which facts (`source` and `id`) the log has recorded, in 8 bytes each.

256 sorted arrays, chosen by the first byte of the digest: a look-up is one bisection, an insertion moves a few
kilobytes, and nothing is ever sorted as a whole. Two facts meet in 64 bits with a chance of 1 to 10^13 a million
records; that is far below what the disk itself gets wrong.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Words: TypeAlias = array[int]
else:
    Words = array  # not subscriptable before Python 3.12

_SHARDS = 256
_BULK = 20_000


def digest(source: str, id: str) -> int:
    """64 bits for one fact."""
    text = f"{source}\n{id}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


class Seen:
    """A set of digests."""

    def __init__(self) -> None:
        self._shards = [array("Q") for _ in range(_SHARDS)]

    def __contains__(self, value: int) -> bool:
        shard = self._shards[value >> 56]
        at = bisect_left(shard, value)
        return at < len(shard) and shard[at] == value

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    def add(self, value: int) -> None:
        shard = self._shards[value >> 56]
        at = bisect_left(shard, value)
        if at == len(shard) or shard[at] != value:
            shard.insert(at, value)

    def update(self, values: Sequence[int]) -> None:
        """Add many; a large batch (an index at start-up) is sorted once instead of inserted one by one."""
        if len(values) < _BULK:
            for value in values:
                self.add(value)
            return
        touched = set()
        for value in values:
            self._shards[value >> 56].append(value)
            touched.add(value >> 56)
        for shard in touched:
            self._shards[shard] = array("Q", sorted(set(self._shards[shard])))
