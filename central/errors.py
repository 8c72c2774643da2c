"""What can go wrong at the centre, by whose hands can mend it.

CentralError            one line for an operator: what, where, and what to do next
├── ConfigError         the configuration file: path of the key and the reason (exit 2)
├── StoreError          the database cannot do it now: nothing of the transaction was kept, try again
│   ├── RefusedError    it refuses these values: trying again changes nothing
│   └── SchemaError     the database is not one of ours, or of a newer Ketuk (exit 2)
└── EvidenceError       a file that should prove something cannot be read
"""


class CentralError(Exception):
    """Base of all errors that the centre raises on purpose; `str()` is one line for a person."""


class ConfigError(CentralError):
    """The configuration is wrong: a line for each mistake, which starts with the path of the key."""

    def __init__(self, *lines: str, file: str = "") -> None:
        super().__init__("\n".join(f"{file}: {line}" if file else line for line in lines))
        self.lines = lines


class StoreError(CentralError):
    """The database cannot be used now. Whatever was asked for was not done, or is harmless to do again."""


class RefusedError(StoreError):
    """The database works, and refuses what it was given."""


class SchemaError(StoreError):
    """The tables are not what this version of Ketuk works with."""


class EvidenceError(CentralError):
    """A bundle, an export or a receipt is not what it should be."""
