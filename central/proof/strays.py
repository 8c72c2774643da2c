"""Rows of a database that belong to nothing: no walk through a log would come by them."""

from collections.abc import Iterator

from central.keyring import Place
from central.store.database import Sql

_MOST = 20
_UNKNOWN = "NOT EXISTS (SELECT 1 FROM log l WHERE l.logid = x.logid)"


def strays(sql: Sql, place: Place | None) -> Iterator[str]:
    """A line for each, at most some of a kind: of one gateway, or of all."""
    yield from _punches(sql, place)
    yield from _gateways(sql, place)
    if place is None:
        yield from _entries(sql)


def _punches(sql: Sql, place: Place | None) -> Iterator[str]:
    where, values = ("p.site = ?", place[:1]) if place else ("true", ())
    statement = (
        "SELECT p.source, p.id FROM punch p LEFT JOIN entry e ON e.logid = p.logid AND e.sequence = p.sequence"  # noqa: S608
        f" WHERE e.logid IS NULL AND {where} LIMIT {_MOST}"
    )
    for source, fact in sql.rows(statement, values):
        yield f"the punch {source} {fact} in the table of punches comes from no entry"


def _gateways(sql: Sql, place: Place | None) -> Iterator[str]:
    where, values = ("x.site = ? AND x.gateway = ?", place) if place else ("true", ())
    statement = f"SELECT site, gateway, logid FROM gateway_state x WHERE logid IS NOT NULL AND {where} AND {_UNKNOWN}"  # noqa: S608
    for site, gateway, logid in sql.rows(f"{statement} LIMIT {_MOST}", values):
        yield f"{site}/{gateway} writes {logid}, and the table of logs has no row for it"


def _entries(sql: Sql) -> Iterator[str]:
    statement = f"SELECT DISTINCT x.logid FROM entry x WHERE {_UNKNOWN} LIMIT {_MOST}"  # noqa: S608
    for (logid,) in sql.rows(statement):
        yield f"{logid}: there are entries of it, and the table of logs has no row for it"
