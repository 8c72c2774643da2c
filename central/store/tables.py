"""The tables that rows are written to in numbers. What the columns mean is said in sql/."""

from central.store.database import Table

ENTRY = Table(
    "entry",
    {
        "logid": "text",
        "sequence": "bigint",
        "received": "timestamptz",
        "kind": "text",
        "source": "text",
        "id": "text",
        "recordedtime": "timestamptz",
        "hash": "bytea",
        "raw": "bytea",
    },
    ("logid", "sequence"),
)
ENTRY_KEY = Table(
    "entry_key", {"logid": "text", "sequence": "bigint", "received": "timestamptz"}, ("logid", "sequence")
)
PUNCH = Table(
    "punch",
    {
        "source": "text",
        "id": "text",
        "site": "text",
        "subject": "text",
        "time": "timestamptz",
        "local_time": "timestamp",
        "method": "text",
        "direction": "text",
        "clock_state": "text",
        "clock_offset_s": "double precision",
        "origin": "text",
        "serial": "text",
        "recordedtime": "timestamptz",
        "received": "timestamptz",
        "logid": "text",
        "sequence": "bigint",
    },
    ("source", "id"),
)
LOG = Table(
    "log",
    {
        "logid": "text",
        "through": "bigint",
        "hash": "bytea",
        "highest": "bigint",
        "newest": "bigint",
        "pieces": "bigint",
        "forked": "boolean",
        "continued_by": "text",
        "last_entry": "timestamptz",
    },
    ("logid",),
)
"""What changes of a log; the rest is written when it begins."""
FORK = Table(
    "fork",
    {
        "logid": "text",
        "sequence": "bigint",
        "hash": "bytea",
        "raw": "bytea",
        "topic": "text",
        "received": "timestamptz",
    },
    ("logid", "sequence", "hash"),
)
HOLE = Table("hole", {"logid": "text", "first": "bigint", "last": "bigint", "since": "timestamptz"}, ("logid", "first"))
LOSS = Table(
    "loss",
    {"logid": "text", "first": "bigint", "last": "bigint", "told_by": "text", "at": "timestamptz"},
    ("logid", "first"),
)
ALARM = Table(
    "alarm",
    {
        "fact": "text",
        "at": "timestamptz",
        "kind": "text",
        "site": "text",
        "gateway": "text",
        "logid": "text",
        "text": "text",
    },
    ("fact",),
)
