"""One finding of `ketuk check`."""

from typing import Literal, NamedTuple

from gateway.texts import Text

State = Literal["ok", "warn", "bad", "skip"]


class Result(NamedTuple):
    """What was looked at, how it is, and what to do where it is not well."""

    check: str
    """The key of the configuration that it is about, e.g. `gateway.data`, `device[0]`; `clock` for the machine's."""
    state: State
    detail: Text
