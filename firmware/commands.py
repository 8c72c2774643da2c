# Commands from the centre or the gateway, one answer each. Unknown ones and bad ones are refused with the reason.

from contract import edge
from contract.entry import ContractError
from contract.jsontext import loads
from firmware.timetext import parse

UPDATE = "update"
APART_S = 2  # a clock that differs by less is right


class Commands:
    # `app`: what is commanded. It has forwarder, clock, times, link, note(event, detail), facts().
    def __init__(self, app) -> None:
        self._app = app

    # The reply's bytes, None when the command does not even say which request it is.
    def answer(self, verb: str, raw: bytes) -> "bytes | None":
        try:
            command = _parse(verb, raw)
        except ContractError as error:
            request = _request(raw)
            return None if request is None else edge.build_refusal(request, str(error))
        request = str(command["request"])
        try:
            result = getattr(self, "_" + verb.replace("-", "_"), _cannot)(command)
        except ValueError as error:
            self._told(verb, "refused: " + str(error))
            return edge.build_refusal(request, str(error))
        if verb != edge.PING:
            self._told(verb, "done")
        return edge.build_reply(request, result)

    def _told(self, verb: str, outcome: str) -> None:
        self._app.note("command-received", {"verb": verb, "outcome": outcome})

    def _ping(self, _command):
        return self._app.facts()

    def _replay(self, command):
        first, last = command["from"], command["to"]
        count = self._app.forwarder.replay(first, last)
        if count is None:
            raise ValueError("too much is being sent again already: try later")
        return {"from": first, "to": last, "count": count}

    # The asker's clock is taken when it is given: who may command may set the clock, and the log keeps the step.
    def _sync_clock(self, command):
        offset = None
        took = False
        if "time" in command:
            unix = parse(command["time"])
            clock = self._app.clock
            if not clock.plausible(unix):
                raise ValueError("time: cannot be true: " + command["time"])
            if clock.state != "unset":
                offset = clock.now() - unix
            took = offset is None or abs(offset) >= APART_S
            self._app.times.take(unix if took else clock.now(), "command")
        return {"clock": self._app.clock.state, "offsets_s": {self._app.name: offset}, "set": took}

    def _update(self, command):
        url = command.get("url")
        if not isinstance(url, str):
            raise ValueError("url: missing or not text")  # noqa: TRY004 - it becomes a refusal like the others
        self._app.link.want_update(url)
        return {"url": url}


def _cannot(_command):
    raise ValueError("a card reader cannot do that")


def _parse(verb: str, raw: bytes) -> "dict[str, object]":
    # The contract knows no `update` yet: it is read by the rules for a command without arguments.
    return edge.parse_command(edge.PING if verb == UPDATE else verb, raw)


def _request(raw: bytes) -> "str | None":
    try:
        command = loads(raw)
    except ValueError:
        return None
    request = command.get("request") if isinstance(command, dict) else None
    return request if isinstance(request, str) and 1 <= len(request) <= edge.MAX_REQUEST else None
