"""Commands for faults of the line."""

from simulators.zkteco.host import TerminalHost
from simulators.zkteco.verb import NotUnderstood, Result, Verb, chance, count, seconds, switch


async def _drop(host: TerminalHost, words: list[str]) -> Result:
    match words:
        case []:
            return {"dropped": await host.drop()}
        case ["in-transfer"]:
            host.terminal.faults.drop_in_transfer = True
            return {"drop": "in-transfer"}
        case _:
            raise NotUnderstood


def _split(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.split = count(words)
    return {"split": host.terminal.faults.split}


def _coalesce(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.coalesce = count(words)
    return {"coalesce": host.terminal.faults.coalesce}


def _stall(host: TerminalHost, words: list[str]) -> Result:
    duration = seconds(words)
    host.stall(duration)
    return {"stall": duration}


def _slow(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.slow = seconds(words)
    return {"slow": host.terminal.faults.slow}


def _corrupt(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.corrupt = count(words)
    return {"corrupt": host.terminal.faults.corrupt}


def _lose(host: TerminalHost, words: list[str]) -> Result:
    faults = host.terminal.faults
    if words[1:] == ["requests"]:
        faults.lose_requests = chance(words[:1])
    else:
        faults.lose = chance(words)
    return {"lose": faults.lose * 100, "requests": faults.lose_requests * 100}


def _duplicate(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.duplicate = chance(words)
    return {"duplicate": host.terminal.faults.duplicate * 100}


def _reorder(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.reorder = chance(words)
    return {"reorder": host.terminal.faults.reorder * 100}


def _connections(host: TerminalHost, words: list[str]) -> Result:
    if words not in (["one"], ["many"]):
        raise NotUnderstood
    host.terminal.faults.one_connection = words == ["one"]
    return {"connections": words[0]}


def _interleave(host: TerminalHost, words: list[str]) -> Result:
    host.terminal.faults.interleave = switch(words)
    return {"interleave": host.terminal.faults.interleave}


VERBS = {
    "drop": Verb("drop [in-transfer]", "cut the connections now, or in the middle of the next bulk data", _drop),
    "split": Verb("split BYTES|off", "TCP: cut every frame into pieces of so many bytes", _split),
    "coalesce": Verb("coalesce FRAMES|off", "TCP: let so many frames leave in one segment", _coalesce),
    "stall": Verb("stall SECONDS", "send nothing for a while, on an open connection", _stall),
    "slow": Verb("slow SECONDS|off", "wait so long before each answer and event", _slow),
    "corrupt": Verb("corrupt PACKETS|off", "send the next packets with a wrong checksum", _corrupt),
    "lose": Verb("lose PERCENT|off [requests]", "UDP: lose datagrams to the client, or its requests", _lose),
    "duplicate": Verb("duplicate PERCENT|off", "UDP: send datagrams twice", _duplicate),
    "reorder": Verb("reorder PERCENT|off", "UDP: let datagrams be overtaken", _reorder),
    "connections": Verb("connections one|many", "refuse a second connection, or take it", _connections),
    "interleave": Verb("interleave on|off", "send events between the frames of a bulk answer", _interleave),
}
