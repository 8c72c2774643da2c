"""What people do at a terminal: open it, exchange it, update it, change its users."""

from tests.zkteco.cell import Cell, Times, exactly
from tests.zkteco.fault import Words, fault
from tests.zkteco.kinds import Kind

DONE = "terminal-operation"


@fault("tamper alarm", {"tamper-alarm": exactly(1), DONE: exactly(1)})
def tamper(cell: Cell) -> None:
    cell.running()
    cell.looked(1)
    cell.terminal.alarm("tamper")
    cell.punch(3)


@fault("duress alarm", {"duress-alarm": exactly(1), DONE: exactly(1)})
def duress(cell: Cell) -> None:
    """Twelve bytes, as many as a punch of some firmware has."""
    cell.running()
    cell.looked(1)
    cell.terminal.alarm("duress", "1003")
    cell.punch(3)


@fault("users changed", {"users-changed": Times(1, 2), DONE: exactly(2)})
def users_changed(cell: Cell) -> None:
    cell.running()
    cell.looked(1)
    cell.say("enrol 7001 Pegawai Baru")
    cell.terminal.punch("7001")
    cell.looked(1)
    cell.say("dismiss 7001")
    cell.punch(3)


def _other(kind: Kind) -> Words:
    return {"serial-changed": exactly(2)}


@fault("another terminal at the address, and the first one back", _other)
def exchanged(cell: Cell) -> None:
    cell.running()
    cell.punch(3)
    cell.settled()
    cell.detach()
    first = cell.terminal
    cell.replace_terminal("OTHER001")
    cell.running()
    cell.punch(3)
    cell.settled()
    cell.detach()
    cell.put_back(first)
    cell.running()
    cell.punch(3)


@fault("firmware updated", {"firmware-changed": exactly(1)})
def updated(cell: Cell) -> None:
    """The rows of the log have another length now; the punches are the same."""
    cell.running()
    cell.punch(3)
    cell.settled()
    cell.say("firmware Ver 8.00 Jan 1 2026")
    other = {"zem-udp-old": "8A", "zem-udp": "16", "tft-tcp": "49", "new-tcp": "40"}[cell.kind.profile]
    cell.terminal.adopt(f"attlog_layout={other}")
    cell.terminal.drop()
    cell.gateway.until(lambda: cell.gateway.words()["firmware-changed"], "update told")
    cell.punch(3)


@fault("wrong communication key", {"device-refused": exactly(1), "device-back": exactly(1)})
def wrong_key(cell: Cell) -> None:
    cell.terminal.terminal.comm_key = 4711
    cell.attach()
    cell.gateway.until(lambda: cell.gateway.words()["device-refused"], "refusal told")
    cell.punch(3)
    cell.terminal.terminal.comm_key = 0
