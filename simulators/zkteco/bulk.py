"""Bulk reads: the whole of a log or list, at once or in chunks out of a buffer.

DATA_WRRQ (1503) names a set by `u8 1, u16 command, u32 function, u32 extension`. A small set comes back in one DATA
packet. A larger one is put into the session's buffer and its size is told; DATA_RDY (1504) `i32 start, i32 size` then
reads from the buffer and is answered by PREPARE_DATA, DATA and ACK_OK under one reply number, until FREE_DATA
(zk-protocol ex_data.md). Each set starts with its size as u32. Terminals without 1503 give the same three packets for
the plain commands.
"""

import struct
import zlib
from collections.abc import Iterable

from simulators.zkteco import records, templates
from simulators.zkteco.codes import Ack, Command
from simulators.zkteco.session import Answer, Handler, Part, Session, ok, refuse
from simulators.zkteco.terminal import Terminal

_REQUEST = struct.Struct("<BHII")
_CHUNK = struct.Struct("<ii")
PREPARED_CHUNK = 0x1000
LARGEST_CHUNK = 0xFFC0
FUNCTION_USERS = 5
FUNCTION_FINGERS = 2


def prepare(session: Session, data: bytes) -> Answer:
    """DATA_WRRQ."""
    terminal = session.terminal
    if not terminal.profile.buffered_read or len(data) != _REQUEST.size:
        return refuse()
    _, command, function, _ = _REQUEST.unpack(data)
    chosen = data_set(terminal, command, function)
    if chosen is None:
        return refuse()
    people, terminal.faults.punches_after_prepare = terminal.faults.punches_after_prepare, 0
    for _ in range(people):
        terminal.punch_at_random()
    if len(chosen) <= terminal.profile.small_set:
        return Answer((Part(Command.DATA, chosen),))
    session.buffer = chosen
    return ok(struct.pack("<BIII", 0, len(chosen), len(chosen), zlib.crc32(chosen)))


def chunk(session: Session, data: bytes) -> Answer:
    """DATA_RDY; what lies outside the buffer is refused."""
    if len(data) != _CHUNK.size:
        return refuse()
    start, size = _CHUNK.unpack(data)
    if not (0 <= start <= len(session.buffer) and 0 <= size <= LARGEST_CHUNK and start + size <= len(session.buffer)):
        return refuse()
    return transfer(session, session.buffer[start : start + size])


def transfer(session: Session, content: bytes) -> Answer:
    """PREPARE_DATA, as many DATA as the line needs, ACK_OK."""
    limit = session.data_limit
    pieces = (content[place : place + limit] for place in range(0, len(content), limit))
    ready = Part(Command.PREPARE_DATA, struct.pack("<II", len(content), PREPARED_CHUNK))
    return Answer((ready, *(Part(Command.DATA, piece) for piece in pieces), Part(Ack.OK)))


def plain_read(command: Command) -> Handler:
    """The read of older firmware: the whole set follows without a request for chunks."""

    def handler(session: Session, _data: bytes) -> Answer:
        chosen = data_set(session.terminal, command, 0)
        return refuse() if chosen is None else transfer(session, chosen)

    return handler


def read_users_or_finger(session: Session, data: bytes) -> Answer:
    """USERTEMP_RRQ: `u16 slot, u8 finger` asks for a template, one byte of 5 (or nothing) for all users."""
    if len(data) == templates.FINGER.size:
        return read_finger(session, data)
    function = data[0] if data else FUNCTION_USERS
    chosen = data_set(session.terminal, Command.USERTEMP_RRQ, function)
    return refuse() if chosen is None else transfer(session, chosen)


def read_finger(session: Session, data: bytes) -> Answer:
    """One template by slot and finger, and a zero byte after it, which pyzk cuts off."""
    template = templates.find(session.terminal, data)
    return refuse() if template is None else transfer(session, template + b"\0")


def free(session: Session, _data: bytes) -> Answer:
    """FREE_DATA: the buffer is gone, and so is what was uploaded into it."""
    session.buffer = b""
    session.upload.clear()
    return ok()


def data_set(terminal: Terminal, command: int, function: int) -> bytes | None:
    """The set that a read names, with its size before it; None if there is no such set."""
    profile = terminal.profile
    if command == Command.ATTLOG_RRQ:
        return _sized(records.ATTLOG_LAYOUTS[profile.attlog_layout](terminal.log))
    if command == Command.USERTEMP_RRQ and function == FUNCTION_USERS:
        return _sized(map(records.USER_LAYOUTS[profile.user_length], terminal.roster))
    if command == Command.OPLOG_RRQ:
        return _sized(map(records.deed_16, terminal.deeds))
    if command == Command.DB_RRQ and function == FUNCTION_FINGERS:
        return _sized(templates.rows(terminal))
    return None


def _sized(rows: Iterable[bytes]) -> bytes:
    content = b"".join(rows)
    return len(content).to_bytes(4, "little") + content


HANDLERS: dict[int, Handler] = {
    Command.DATA_WRRQ: prepare,
    Command.DATA_RDY: chunk,
    Command.FREE_DATA: free,
    Command.ATTLOG_RRQ: plain_read(Command.ATTLOG_RRQ),
    Command.USERTEMP_RRQ: read_users_or_finger,
    Command.OPLOG_RRQ: plain_read(Command.OPLOG_RRQ),
    Command.GET_TEMPLATE: read_finger,
}
