"""Requests that only ask: options, version, sizes, state, clock."""

import struct

from simulators.zkteco import clock
from simulators.zkteco.codes import Ack, Command
from simulators.zkteco.roster import SUPER_ADMIN
from simulators.zkteco.session import Answer, Handler, Part, Session, ok, refuse
from simulators.zkteco.terminal import Terminal

WAITING, IDENTIFYING, BUSY = 0, 2, 4
_LEVEL_BITS = 0b1110


def read_option(session: Session, data: bytes) -> Answer:
    """`name`, with or without the NUL, is answered by `name=value` and a NUL; what is not known, by ACK_ERROR."""
    name = data.split(b"\0")[0].decode(errors="replace")
    value = option(session.terminal, name)
    return refuse() if value is None else ok(f"{name}={value}".encode() + b"\0")


def option(terminal: Terminal, name: str) -> str | None:
    """Value of one option, None if this firmware has no such option."""
    if name == "~SerialNumber":
        return terminal.serial
    return terminal.options.get(name)


def version(session: Session, _data: bytes) -> Answer:
    """Firmware, e.g. `Ver 6.60 Apr 26 2016` and a NUL."""
    return ok(session.terminal.firmware.encode() + b"\0")


def pin_width(session: Session, _data: bytes) -> Answer:
    """How many digits a user number may have, one byte."""
    return ok(bytes((session.terminal.profile.pin_width,)))


def sizes(session: Session, _data: bytes) -> Answer:
    """Counts and room as i32s at fixed places (zk-protocol terminal.md, Get Device Status)."""
    terminal = session.terminal
    answer = ok(sizes_reply(terminal))
    people, terminal.faults.punches_after_sizes = terminal.faults.punches_after_sizes, 0
    for _ in range(people):
        terminal.punch_at_random()
    return answer


def sizes_reply(terminal: Terminal) -> bytes:
    """The 80, 92 or 112 bytes of GET_FREE_SIZES. What the bytes from 92 on mean is not established; zeros."""
    profile, roster, log = terminal.profile, terminal.roster, terminal.log
    admins = sum(user.privilege & _LEVEL_BITS == SUPER_ADMIN for user in roster)
    passwords = sum(bool(user.password) for user in roster)
    fingers = sum(len(user.fingers) for user in roster)
    values = {
        16: len(roster),
        24: fingers,
        32: max(0, len(log) + terminal.faults.count_lie) if profile.count_reported else 0,
        40: len(terminal.deeds),
        48: admins,
        52: passwords,
        56: profile.finger_capacity,
        60: roster.capacity,
        64: log.capacity,
        68: max(0, profile.finger_capacity - fingers),
        72: max(0, roster.capacity - len(roster)),
        76: max(0, log.capacity - len(log)),
        80: 0,
        88: profile.face_capacity,
    }
    reply = bytearray(profile.sizes_length)
    for place, value in values.items():
        if place + 4 <= profile.sizes_length:
            struct.pack_into("<i", reply, place, value)
    return bytes(reply)


def state(session: Session, _data: bytes) -> Answer:
    """The state stands in the session field (zk-protocol terminal.md, Get Device State)."""
    terminal = session.terminal
    now = BUSY if terminal.disabled else IDENTIFYING if terminal.verifying else WAITING
    return Answer((Part(Ack.OK, session=now),))


def get_time(session: Session, _data: bytes) -> Answer:
    """The wall clock as u32."""
    return ok(session.terminal.clock.stamp().to_bytes(4, "little"))


def set_time(session: Session, data: bytes) -> Answer:
    """Set the wall clock; bytes after the u32 are ignored. The clock cannot be put on a day that does not exist."""
    if len(data) < 4:
        return refuse()
    try:
        shown = clock.moment(int.from_bytes(data[:4], "little"))
    except ValueError:
        return refuse()
    session.terminal.set_clock(shown)
    return ok()


HANDLERS: dict[int, Handler] = {
    Command.OPTIONS_RRQ: read_option,
    Command.GET_VERSION: version,
    Command.GET_PINWIDTH: pin_width,
    Command.GET_FREE_SIZES: sizes,
    Command.STATE_RRQ: state,
    Command.GET_TIME: get_time,
    Command.SET_TIME: set_time,
}
