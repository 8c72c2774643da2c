"""Fingerprint templates as the protocol carries them: read, uploaded, deleted, enrolled. Their content is noise."""

import struct
from collections.abc import Iterator

from simulators.zkteco import events, records
from simulators.zkteco.codes import Command, Event, Operation
from simulators.zkteco.roster import User
from simulators.zkteco.session import Answer, Handler, Session, ok, refuse
from simulators.zkteco.terminal import Terminal

FINGER = struct.Struct("<HB")
_FINGER_OF_ID = struct.Struct("<24sB")
_ROW = struct.Struct("<HHBB")
_UPLOADED = struct.Struct("<III")
_ENTRY = struct.Struct("<BHBI")
_ENROL_TEXT = struct.Struct("<24sBB")
_ENROL_NUMBER = struct.Struct("<IB")
_MOST_FINGERS = 10
_FIRST_FINGER = 0x10
LARGEST_UPLOAD = 1 << 20
TEMPLATE_LENGTH = 512
_VALID = 1
_SAMPLES = 3


def rows(terminal: Terminal) -> Iterator[bytes]:
    """All templates: u16 length of the row, u16 slot, u8 finger, u8 1, the template."""
    for user in terminal.roster:
        for finger, template in sorted(user.fingers.items()):
            yield _ROW.pack(len(template) + _ROW.size, user.uid, finger, _VALID) + template


def noise(terminal: Terminal) -> bytes:
    """What a finger looks like here."""
    return b"NOISE" + terminal.random.randbytes(TEMPLATE_LENGTH - 6) + b"\x01"


def find(terminal: Terminal, data: bytes) -> bytes | None:
    """The template of `u16 slot, u8 finger`."""
    if len(data) != FINGER.size:
        return None
    uid, finger = FINGER.unpack(data)
    user = terminal.roster.by_uid(uid)
    return user.fingers.get(finger) if user else None


def delete_of_slot(session: Session, data: bytes) -> Answer:
    """DELETE_USERTEMP: u16 slot, u8 finger."""
    if len(data) != FINGER.size:
        return refuse()
    uid, finger = FINGER.unpack(data)
    return _delete(session.terminal.roster.by_uid(uid), finger)


def delete_of_id(session: Session, data: bytes) -> Answer:
    """Command 134: 24 s user id, u8 finger."""
    if len(data) != _FINGER_OF_ID.size:
        return refuse()
    user_id, finger = _FINGER_OF_ID.unpack(data)
    return _delete(session.terminal.roster.by_id(user_id.split(b"\0")[0].decode(errors="replace")), finger)


def _delete(user: User | None, finger: int) -> Answer:
    return refuse() if user is None or user.fingers.pop(finger, None) is None else ok()


def begin_upload(session: Session, data: bytes) -> Answer:
    """PREPARE_DATA from a client: u32 size of what will come."""
    if len(data) < 4 or int.from_bytes(data[:4], "little") > LARGEST_UPLOAD:
        return refuse()
    session.upload.clear()
    return ok()


def take_piece(session: Session, data: bytes) -> Answer:
    """DATA from a client: the next piece."""
    if len(session.upload) + len(data) > LARGEST_UPLOAD:
        return refuse()
    session.upload += data
    return ok()


def save_upload(session: Session, _data: bytes) -> Answer:
    """Command 110: the upload holds three u32 lengths, then users, an index of fingers, and templates.

    A user is a byte of 2 and the user's own layout; an index entry is u8 2, u16 slot, u8 0x10 + finger, u32 place of
    the template, which has its u16 length before it (pyzk's save_user_template).
    """
    content, terminal = bytes(session.upload), session.terminal
    session.upload.clear()
    try:
        users, index, templates = _sections(content)
        user_length = terminal.profile.user_length
        readers = [users[place + 1 : place + 1 + user_length] for place in range(0, len(users), user_length + 1)]
        written = {user.uid: user for user in map(records.USER_READERS[user_length], readers)}
        for _, uid, finger, place in _ENTRY.iter_unpack(index):
            written[uid].fingers[finger - _FIRST_FINGER] = _template(templates, place)
    except (struct.error, KeyError):
        return refuse()
    done = [terminal.roster.put(user) for user in written.values()]
    return ok() if all(done) else refuse()


def _sections(content: bytes) -> tuple[bytes, bytes, bytes]:
    users, index, templates = _UPLOADED.unpack_from(content)
    start = _UPLOADED.size
    return (
        content[start : start + users],
        content[start + users :][:index],
        content[start + users + index :][:templates],
    )


def _template(templates: bytes, place: int) -> bytes:
    (length,) = struct.unpack_from("<H", templates, place)
    return templates[place + 2 : place + 2 + length]


def start_enrol(session: Session, data: bytes) -> Answer:
    """STARTENROLL: the person puts the finger on three times and is enrolled.

    Each sample is told by EF_FINGER and EF_FPFTR with a score of 100, the end by EF_ENROLLFINGER; the next event
    follows when the client has acknowledged the one before (zk-protocol other.md, Enroll User). The client that asked
    gets them whether it subscribed or not.
    """
    terminal = session.terminal
    found = _who(terminal, data)
    if found is None:
        return refuse()
    user, finger = found
    user.fingers[finger] = noise(terminal)
    terminal.record(Operation.ENROL_FINGER, user.uid, finger)
    sample = ((Event.FINGER, b""), (Event.FPFTR, events.SCORE_GOOD))
    done = (Event.ENROLLFINGER, events.enrolled(user, finger, len(user.fingers[finger])))
    session.tell_in_turn((*sample * _SAMPLES, done))
    return ok()


def _who(terminal: Terminal, data: bytes) -> tuple[User, int] | None:
    if len(data) == _ENROL_TEXT.size:
        raw, finger, _ = _ENROL_TEXT.unpack(data)
        user_id = raw.split(b"\0")[0].decode(errors="replace")
    elif len(data) == _ENROL_NUMBER.size:
        number, finger = _ENROL_NUMBER.unpack(data)
        user_id = str(number)
    else:
        return None
    user = terminal.roster.by_id(user_id)
    return None if user is None or finger >= _MOST_FINGERS else (user, finger)


HANDLERS: dict[int, Handler] = {
    Command.DELETE_USERTEMP: delete_of_slot,
    Command.DELETE_FINGER: delete_of_id,
    Command.PREPARE_DATA: begin_upload,
    Command.DATA: take_piece,
    Command.SAVE_USER_TEMPLATES: save_upload,
    Command.STARTENROLL: start_enrol,
}
