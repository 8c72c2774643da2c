"""What a terminal tells about itself in answers to commands, as plain JSON values."""

from dataclasses import asdict

from simulators.zkteco import clock as wall
from simulators.zkteco.codes import STATE, VERIFY, Operation
from simulators.zkteco.host import TerminalHost
from simulators.zkteco.log import Deed, Punch
from simulators.zkteco.roster import User
from simulators.zkteco.terminal import Terminal

_DIRECTIONS = {code: name for name, code in STATE.items()}
_OPERATIONS = {int(code): code.name.lower() for code in Operation}
_METHODS = {code: name for name, code in VERIFY.items()}


def punch(record: Punch) -> dict[str, object]:
    """One record of the log."""
    return {
        "user": record.user_id,
        "uid": record.uid,
        "time": wall.text(record.stamp),
        "direction": _DIRECTIONS.get(record.state, record.state),
        "method": _METHODS.get(record.verify, record.verify),
    }


def user(enrolled: User) -> dict[str, object]:
    """One user."""
    return {
        "user": enrolled.user_id,
        "uid": enrolled.uid,
        "name": enrolled.name,
        "privilege": enrolled.privilege,
        "fingers": sorted(enrolled.fingers),
    }


def deed(entry: Deed) -> dict[str, object]:
    """One entry of the operation log."""
    name = _OPERATIONS.get(entry.code, str(entry.code))
    return {"operation": name, "code": entry.code, "time": wall.text(entry.stamp), "values": list(entry.values)}


def clock(terminal: Terminal) -> dict[str, object]:
    """What the terminal's clock shows and how wrong it is, in seconds."""
    return {
        "clock": wall.text(terminal.clock.stamp()),
        "offset": round(terminal.clock.offset(), 3),
        "drift_ppm": terminal.clock.drift_ppm,
    }


def status(host: TerminalHost) -> dict[str, object]:
    """Everything at a glance."""
    terminal = host.terminal
    return {
        "serial": terminal.serial,
        "firmware": terminal.firmware,
        "profile": terminal.profile.name,
        "host": host.host,
        "port": host.port,
        "on": host.on,
        "hung": terminal.hung,
        "disabled": terminal.disabled,
        "verifying": terminal.verifying,
        **clock(terminal),
        "users": len(terminal.roster),
        "fingers": sum(len(one.fingers) for one in terminal.roster),
        "records": len(terminal.log),
        "capacity": terminal.log.capacity,
        "when_full": terminal.log.when_full,
        "deleted_by_ring": terminal.log.deleted,
        "operations": len(terminal.deeds),
        "clients": len(terminal.sessions),
        "unacknowledged": sum(session.unacknowledged for session in terminal.sessions),
        "faults": asdict(terminal.faults),
        "counters": asdict(terminal.counters),
    }
