"""A gateway's log made by hand, with everything the centre has to judge: keys, checkpoints, damage, forks."""

from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.ingest.arrival import Arrival
from contract import checkpoint, messages, topics
from contract.chain import GENESIS, entry_hash
from contract.entry import AUDIT, CHECKPOINT, parse
from tests.listen.chain import NOON
from tests.listen.chain import Chain as Plain

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def public(key: Ed25519PrivateKey) -> str:
    """The public half, 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()


class Chain(Plain):
    """One log; entries are named by their sequence."""

    key = KEY

    def punches(self, count: int, **more: Any) -> Self:
        """So many more punches."""
        for _ in range(count):
            self.punch(**more)
        return self

    def says(self, event: str, **detail: Any) -> Self:
        """An audit entry with its detail."""
        self._add(
            AUDIT,
            source=f"/{self.site}/{self.gateway}",
            id=f"{self.logid}-{len(self.raws) + 1}",
            recordedtime=NOON,
            data={"event": event, "detail": detail},
        )
        return self

    def signs(self, **wrong: Any) -> Self:
        """A checkpoint over everything before it; `wrong` replaces members of its data."""
        key = self.key
        sequence = len(self.raws)
        digest = entry_hash(self.raws[-1]) if self.raws else GENESIS
        data = {
            "sequence": f"{sequence:020d}",
            "hash": digest,
            "algorithm": "ed25519",
            "key": checkpoint.key_name(bytes.fromhex(public(key))),
            "signature": key.sign(checkpoint.signed_text(self.logid, sequence, digest)).hex(),
        }
        self._add(
            CHECKPOINT,
            source=f"/{self.site}/{self.gateway}",
            id=f"{self.logid}-{sequence + 1}",
            recordedtime=NOON,
            data={**data, **wrong},
        )
        return self

    def rotates(self, new: Ed25519PrivateKey, old: Ed25519PrivateKey | None = None) -> Self:
        """Another key from here on, vouched for by the old one."""
        old = old or self.key
        previous = checkpoint.key_name(bytes.fromhex(public(old)))
        signature = old.sign(checkpoint.rotation_text(self.logid, previous, public(new))).hex()
        self.key = new
        return self.says("key-rotated", previous=previous, public=public(new), signature=signature)

    def copy(self, through: int) -> "Chain":
        """The same log as it was after `through`: a restored copy, or the card of a clone."""
        made = Chain(self.site, self.gateway, self.logid.rpartition(".")[2])
        made.raws, made.key = self.raws[:through], self.key
        return made

    def message(self, sequence: int) -> Arrival:
        """As the broker hands it on."""
        raw = self.raws[sequence - 1]
        return Arrival(self.topic(str(parse(raw)["type"]).split(".")[1]), raw)

    def messages(self, first: int = 1, last: int | None = None) -> list[Arrival]:
        """All of first..last."""
        return [self.message(sequence) for sequence in range(first, (last or len(self.raws)) + 1)]

    def birth(self, *, oldest: int = 1, key: str | None = None, retained: bool = False) -> Arrival:
        """What its gateway says after connecting."""
        payload = messages.build_birth(
            logid=self.logid,
            oldest=oldest,
            next=len(self.raws) + 1,
            acked=0,
            version="0.1.0",
            extra={"key": key or public(self.key)},
        )
        return Arrival(topics.status(self.site, self.gateway), payload, retained)

    def hash(self, sequence: int) -> str:
        """Of one entry."""
        return entry_hash(self.raws[sequence - 1])
