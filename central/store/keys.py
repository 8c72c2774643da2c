"""Keys of gateways in the database: which are trusted, since when and why."""

from central.keyring import Keyring, Place
from central.store.books import Alarm, Books
from contract.checkpoint import key_name

FIRST, PROVISIONED, ROTATED, OPERATOR = "first contact", "provisioned", "rotation", "operator"
STRANGE = "not the pinned one"


def trusted(books: Books, place: Place, ring: Keyring) -> dict[str, bytes]:
    """All keys whose signatures of this gateway are believed as they come, by name: publics and secrets."""
    statement = "SELECT key, public FROM signing_key WHERE site = ? AND gateway = ? AND trusted = ?"
    rows = books.sql.rows(statement, (*place, True))
    return {name: bytes.fromhex(public) for name, public in rows} | ring.publics[place] | ring.secrets[place]


def proving(books: Books, place: Place, ring: Keyring) -> dict[str, bytes]:
    """The keys with which a proof begins. Where the file of the provisioning speaks, the database has no say: who can
    forge entries in it can pin a key in it. Of rotations the entries say more than it does, too."""
    given = ring.publics[place] | ring.secrets[place]
    if ring.publics[place] or not ring.first_contact:
        return given
    statement = "SELECT key, public FROM signing_key WHERE site = ? AND gateway = ? AND trusted = ? AND why <> ?"
    rows = books.sql.rows(statement, (*place, True, ROTATED))
    return {name: bytes.fromhex(public) for name, public in rows} | given


def shown(books: Books, place: Place, public: bytes, ring: Keyring) -> list[Alarm]:
    """A gateway shows its key: known, pinned now, or an alarm."""
    name = key_name(public)
    rows = books.sql.rows("SELECT key, trusted FROM signing_key WHERE site = ? AND gateway = ?", place)
    known = {key: bool(trusted) for key, trusted in rows}
    if known.get(name):
        return []
    if name in ring.publics[place]:
        pin(books, place, public, PROVISIONED)
        return []
    if not any(known.values()) and not ring.publics[place] and ring.first_contact:
        pin(books, place, public, FIRST)
        return []
    if name not in known:
        _write(books, place, public, STRANGE, trusted=False)
    said = f"{'/'.join(place)} signs with the key {name}, which nobody vouches for: if it was replaced, "
    said += f"`ketuk central trust {'/'.join(place)} {public.hex()}`; if not, somebody speaks in its name"
    return [Alarm(_fact(place, name), "key-changed", *place, None, said)]


def _fact(place: Place, name: str) -> str:
    return f"key {'/'.join(place)} {name}"


def pin(books: Books, place: Place, public: bytes, why: str) -> None:
    """From now on this key is believed; an alarm over it is settled."""
    _write(books, place, public, why, trusted=True)
    books.settle(_fact(place, key_name(public)))


def _write(books: Books, place: Place, public: bytes, why: str, *, trusted: bool) -> None:
    books.sql.run(
        "INSERT INTO signing_key (site, gateway, key, public, trusted, why, since) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (site, gateway, key) DO UPDATE SET trusted = excluded.trusted, why = excluded.why,"
        " since = excluded.since",
        (*place, key_name(public), public.hex(), trusted, why, books.now),
    )
