"""Commands for firmware that lies, or that changes while one looks."""

from simulators.zkteco.host import TerminalHost
from simulators.zkteco.verb import MOST, NotUnderstood, Result, Verb, count, switch


def _lie(host: TerminalHost, words: list[str]) -> Result:
    faults = host.terminal.faults
    match words:
        case [difference] if difference[:1] in ("+", "-"):
            faults.count_lie = int(difference[0] + str(count([difference[1:]])))
        case ["off"]:
            faults.count_lie = 0
        case _:
            raise NotUnderstood
    return {"lie": faults.count_lie}


def _race(host: TerminalHost, words: list[str]) -> Result:
    faults = host.terminal.faults
    match words:
        case ["sizes", people]:
            faults.punches_after_sizes = count([people])
        case ["read", people]:
            faults.punches_after_prepare = count([people])
        case _:
            raise NotUnderstood
    return {"sizes": faults.punches_after_sizes, "read": faults.punches_after_prepare}


def _ignore_disable(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.ignore_disable = switch(words)
    return {"ignore-disable": host.terminal.faults.ignore_disable}


def _unacknowledged(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.unacknowledged_limit = count(words)
    return {"unacked": host.terminal.faults.unacknowledged_limit}


VERBS = {
    "lie": Verb("lie +RECORDS|-RECORDS|off", f"tell a wrong number of records, by at most {MOST}", _lie),
    "race": Verb(
        "race sizes|read PUNCHES", "people punch right after the next sizes, or the next prepared read", _race
    ),
    "ignore-disable": Verb("ignore-disable on|off", "acknowledge DISABLEDEVICE and take punches", _ignore_disable),
    "unacked": Verb("unacked EVENTS|off", "stop telling a client that owes so many acknowledgements", _unacknowledged),
}
