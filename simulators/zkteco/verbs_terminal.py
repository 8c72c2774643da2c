"""Commands for the terminal itself: clock, log, power, firmware."""

from datetime import datetime

from simulators.zkteco import report
from simulators.zkteco.clock import FIRST
from simulators.zkteco.codes import Operation
from simulators.zkteco.host import TerminalHost
from simulators.zkteco.log import WHEN_FULL
from simulators.zkteco.profile import CHANGEABLE, changed
from simulators.zkteco.verb import NotUnderstood, Result, Verb, count, seconds

_LARGEST_BLOCK = 999


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
        case [step] if step[:1] in ("+", "-"):
            terminal.clock.shift(float(step))
        case _:
            raise NotUnderstood
    return report.clock(terminal)


def _full(host: TerminalHost, words: list[str]) -> Result:
    log = host.terminal.log
    match words:
        case [mode] if mode in WHEN_FULL:
            block = 1
        case ["ring", size]:
            block = count([size])
        case _:
            raise NotUnderstood
    if not 1 <= block <= _LARGEST_BLOCK:
        raise NotUnderstood
    log.when_full = next(known for known in WHEN_FULL if known == words[0])
    log.block = block
    log.capacity = max(1, len(log))
    return {"full": log.when_full, "records": len(log), "capacity": log.capacity}


def _capacity(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.log.capacity = max(1, count(words))
    return {"capacity": host.terminal.log.capacity}


def _clear(host: TerminalHost, words: list[str]) -> Result:
    if words:
        raise NotUnderstood
    deleted = len(host.terminal.log)
    host.terminal.clear_punches()
    return {"deleted": deleted}


async def _restart(host: TerminalHost, words: list[str]) -> Result:
    away = seconds(words) if words else host.restart_seconds
    await host.restart(away)
    return {"restart": away}


async def _power(host: TerminalHost, words: list[str]) -> Result:
    match words:
        case ["off"]:
            await host.power_off()
        case ["on"]:
            host.power_on()
        case _:
            raise NotUnderstood
    return {"power": words[0]}


def _profile(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.adopt(changed(host.terminal.profile, words))
    profile = host.terminal.profile
    return {"profile": profile.name, **{key: getattr(profile, key) for key in CHANGEABLE}}


def _serial(host: TerminalHost, words: list[str]) -> Result:
    if len(words) != 1:
        raise NotUnderstood
    host.terminal.serial = words[0]
    return {"serial": words[0]}


def _firmware(host: TerminalHost, words: list[str]) -> Result:
    if not words:
        raise NotUnderstood
    host.terminal.firmware = " ".join(words)
    return {"firmware": host.terminal.firmware}


def _option(host: TerminalHost, words: list[str]) -> Result:
    name, found, value = " ".join(words).partition("=")
    if not found or not name:
        raise NotUnderstood
    host.terminal.options[name] = value
    host.terminal.record(Operation.SET_OPTION)
    return {"option": name, "value": value}


def _status(host: TerminalHost, words: list[str]) -> Result:
    if words:
        raise NotUnderstood
    return report.status(host)


_CLOCK = "clock [+SECONDS|-SECONDS|set TIME|drift PPM|reset]"
VERBS = {
    "clock": Verb(
        _CLOCK, "show the clock; let it go wrong; set it at the menu (the operation log tells); 2000", _clock
    ),
    "full": Verb("full ring [BLOCK]|refuse|hang", "make the log full now, and say what a further punch does", _full),
    "capacity": Verb("capacity RECORDS", "set how many records the log holds", _capacity),
    "clear": Verb("clear", "delete the log at the menu", _clear),
    "restart": Verb("restart [SECONDS]", "restart the terminal, away for so long; the log stays", _restart),
    "power": Verb("power on|off", "pull the plug, or put it back", _power),
    "profile": Verb("profile [KEY=VALUE …]", "show or change what kind of firmware it is", _profile),
    "serial": Verb("serial NUMBER", "another terminal stands at this address", _serial),
    "firmware": Verb("firmware VERSION", "the firmware was updated", _firmware),
    "option": Verb("option NAME=VALUE", "set an option at the menu", _option),
    "status": Verb("status", "counts, clock, faults and what clients did", _status),
}
