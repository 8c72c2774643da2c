"""Requests that change what the terminal keeps: users, logs, options."""

import struct

from simulators.zkteco import records
from simulators.zkteco.codes import Command, Operation
from simulators.zkteco.session import Answer, Handler, Session, ok, refuse
from simulators.zkteco.terminal import is_number

MOST_OPTIONS = 200


def write_user(session: Session, data: bytes) -> Answer:
    """USER_WRQ: a user in the terminal's own layout; any other length is refused."""
    terminal = session.terminal
    try:
        user = records.USER_READERS[terminal.profile.user_length](data)
    except struct.error:
        return refuse()
    if terminal.profile.numbers_only and not is_number(user.user_id):
        return refuse()
    if not terminal.roster.put(user):
        return refuse()
    terminal.record(Operation.ENROL_USER, user.uid)
    return ok()


def delete_user(session: Session, data: bytes) -> Answer:
    """DELETE_USER: u16 slot."""
    uid = int.from_bytes(data[:2], "little")
    if len(data) < 2 or session.terminal.roster.remove(uid) is None:
        return refuse()
    session.terminal.record(Operation.DELETE_USER, uid)
    return ok()


def clear_punches(session: Session, _data: bytes) -> Answer:
    """CLEAR_ATTLOG."""
    session.terminal.clear_punches()
    return ok()


def clear_all(session: Session, _data: bytes) -> Answer:
    """CLEAR_DATA: users and punches."""
    session.terminal.roster.clear()
    session.terminal.log.clear()
    session.terminal.record(Operation.CLEAR_DATA)
    return ok()


def clear_deeds(session: Session, _data: bytes) -> Answer:
    """CLEAR_OPLOG."""
    session.terminal.deeds.clear()
    return ok()


def clear_admins(session: Session, _data: bytes) -> Answer:
    """CLEAR_ADMIN: everybody becomes a common user; whether enabled stays as it is."""
    for user in session.terminal.roster:
        user.privilege &= 1
    return ok()


def write_option(session: Session, data: bytes) -> Answer:
    """OPTIONS_WRQ `name=value`; SDKBuild is a wish of the client and not kept."""
    name, found, value = data.split(b"\0")[0].decode(errors="replace").partition("=")
    options = session.terminal.options
    if not found or (name not in options and len(options) >= MOST_OPTIONS):
        return refuse()
    if name != "SDKBuild":
        options[name] = value
        session.terminal.record(Operation.SET_OPTION)
    return ok()


HANDLERS: dict[int, Handler] = {
    Command.USER_WRQ: write_user,
    Command.DELETE_USER: delete_user,
    Command.CLEAR_ATTLOG: clear_punches,
    Command.CLEAR_DATA: clear_all,
    Command.CLEAR_OPLOG: clear_deeds,
    Command.CLEAR_ADMIN: clear_admins,
    Command.OPTIONS_WRQ: write_option,
}
