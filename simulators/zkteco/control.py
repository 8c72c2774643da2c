"""Requests that steer the session or the terminal: connect, authorise, subscribe, disable, restart."""

from simulators.zkteco import auth
from simulators.zkteco.codes import Ack, Command, Operation
from simulators.zkteco.session import SILENCE, After, Answer, Handler, Session, ok, refuse


def connect(session: Session, _data: bytes) -> Answer:
    """Give the session its number (once: connecting again does not change it) and ask for the key if there is one."""
    if not session.number:
        session.number = session.terminal.next_session()
        session.terminal.counters.sessions += 1
    if session.terminal.comm_key and not session.authorised:
        return refuse(Ack.UNAUTH)
    session.authorised = True
    return ok()


def authorise(session: Session, data: bytes) -> Answer:
    """Check the scrambled key. A wrong one leaves the session open and unauthorised."""
    if session.number and auth.accepts(session.terminal.comm_key, session.number, data):
        session.authorised = True
        return ok()
    session.terminal.counters.wrong_keys += 1
    return refuse(Ack.UNAUTH)


def leave(session: Session, _data: bytes) -> Answer:
    """EXIT: acknowledged, then the terminal closes the connection, or goes dark after POWEROFF."""
    return ok(after=After.POWER_OFF if session.powering_off else After.CLOSE)


def subscribe(session: Session, data: bytes) -> Answer:
    """REG_EVENT: u32 mask of the events wanted from now on; 0 ends them."""
    if len(data) < 4:
        return refuse()
    session.mask = int.from_bytes(data[:4], "little")
    return ok()


def event_taken(session: Session, _data: bytes) -> Answer:
    """ACK_OK from a client acknowledges one event and is not answered."""
    session.acknowledged()
    return SILENCE


def disable(session: Session, data: bytes) -> Answer:
    """Nobody can punch (unless the firmware ignores it), for a u32 of seconds if given and not 0."""
    seconds = int.from_bytes(data[:4], "little") if len(data) >= 4 else 0
    session.terminal.disable(seconds or float("inf"))
    return ok()


def enable(session: Session, _data: bytes) -> Answer:
    """Back to normal work."""
    session.terminal.enable()
    return ok()


def start_verify(session: Session, _data: bytes) -> Answer:
    """The reader takes fingers again."""
    session.terminal.verifying = True
    return ok()


def cancel_capture(session: Session, _data: bytes) -> Answer:
    """The reader takes no fingers until STARTVERIFY."""
    session.terminal.verifying = False
    return ok()


def restart(session: Session, _data: bytes) -> Answer:
    """Not acknowledged by the firmware that was captured (zk-protocol other.md); some other firmware does."""
    acknowledged = session.terminal.profile.restart_acknowledged
    return ok(after=After.RESTART) if acknowledged else Answer(after=After.RESTART)


def power_off(session: Session, _data: bytes) -> Answer:
    """Acknowledged; the terminal goes dark on the EXIT that follows (zk-protocol other.md)."""
    session.terminal.record(Operation.POWER_OFF)
    session.powering_off = True
    return ok()


def accept(_session: Session, _data: bytes) -> Answer:
    """Requests that a terminal acknowledges and that change nothing we model."""
    return ok()


HANDLERS: dict[int, Handler] = {
    Command.CONNECT: connect,
    Command.AUTH: authorise,
    Command.EXIT: leave,
    Command.REG_EVENT: subscribe,
    Ack.OK: event_taken,
    Command.DISABLEDEVICE: disable,
    Command.ENABLEDEVICE: enable,
    Command.STARTVERIFY: start_verify,
    Command.CANCELCAPTURE: cancel_capture,
    Command.RESTART: restart,
    Command.POWEROFF: power_off,
    Command.REFRESHDATA: accept,
    Command.REFRESHOPTION: accept,
    Command.ENABLE_CLOCK: accept,
    Command.TESTVOICE: accept,
    Command.UNLOCK: accept,
    Command.WRITE_LCD: accept,
    Command.CLEAR_LCD: accept,
}
