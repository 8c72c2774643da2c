"""Firmware whose live events name a slot while its log names people, or the other way round: one punch, one fact."""

import struct
from collections.abc import Callable

import pytest

from gateway.punch import identity
from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE, event_10, event_12, packed, row_8a, row_16, six, user_28
from tests.drivers.zkteco.conftest import drain, punches, until
from tests.drivers.zkteco.scripted import ScriptedTerminal

NOON, NOON_PACKED = six(2026, 6, 1, 12), packed(2026, 6, 1, 12)
BY_PERSON, BY_SLOT = row_16(1001, JUNE), row_8a(1, JUNE)
USERS = user_28(1, 1001) + user_28(7, 1042)
Counters = Callable[[ScriptedTerminal], bytes]


def counted(size: int) -> Counters:
    """Counters of a terminal whose records have so many bytes."""
    return lambda terminal: bytes_of.sizes(len(terminal.log) // size, users=len(terminal.users) // 28)


def reread(connect, terminal):
    """Everything, as a session of a gateway that starts anew finds it."""
    return {identity(reading) for reading in punches(drain(connect(terminal)))}


@pytest.mark.parametrize(
    ("past", "row", "event", "source"),
    [
        (BY_PERSON, row_16(1042, NOON_PACKED), event_10(7, NOON), {"uid": 7, "id_source": "lookup"}),
        (BY_PERSON, row_16(1042, NOON_PACKED), event_10(7, NOON, tail=b"abcd"), {"uid": 7, "id_source": "lookup"}),
        (BY_SLOT, row_8a(7, NOON_PACKED), event_12(1042, NOON), {"uid": 7, "id_source": "lookup"}),
    ],
    ids=["slot in 10 bytes", "slot in 14 bytes", "person in 12 bytes"],
)
def test_an_event_and_its_record_are_one_fact(connect, past, row, event, source):
    with ScriptedTerminal(log=past, users=USERS, counters=counted(len(past))) as terminal:
        driver = connect(terminal)
        (before,) = punches(drain(driver))
        terminal.punch(row, event)
        (live,) = punches(until(driver, punches))
        assert (live.person, live.origin) == ("1042", "live")
        assert source.items() <= live.extra.items()
        assert reread(connect, terminal) == {identity(before), identity(live)}


@pytest.mark.parametrize(
    ("past", "row", "event"),
    [
        (BY_PERSON, row_16(1042, NOON_PACKED), event_10(99, NOON)),
        (BY_SLOT, row_8a(7, NOON_PACKED), event_12(2099, NOON)),
    ],
    ids=["slot", "person"],
)
def test_whom_the_event_names_in_vain_the_log_tells(connect, past, row, event):
    with ScriptedTerminal(log=past, users=USERS, counters=counted(len(past))) as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.punch(row, event)
        found = until(driver, lambda reports: any(one.person == "1042" for one in punches(reports)))
        assert {one.origin for one in punches(found)} == {"log"}
        assert len(reread(connect, terminal)) == 2


def test_a_person_who_got_another_slot_is_found_there(connect):
    """The old slot is free, and would be another fact."""
    with ScriptedTerminal(log=BY_SLOT, users=USERS, counters=counted(8)) as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.users = user_28(1, 1001) + user_28(9, 1042)
        terminal.event(b"\0\0\0\0", code=4)  # EF_ENROLLUSER (V p.14)
        terminal.punch(row_8a(9, NOON_PACKED), event_12(1042, NOON))
        (live,) = punches(until(driver, punches))
        assert (live.person, live.extra["uid"], live.origin) == ("1042", 9, "live")
        assert identity(live) in reread(connect, terminal)


def test_a_live_punch_is_not_left_without_a_name_because_the_user_list_fails_once(connect):
    """Of a slot that is met for the first time: the log, read again, names it."""
    fails = iter([True])

    def users(device, link, number, data):
        table = device.users if struct.unpack_from("<h", data, 1)[0] == 9 else device.log
        if table is device.users and next(fails, False):
            device.bulk(link, 1501, number, struct.pack("<I", len(table)) + table[:-3])
        else:
            device.table(link, number, table)

    with ScriptedTerminal(users=USERS, counters=counted(8), answers={1503: users}) as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.punch(row_8a(7, NOON_PACKED), event_10(7, NOON))
        (told,) = punches(until(driver, punches))
        assert (told.person, told.extra["id_source"]) == ("1042", "lookup")
