"""Numbers of the ZKTeco pull protocol (vendor's communication manual of 2006, checked against captures)."""

from enum import IntEnum, IntFlag


class Command(IntEnum):
    """First word of a request."""

    DB_RRQ = 7
    USER_WRQ = 8
    USERTEMP_RRQ = 9
    OPTIONS_RRQ = 11
    OPTIONS_WRQ = 12
    ATTLOG_RRQ = 13
    CLEAR_DATA = 14
    CLEAR_ATTLOG = 15
    DELETE_USER = 18
    DELETE_USERTEMP = 19
    CLEAR_ADMIN = 20
    UNLOCK = 31
    CLEAR_OPLOG = 33
    OPLOG_RRQ = 34
    GET_FREE_SIZES = 50
    ENABLE_CLOCK = 57
    STARTVERIFY = 60
    STARTENROLL = 61
    CANCELCAPTURE = 62
    STATE_RRQ = 64
    WRITE_LCD = 66
    CLEAR_LCD = 67
    GET_PINWIDTH = 69
    GET_TEMPLATE = 88
    SAVE_USER_TEMPLATES = 110
    DELETE_FINGER = 134
    GET_TIME = 201
    SET_TIME = 202
    REG_EVENT = 500
    CONNECT = 1000
    EXIT = 1001
    ENABLEDEVICE = 1002
    DISABLEDEVICE = 1003
    RESTART = 1004
    POWEROFF = 1005
    REFRESHDATA = 1013
    REFRESHOPTION = 1014
    TESTVOICE = 1017
    GET_VERSION = 1100
    AUTH = 1102
    PREPARE_DATA = 1500
    DATA = 1501
    FREE_DATA = 1502
    DATA_WRRQ = 1503
    DATA_RDY = 1504


class Ack(IntEnum):
    """First word of a reply that carries no bulk data."""

    OK = 2000
    ERROR = 2001
    DATA = 2002
    UNAUTH = 2005
    UNKNOWN = 0xFFFF


class Event(IntFlag):
    """What a client may subscribe to with REG_EVENT; also the code in the session field of an event."""

    ATTLOG = 1
    FINGER = 2
    ENROLLUSER = 4
    ENROLLFINGER = 8
    BUTTON = 16
    UNLOCK = 32
    VERIFY = 128
    FPFTR = 256
    ALARM = 512


class Operation(IntEnum):
    """Codes of the operation log that this terminal writes (vendor's push manual, appendix 3)."""

    POWER_ON = 0
    POWER_OFF = 1
    ALARM = 3
    SET_OPTION = 5
    ENROL_FINGER = 6
    DELETE_USER = 9
    CLEAR_DATA = 13
    SET_TIME = 21
    FACTORY_RESET = 22
    DELETE_LOG = 23
    ENROL_USER = 30


VERIFY = {"password": 0, "finger": 1, "card": 2, "face": 15, "palm": 25, "other": 200}
"""How a person was recognised, as the pull protocol counts it (the push protocol counts otherwise)."""

STATE = {"in": 0, "out": 1, "break_out": 2, "break_in": 3, "overtime_in": 4, "overtime_out": 5, "none": 255}
"""Which way a person went."""
