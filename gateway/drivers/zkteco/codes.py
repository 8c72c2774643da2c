"""Numbers of the protocol and what they mean to us."""

from gateway.reading import Direction, Method

# commands and replies (V p.5-8)
CONNECT, EXIT, AUTH, GET_VERSION, GET_OPTION = 1000, 1001, 1102, 1100, 11
GET_TIME, SET_TIME, REFRESH_DATA = 201, 202, 1013
USERS, ATTLOG, OPLOG = 9, 13, 34
SIZES = 50
EVENT = 500
PREPARE_BUFFER, READ_BUFFER, FREE_BUFFER = 1503, 1504, 1502
PREPARE_DATA, DATA = 1500, 1501
ACK_OK, ACK_ERROR, ACK_UNAUTH = 2000, 2001, 2005

FCT_USERS = 5
"""Second argument of a buffered read of the user list (rec:49-57); 0 for the attendance log."""

# event codes: bits of the mask of REG_EVENT, and the session field of an event frame (rt; V p.19)
EF_ATTLOG, EF_ENROLL_USER, EF_ENROLL_FINGER, EF_ALARM = 1, 4, 8, 512
WANTED_EVENTS = EF_ATTLOG | EF_ENROLL_USER | EF_ENROLL_FINGER | EF_ALARM

# alarms: first word of an EF_ALARM event (rt:54-90)
ALARM_EXIT_BUTTON, ALARM_TAMPER, ALARM_MISOPERATION = 0x35, 0x37, 0x3A

_METHODS: dict[int, Method] = {0: "password", 1: "finger", 2: "card", 3: "password", 4: "card", 15: "face", 25: "palm"}
_DIRECTIONS: dict[int, Direction] = {
    0: "in",
    1: "out",
    2: "break_out",
    3: "break_in",
    4: "overtime_in",
    5: "overtime_out",
}
KNOWN_VERIFY = frozenset(_METHODS)
KNOWN_STATE = frozenset((*_DIRECTIONS, 255))
"""255: the terminal has no in/out keys."""


def method(verify: int) -> Method:
    """How a person proved who they are: 0 password, 1 finger, 2 card (V p.18), the rest as newer firmware has it."""
    return _METHODS.get(verify, "other")


def direction(state: int) -> Direction:
    """The key pressed at the terminal (V p.18); `none` for 255 and for numbers nobody has explained."""
    return _DIRECTIONS.get(state, "none")
