"""Status, health, the centre's status, commands and replies: small JSON objects, built and read alike on both sides.

Their meaning is that of `contract/schemas/`. Builders give exact bytes (the same under CPython and MicroPython);
parsers give a mapping whose required members were checked, leave what they do not know alone, and raise
ContractError, and nothing else, for everything that is not such a message.
"""

from contract.edge import (
    CLEAN_STOP,
    LOST,
    MAX_BYTES,
    MAX_REQUEST,
    OFFLINE,
    ONLINE,
    PING,
    REPLAY,
    SYNC_CLOCK,
    USERS,
    VERBS,
    WILL,
    _add,
    _bytes,
    _count,
    _object,
    _request,
    _text,
    build_birth,
    build_health,
    build_refusal,
    build_reply,
    parse_central,
    parse_command,
)
from contract.entry import ContractError
from contract.jsontext import Ordered, dumps

__all__ = (
    "CENTRAL_WILL",
    "CLEAN_STOP",
    "LOST",
    "MAX_BYTES",
    "MAX_REQUEST",
    "OFFLINE",
    "ONLINE",
    "PING",
    "REPLAY",
    "SYNC_CLOCK",
    "USERS",
    "VERBS",
    "WILL",
    "build_birth",
    "build_central",
    "build_command",
    "build_health",
    "build_refusal",
    "build_reply",
    "dumps",
    "parse_central",
    "parse_command",
    "parse_health",
    "parse_reply",
    "parse_status",
)

CENTRAL_WILL = b'{"state":"lost","writable":false}'


def parse_status(raw: bytes) -> dict[str, object]:
    """`state` is online, offline or lost; a birth has `logid`, `version` and the counts `oldest`, `next`, `acked`."""
    status = _object(raw, "status")
    if status.get("state") not in (ONLINE, OFFLINE, LOST):
        raise ContractError("status.state: not online, offline or lost")
    if status["state"] == ONLINE:
        for name in ("logid", "version"):
            _text(status, name, "status")
        for name in ("oldest", "next", "acked"):
            _count(status, name, "status")
    return status


def parse_health(raw: bytes) -> dict[str, object]:
    """Text `time`, `logid`; counts `uptime_s`, `backlog`; mappings `clock`, `disk`; a list of mappings `devices`."""
    health = _object(raw, "health")
    for name in ("time", "logid"):
        _text(health, name, "health")
    for name in ("uptime_s", "backlog"):
        _count(health, name, "health")
    for name in ("clock", "disk"):
        if not isinstance(health.get(name), dict):
            raise ContractError("health." + name + ": missing or not an object")
    devices = health.get("devices")
    if not isinstance(devices, list) or not all(isinstance(device, dict) for device in devices):
        raise ContractError("health.devices: missing or not a list of objects")
    return health


def build_central(state: str, *, writable: bool, extra: dict[str, object] | None = None) -> bytes:
    """The centre's status: `state` online or offline, and whether it can write entries now."""
    central: dict[str, object] = Ordered()
    central["state"] = state
    central["writable"] = writable
    _add(central, extra)
    return _bytes(central, "central")


def build_command(request: str, arguments: dict[str, object] | None = None) -> bytes:
    """A command; `request` (1 to 64 characters) comes back in the reply."""
    command: dict[str, object] = Ordered()
    command["request"] = request
    _add(command, arguments)
    return _bytes(command, "command")


def parse_reply(raw: bytes) -> dict[str, object]:
    """`request`, `ok`, and the mapping `result` or the text `error`."""
    reply = _object(raw, "reply")
    _request(reply, "reply")
    if reply.get("ok") is True:
        if not isinstance(reply.get("result"), dict):
            raise ContractError("reply.result: missing or not an object")
    elif reply.get("ok") is False:
        _text(reply, "error", "reply")
    else:
        raise ContractError("reply.ok: missing or not true or false")
    return reply
