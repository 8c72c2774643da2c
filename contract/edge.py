"""The half of the small messages that a gateway or reader writes and understands; `messages` has both halves.

It stands alone so that a reader with little memory loads no more than it needs.
"""

from contract.entry import ContractError
from contract.jsontext import Ordered, dumps, loads

ONLINE = "online"
OFFLINE = "offline"
LOST = "lost"

WILL = b'{"state":"lost"}'
CLEAN_STOP = b'{"state":"offline"}'

REPLAY = "replay"
SYNC_CLOCK = "sync-clock"
USERS = "users"
PING = "ping"
VERBS = (REPLAY, SYNC_CLOCK, USERS, PING)

MAX_BYTES = 65536  # a health message of a gateway with a hundred devices takes 40 kB
MAX_REQUEST = 64
_LARGEST = 10**20 - 1  # what 20 digits can say


def build_birth(
    *, logid: str, oldest: int, next: int, acked: int, version: str, extra: dict[str, object] | None = None
) -> bytes:
    """Status after connecting: the log holds `oldest` to `next` - 1, the centre confirmed through `acked`."""
    birth: dict[str, object] = Ordered()
    birth["state"] = ONLINE
    birth["logid"] = logid
    birth["oldest"] = oldest
    birth["next"] = next
    birth["acked"] = acked
    birth["version"] = version
    _add(birth, extra)
    return _bytes(birth, "status")


def build_health(
    *,
    time: str,
    uptime_s: int,
    logid: str,
    backlog: int,
    devices: list[dict[str, object]],
    clock: dict[str, object],
    disk: dict[str, object],
    oldest_unacked_s: int | None = None,
    last_punch: str | None = None,
    temperature_c: float | None = None,
    extra: dict[str, object] | None = None,
) -> bytes:
    """Health, every minute. Durations in seconds, times RFC 3339; what is not known is null. See health.json."""
    health: dict[str, object] = Ordered()
    health["time"] = time
    health["uptime_s"] = uptime_s
    health["logid"] = logid
    health["backlog"] = backlog
    health["oldest_unacked_s"] = oldest_unacked_s
    health["last_punch"] = last_punch
    health["devices"] = devices
    health["clock"] = clock
    health["disk"] = disk
    health["temperature_c"] = temperature_c
    _add(health, extra)
    return _bytes(health, "health")


def parse_central(raw: bytes) -> bool:
    """Whether the centre takes entries now: it is online and can write."""
    central = _object(raw, "central")
    if central.get("state") not in (ONLINE, OFFLINE, LOST):
        raise ContractError("central.state: not online, offline or lost")
    writable = central.get("writable")
    if not isinstance(writable, bool):
        raise ContractError("central.writable: missing or not true or false")
    return writable and central["state"] == ONLINE


def parse_command(verb: str, raw: bytes) -> dict[str, object]:
    """The command with its `request`; for `replay` also the counts `from` and `to`, 1 <= from <= to."""
    if verb not in VERBS:
        raise ContractError("command: no such verb: " + verb)
    command = _object(raw, "command")
    _request(command, "command")
    if verb == REPLAY and not 1 <= _count(command, "from", "command") <= _count(command, "to", "command"):
        raise ContractError("command.from: not from 1 up to `to`")
    for name in ("device", "time"):
        if name in command:
            _text(command, name, "command")
    return command


def build_reply(request: str, result: dict[str, object] | None = None) -> bytes:
    """The answer to a command that was carried out."""
    reply: dict[str, object] = Ordered()
    reply["request"] = request
    reply["ok"] = True
    reply["result"] = {} if result is None else result
    return _bytes(reply, "reply")


def build_refusal(request: str, error: str) -> bytes:
    """The answer to a command that was not carried out: one line for a person."""
    reply: dict[str, object] = Ordered()
    reply["request"] = request
    reply["ok"] = False
    reply["error"] = error
    return _bytes(reply, "reply")


def _add(message: dict[str, object], extra: dict[str, object] | None) -> None:
    for name, value in ({} if extra is None else extra).items():
        if name in message:
            raise ContractError(name + ": given twice")
        message[name] = value


def _bytes(message: dict[str, object], what: str) -> bytes:
    raw = dumps(message).encode()
    if len(raw) > MAX_BYTES:
        raise ContractError(what + ": too large")
    return raw


def _object(raw: bytes, what: str) -> dict[str, object]:
    if len(raw) > MAX_BYTES:
        raise ContractError(what + ": too large")
    try:
        message = loads(raw)
    except ValueError as error:
        raise ContractError(what + ": not JSON: " + str(error)) from error
    if not isinstance(message, dict):
        raise ContractError(what + ": not a JSON object")
    return message


def _text(message: dict[str, object], name: str, what: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise ContractError(what + "." + name + ": missing or not text")
    return value


def _count(message: dict[str, object], name: str, what: str) -> int:
    value = message.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ContractError(what + "." + name + ": missing or not a whole number")
    return value


def _request(message: dict[str, object], what: str) -> None:
    if not 1 <= len(_text(message, "request", what)) <= MAX_REQUEST:
        raise ContractError(what + ".request: not 1 to 64 characters")
