"""Commands as lines of text, each answered by one JSON object: how people, tests and programs drive a terminal."""

import shlex
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple

from simulators.zkteco import clock, report
from simulators.zkteco.clock import FIRST
from simulators.zkteco.codes import STATE, VERIFY
from simulators.zkteco.host import TerminalHost
from simulators.zkteco.log import WHEN_FULL
from simulators.zkteco.terminal import PunchRefused

Result = dict[str, object]
LONGEST_STALL = 3600.0


class Misused(ValueError):
    """The line makes no sense; the message says how it would."""


class Verb(NamedTuple):
    """One command: how it is written, what it does, and the function behind it."""

    usage: str
    help: str
    run: Callable[[TerminalHost, list[str]], Result | Awaitable[Result]]


async def execute(host: TerminalHost, line: str) -> Result:
    """Carry out one line: `{"ok": true, …}`, or `{"ok": false, "error": one line that helps}`."""
    try:
        verb, words = _understand(line)
        outcome = verb.run(host, words)
        return {"ok": True, **(outcome if isinstance(outcome, dict) else await outcome)}
    except Misused as error:
        return {"ok": False, "error": str(error)}
    except PunchRefused as error:
        return {"ok": False, "error": str(error), "refused": True}
    except ValueError as error:
        return {"ok": False, "error": f"cannot read {line!r}: {error}"}


def _understand(line: str) -> tuple[Verb, list[str]]:
    words = shlex.split(line)
    if not words:
        raise Misused("empty line: try help")
    if words[0] not in VERBS:
        raise Misused(f"there is no command {words[0]!r}: known are {', '.join(VERBS)}")
    return VERBS[words[0]], words[1:]


def _punch(host: TerminalHost, words: list[str]) -> Result:
    if not words or len(words) > 4:
        raise Misused(f"usage: {VERBS['punch'].usage}")
    state = _choice(words[1] if len(words) > 1 else "in", STATE, "a direction")
    verify = _choice(words[2] if len(words) > 2 else "finger", VERIFY, "a method")
    stamp = _stamp(words[3]) if len(words) > 3 else None
    return {
        "punch": report.punch(host.terminal.punch(words[0], state, verify, stamp)),
        "records": len(host.terminal.log),
    }


def _choice(word: str, codes: dict[str, int], what: str) -> int:
    if word.isascii() and word.isdigit() and int(word) < 256:
        return int(word)
    if word not in codes:
        raise Misused(f"{word!r} is not {what}: one of {', '.join(codes)}, or a number below 256")
    return codes[word]


def _stamp(word: str) -> int:
    day, _, time = word.partition("T")
    year, month, date = (int(part) for part in day.split("-"))
    hour, minute, second = (int(part) for part in time.split(":"))
    day_fits = 2000 <= year < 2100 and 1 <= month <= 12 and 1 <= date <= 31
    if not (day_fits and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise Misused(f"{word} is no time that a terminal can write: 2000 to 2099, days up to 31 in every month")
    return clock.stamp_of(year, month, date, hour, minute, second)


def _clock(host: TerminalHost, words: list[str]) -> Result:
    terminal = host.terminal
    match words:
        case []:
            pass
        case ["set", moment]:
            terminal.set_clock(datetime.fromisoformat(moment).replace(tzinfo=None))
        case ["drift", ppm]:
            terminal.clock.drift(float(ppm))
        case ["reset"]:
            terminal.clock.set(FIRST)
        case [step] if step[0] in "+-":
            terminal.clock.shift(float(step))
        case _:
            raise Misused(f"usage: {VERBS['clock'].usage}")
    return report.clock(terminal)


async def _drop(host: TerminalHost, words: list[str]) -> Result:
    match words:
        case []:
            return {"dropped": await host.drop()}
        case ["in-transfer"]:
            host.terminal.faults.drop_in_transfer = True
            return {"drop": "in-transfer"}
        case _:
            raise Misused(f"usage: {VERBS['drop'].usage}")


def _split(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.split = _count(words, "split")
    return {"split": host.terminal.faults.split}


def _coalesce(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.coalesce = _count(words, "coalesce")
    return {"coalesce": host.terminal.faults.coalesce}


def _unacknowledged(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.unacknowledged_limit = _count(words, "unacked")
    return {"unacked": host.terminal.faults.unacknowledged_limit}


def _count(words: list[str], verb: str) -> int:
    if words == ["off"]:
        return 0
    if len(words) != 1 or not words[0].isdigit() or int(words[0]) > 1_000_000:
        raise Misused(f"usage: {VERBS[verb].usage}")
    return int(words[0])


def _stall(host: TerminalHost, words: list[str]) -> Result:
    seconds = _seconds(words, "stall")
    host.stall(seconds)
    return {"stall": seconds}


def _seconds(words: list[str], verb: str) -> float:
    if len(words) != 1:
        raise Misused(f"usage: {VERBS[verb].usage}")
    seconds = float(words[0])
    if not 0 <= seconds <= LONGEST_STALL:
        raise Misused(f"{verb} takes 0 to {LONGEST_STALL:.0f} seconds, not {words[0]}")
    return seconds


def _full(host: TerminalHost, words: list[str]) -> Result:
    log = host.terminal.log
    match words:
        case [mode] if mode in WHEN_FULL:
            block = 1
        case ["ring", size] if size.isdigit() and 0 < int(size) < 1000:
            block = int(size)
        case _:
            raise Misused(f"usage: {VERBS['full'].usage}")
    log.when_full = next(known for known in WHEN_FULL if known == words[0])
    log.block = block
    log.capacity = max(1, len(log))
    return {"full": log.when_full, "records": len(log), "capacity": log.capacity}


def _capacity(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.log.capacity = max(1, _count(words, "capacity"))
    return {"capacity": host.terminal.log.capacity}


def _clear(host: TerminalHost, _words: list[str]) -> Result:
    deleted = len(host.terminal.log)
    host.terminal.clear_punches()
    return {"deleted": deleted}


async def _restart(host: TerminalHost, words: list[str]) -> Result:
    away = _seconds(words, "restart") if words else host.restart_seconds
    await host.restart(away)
    return {"restart": away}


async def _power(host: TerminalHost, words: list[str]) -> Result:
    match words:
        case ["off"]:
            await host.power_off()
        case ["on"]:
            host.power_on()
        case _:
            raise Misused(f"usage: {VERBS['power'].usage}")
    return {"power": words[0]}


def _status(host: TerminalHost, _words: list[str]) -> Result:
    return report.status(host)


def _records(host: TerminalHost, words: list[str]) -> Result:
    newest = _count(words, "records") if words else 20
    punches = list(host.terminal.log)
    shown = punches[max(0, len(punches) - newest) :]
    return {"count": len(punches), "records": [report.punch(punch) for punch in shown]}


def _help(_host: TerminalHost, _words: list[str]) -> Result:
    return {"commands": {verb.usage: verb.help for verb in VERBS.values()}}


def _quit(_host: TerminalHost, _words: list[str]) -> Result:
    return {"quit": True}


VERBS: dict[str, Verb] = {
    "punch": Verb("punch USER [DIRECTION] [METHOD] [TIME]", "somebody uses the reader: punch 1042 in finger", _punch),
    "clock": Verb("clock [+SECONDS|-SECONDS|set TIME|drift PPM|reset]", "show or change the terminal's clock", _clock),
    "drop": Verb("drop [in-transfer]", "cut the connections now, or in the middle of the next bulk data", _drop),
    "split": Verb("split BYTES|off", "cut every frame into pieces of so many bytes", _split),
    "coalesce": Verb("coalesce FRAMES|off", "let so many frames leave in one segment", _coalesce),
    "stall": Verb("stall SECONDS", "send nothing for a while, on an open connection", _stall),
    "unacked": Verb("unacked EVENTS|off", "stop telling a client that owes so many acknowledgements", _unacknowledged),
    "full": Verb("full ring [BLOCK]|refuse|hang", "make the log full now, and say what a further punch does", _full),
    "capacity": Verb("capacity RECORDS", "set how many records the log holds", _capacity),
    "clear": Verb("clear", "delete the log at the terminal", _clear),
    "restart": Verb("restart [SECONDS]", "restart the terminal, away for so long; the log stays", _restart),
    "power": Verb("power on|off", "pull the plug, or put it back", _power),
    "status": Verb("status", "counts, clock, faults and what clients did", _status),
    "records": Verb("records [NEWEST]", "the newest records of the log (20)", _records),
    "help": Verb("help", "this list", _help),
    "quit": Verb("quit", "end the simulator", _quit),
}
