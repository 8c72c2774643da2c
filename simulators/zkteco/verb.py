"""The parts of a command: its words read strictly, its answer a JSON object."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from simulators.zkteco import clock
from simulators.zkteco.host import TerminalHost

Result = dict[str, object]
LONGEST = 3600.0
MOST = 1_000_000


class Misused(ValueError):
    """The line makes no sense; the message says how it would."""


class Verb(NamedTuple):
    """One command: how it is written, what it does, and the function behind it."""

    usage: str
    help: str
    run: Callable[[TerminalHost, list[str]], Result | Awaitable[Result]]


class NotUnderstood(Misused):
    """Raised by a command for words that do not fit; the console answers with the command's usage."""


def choice(word: str, codes: Mapping[str, int], what: str) -> int:
    """A name, or a number below 256 as it goes over the wire."""
    if word.isascii() and word.isdigit() and int(word) < 256:
        return int(word)
    if word not in codes:
        raise Misused(f"{word!r} is not {what}: one of {', '.join(codes)}, or a number below 256")
    return codes[word]


def stamp(word: str) -> int:
    """A time such as 2026-05-04T07:30:00, of any day up to the 31st of any month, as u32."""
    day, _, time = word.partition("T")
    year, month, date = (int(part) for part in day.split("-"))
    hour, minute, second = (int(part) for part in time.split(":"))
    day_fits = 2000 <= year < 2100 and 1 <= month <= 12 and 1 <= date <= 31
    if not (day_fits and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise Misused(f"{word} is no time that a terminal can write: 2000 to 2099, days up to 31 in every month")
    return clock.stamp_of(year, month, date, hour, minute, second)


def count(words: list[str]) -> int:
    """One whole number, or `off` for 0."""
    if words == ["off"]:
        return 0
    if len(words) != 1 or not words[0].isascii() or not words[0].isdigit() or int(words[0]) > MOST:
        raise NotUnderstood
    return int(words[0])


def seconds(words: list[str]) -> float:
    """One number of seconds up to an hour, or `off` for 0."""
    if len(words) != 1:
        raise NotUnderstood
    value = 0.0 if words == ["off"] else float(words[0])
    if not 0 <= value <= LONGEST:
        raise Misused(f"seconds must be 0 to {LONGEST:.0f}, not {words[0]}")
    return value


def chance(words: list[str]) -> float:
    """One percentage, or `off` for 0, as a chance from 0 to 1."""
    if len(words) != 1:
        raise NotUnderstood
    value = 0.0 if words == ["off"] else float(words[0])
    if not 0 <= value <= 100:
        raise Misused(f"percent must be 0 to 100, not {words[0]}")
    return value / 100


def switch(words: list[str]) -> bool:
    """`on` or `off`."""
    if words not in (["on"], ["off"]):
        raise NotUnderstood
    return words == ["on"]
