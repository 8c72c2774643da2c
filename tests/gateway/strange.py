"""What a driver of a third party may hand over, as hypothesis strategies: everything but what it should."""

import enum
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from gateway.reading import ClockReading, Finding, Reading


class Colour(enum.IntEnum):
    RED = 1


class Unspeakable:
    """Cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Text(str):
    """Text that lies about itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


def _laughs() -> list[Any]:
    found: list[Any] = ["ha"] * 20
    for _ in range(12):
        found = [found] * 20
    return found


def _loop() -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["again"] = found
    return found


MONSTERS: dict[str, Any] = {
    "nan": float("nan"),
    "-inf": float("-inf"),
    "a number of 5000 digits": 10**5000,
    "the least 64-bit number": -(2**63),
    "enum": Colour.RED,
    "unspeakable": Unspeakable(),
    "lying text": Text("x"),
    "long text": "x" * 100_000,
    "zeros": "\x00" * 20_000,
    "long bytes": b"\xff" * 100_000,
    "bytearray": bytearray(b"12"),
    "datetime": datetime(2026, 1, 1),  # noqa: DTZ001
    "class": object,
    "billion laughs": _laughs(),
    "loop": _loop(),
    "numbers as keys": {1: 2},
    "tuples as keys": {(1, 2): {3}},
    "deep": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": {"j": 1}}}}}}}}}},
    "long list": list(range(100_000)),
}
"""By name, because not even hypothesis can print them all."""


def _monster(name: str) -> Any:
    return MONSTERS[name]


odd: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.binary(max_size=40),
    st.text(max_size=40),
    st.text(alphabet=st.characters(categories=["Cs", "Cc"]), max_size=5),
    st.datetimes(),
    st.sets(st.integers(), max_size=3),
    st.sampled_from(sorted(MONSTERS)).map(_monster),
)
objects = st.recursive(
    odd, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3))
)
details = st.one_of(st.dictionaries(st.text(max_size=10), objects, max_size=5), objects)

_time = st.one_of(st.just("2024-05-21T07:28:41"), odd)
readings = st.builds(
    Reading,
    serial=st.one_of(st.just("SN1"), odd),
    person=st.one_of(st.just("1042"), odd),
    local_time=_time,
    raw=st.one_of(st.just(b"raw"), odd),
    method=st.one_of(st.just("finger"), odd),
    direction=st.one_of(st.just("in"), odd),
    origin=st.one_of(st.just("log"), odd),
    scheme=st.one_of(st.just("pin"), st.just("card"), odd),
    ordinal=st.one_of(st.just(0), odd),
    extra=details,
    cursor=st.one_of(st.none(), odd),
)
findings = st.builds(
    Finding,
    event=st.one_of(st.just("alarm"), odd),
    serial=st.one_of(st.just("SN1"), odd),
    detail=details,
    raw=st.one_of(st.none(), odd),
    key=st.one_of(st.none(), odd),
)
clock_readings = st.builds(
    ClockReading,
    serial=st.one_of(st.just("SN1"), odd),
    local_time=_time,
    taken_at=st.one_of(st.just(1.0), odd),
    round_trip=st.one_of(st.just(0.0), odd),
)
reports = st.one_of(readings, findings, clock_readings, odd)
