"""Whether a piece that was carried by hand is what its gateway wrote: by its signature, and keys that are believed.

Nobody stands behind a USB stick as a certificate stands behind a connection, so what no believed key signed is not
taken at all. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from central.entries import Held, held
from central.proof.carried import lines
from central.proof.trust import Trust
from central.signatures import public_key, signed
from contract.checkpoint import key_name
from contract.entry import AUDIT, ContractError
from contract.piece import Note

_WORDS = (b'"key-created"', b'"key-rotated"')


@dataclass(slots=True)
class Voucher:
    """For the pieces of one gateway."""

    trust: Trust
    newcomer: bytes | None = None
    """The key that is believed because it is the first that this gateway shows: to be pinned."""

    def objection(self, note: Note, *, unsigned: bool = False) -> str:
        """Why the piece is not believed; empty when it is. `unsigned`: somebody vouches for what nobody signed."""
        if not note.key:
            return "" if unsigned else "is not signed, and nobody vouches for it"
        name = key_name(bytes.fromhex(note.key))
        public = self.trust.keys.get(name)
        if public is None or public.hex() != note.key:
            place = f"{note.site}/{note.gateway}"
            said = f"is signed with the key {name}, which nobody vouches for: if the key was replaced, "
            return f"{said}`ketuk central trust {place} {note.key}`"
        if not signed(public, bytes.fromhex(note.signature), note.signed_text()):
            return "its signature is not right: it was altered"
        return ""


def key_entries(body: bytes) -> list[Held]:
    """The audit entries among these lines that make keys or hand them over."""
    found = []
    for line in lines(body):
        if any(word in line for word in _WORDS):
            try:
                entry = held(line)
            except ContractError:
                continue
            if entry.kind == AUDIT:
                found.append(entry)
    return found


def voucher(known: Mapping[str, bytes], said: Iterable[Held], notes: Iterable[Note], *, first_contact: bool) -> Voucher:
    """`known`: the keys that are believed already. `said`: what the logs on the stick say of keys, in order.

    Where no key is known and first contact is enough, the oldest key is believed from which rotations lead to those
    that signed.
    """
    said, wanted = list(said), {note.key for note in notes if note.key}
    if known or not first_contact:
        return Voucher(_told(dict(known), said))
    created = [public_key(entry.event.data.get("detail", {}).get("public")) for entry in said if _creates(entry)]
    for public in [*created, *(bytes.fromhex(key) for key in sorted(wanted))]:
        if public is not None:
            trust = _told({key_name(public): public}, said)
            if wanted <= {key.hex() for key in trust.keys.values()}:
                return Voucher(trust, public)
    return Voucher(Trust.of({}))


def _told(keys: dict[str, bytes], said: list[Held]) -> Trust:
    trust = Trust.of(keys)
    for entry in said:
        trust.hear(entry)
    return trust


def _creates(entry: Held) -> bool:
    return entry.event.data.get("event") == "key-created" and isinstance(entry.event.data.get("detail"), dict)
