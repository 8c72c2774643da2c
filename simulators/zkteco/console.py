"""Commands as lines of text, each answered by one JSON object: how people, tests and programs drive a terminal."""

import shlex
from collections.abc import Sequence

from simulators.zkteco import verbs_lies, verbs_line, verbs_people, verbs_terminal
from simulators.zkteco.host import TerminalHost
from simulators.zkteco.terminal import PunchRefused
from simulators.zkteco.verb import Misused, NotUnderstood, Result, Verb


async def execute(host: TerminalHost, line: str) -> Result:
    """Carry out one line: `{"ok": true, …}`, or `{"ok": false, "error": one line that helps}`."""
    try:
        verb, words = _understand(line)
        outcome = verb.run(host, words)
        return {"ok": True, **(outcome if isinstance(outcome, dict) else await outcome)}
    except NotUnderstood:
        return {"ok": False, "error": f"usage: {verb.usage}"}
    except Misused as error:
        return {"ok": False, "error": str(error)}
    except PunchRefused as error:
        return {"ok": False, "error": str(error), "refused": True}
    except (ValueError, OSError) as error:
        return {"ok": False, "error": f"cannot do {line!r}: {error}"}


async def execute_among(hosts: Sequence[TerminalHost], line: str) -> Result:
    """As `execute` for one of many: `@7 drop` means the seventh, `@all clock +60` each of them, no `@` the first."""
    target, _, rest = line.partition(" ")
    if not target.startswith("@"):
        return await execute(hosts[0], line)
    if target == "@all":
        answers = [await execute(host, rest) for host in hosts]
        failed = next((answer for answer in answers if not answer["ok"]), None)
        return failed or {"ok": True, "terminals": len(answers)}
    number = target[1:]
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(hosts)):
        return {"ok": False, "error": f"{target} is no terminal: @1 to @{len(hosts)}, or @all"}
    return await execute(hosts[int(number) - 1], rest)


def _understand(line: str) -> tuple[Verb, list[str]]:
    words = shlex.split(line)
    if not words:
        raise Misused("empty line: try help")
    if words[0] not in VERBS:
        raise Misused(f"there is no command {words[0]!r}: known are {', '.join(VERBS)}")
    return VERBS[words[0]], words[1:]


def _help(_host: TerminalHost, words: list[str]) -> Result:
    if words:
        raise NotUnderstood
    return {"commands": {verb.usage: verb.help for verb in VERBS.values()}}


def _quit(_host: TerminalHost, words: list[str]) -> Result:
    if words:
        raise NotUnderstood
    return {"quit": True}


VERBS: dict[str, Verb] = {
    **verbs_people.VERBS,
    **verbs_terminal.VERBS,
    **verbs_line.VERBS,
    **verbs_lies.VERBS,
    "help": Verb("help", "this list", _help),
    "quit": Verb("quit", "end the simulator", _quit),
}
