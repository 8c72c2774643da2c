"""Whose signatures count while the logs of one gateway are walked. Pure.

It begins with the keys that are pinned, and takes a further one only from an entry `key-rotated` that a counted key
signed: what a database says about rotations proves nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from central.entries import Held
from central.signatures import Verdict, handed_over, judge
from contract.checkpoint import key_name


@dataclass(slots=True)
class Trust:
    """Of one gateway."""

    keys: dict[str, bytes]
    """Public keys, and secrets of readers that sign with HMAC, by the names that checkpoints use."""
    used: set[str] = field(default_factory=set)
    """Names of those that signed something."""

    @classmethod
    def of(cls, keys: Mapping[str, bytes]) -> "Trust":
        """To begin with these."""
        return cls(dict(keys))

    def judge(self, found: Held) -> Verdict:
        """What a checkpoint is worth."""
        verdict = judge(found, self.keys)
        if verdict is Verdict.GOOD:
            self.used.add(str(found.event.data["key"]))
        return verdict

    def hear(self, found: Held) -> bool:
        """An audit entry; False when it changes the key and no counted key vouches for that."""
        if found.event.data.get("event") != "key-rotated":
            return True
        public = handed_over(found, self.keys)
        if public is None:
            return False
        self.keys[key_name(public)] = public
        return True
