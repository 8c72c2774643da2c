"""`ketuk central key` and `trust`."""

from datetime import UTC, datetime
from pathlib import Path

from central.commands.common import UsageError, opened, place_of
from central.config import load
from central.signatures import public_key
from central.signing import Signer
from central.store import keys
from central.store.books import Books


def show(config: Path) -> int:
    """The centre's own public key."""
    print(Signer(load(config).central.data).public)  # noqa: T201
    return 0


def trust(config_file: Path, gateway: str, text: str) -> int:
    """Pin a key that an operator vouches for."""
    place, public = place_of(gateway), public_key(text)
    if public is None:
        raise UsageError("expected a public key of 64 hex digits")
    config, database, ring = opened(config_file)
    with database.transaction() as sql:
        books = Books(sql, datetime.now(UTC))
        books.know_gateway(*place)
        keys.pin(books, place, public, keys.OPERATOR)
    print(f"{gateway} signs with {public.hex()} from now on")  # noqa: T201
    if ring.publics[place] or not ring.first_contact:
        file = config.trust.keys or "a file that trust.keys names"
        print(f"`ketuk central verify` goes by that file: add this line to {file}: {gateway} {public.hex()}")  # noqa: T201
    return 0
