"""Every layout of log rows, users and events: against captures where there are any, else written out."""

import struct

import pytest

from simulators.zkteco import Profile, ProfileError, clock, events, records
from simulators.zkteco.log import Deed, Punch
from simulators.zkteco.profile import changed
from simulators.zkteco.profiles import PROFILES
from simulators.zkteco.roster import User

NEW_YEAR = clock.stamp_of(2016, 1, 1, 19, 2)
PUNCH = Punch(uid=7, user_id="1042", verify=1, state=4, stamp=NEW_YEAR, workcode=9)
TIME = "a8eba71e"
ROW_40 = "0700" + "31303432".ljust(48, "0") + "01" + TIME + "04" + "00000000ff000000"
LEAD = "ff3235350000000000"


def rows(layout: str, *punches: Punch) -> str:
    return b"".join(records.ATTLOG_LAYOUTS[layout](punches)).hex()


def test_a_row_captured_from_an_ma300() -> None:
    assert rows("8B", Punch(uid=7, user_id="7", verify=1, state=0, stamp=NEW_YEAR)) == "07002800a8eba71e"


def test_a_row_captured_in_16_bytes() -> None:
    captured = "15000000ec154f230000000000000000"
    assert rows("16", Punch(uid=1, user_id="21", verify=0, state=0, stamp=0x234F15EC)) == captured


@pytest.mark.parametrize(
    ("layout", "row"),
    [
        ("8A", "0700" + "01" + TIME + "04"),
        ("8B", "0700" + "2c" + "00" + TIME),
        ("16", "12040000" + TIME + "04" + "01" + "0000" + "09000000"),
        ("40", ROW_40),
        ("40-lead", LEAD + ROW_40),
        ("49", ROW_40 + "00" * 9),
        ("49-lead", LEAD + ROW_40),
    ],
)
def test_one_row(layout: str, row: str) -> None:
    assert rows(layout, PUNCH) == row


def test_where_the_lead_in_stands_with_two_rows() -> None:
    assert rows("40-lead", PUNCH, PUNCH) == LEAD + ROW_40 * 2
    assert rows("49-lead", PUNCH, PUNCH) == (LEAD + ROW_40) * 2


def test_codes_that_do_not_fit_into_the_flags_lose_their_upper_bits() -> None:
    assert rows("8B", PUNCH._replace(state=255, verify=15))[4:6] == "3f"


def test_short_rows_count_from_the_last_long_one() -> None:
    later = [PUNCH._replace(stamp=NEW_YEAR + seconds) for seconds in (0, 30, 3600, 3601, 3660, 3500)]
    data = bytes.fromhex(rows("8B-short", *later))
    seen = [(flags >> 5, time) for _, flags, _, time in struct.iter_unpack("<HBBI", data)]
    again = NEW_YEAR + 3601
    assert seen == [(1, NEW_YEAR), (0, 30), (0, 3600), (1, again), (0, 59), (1, NEW_YEAR + 3500)]


def test_users_in_both_layouts() -> None:
    user = User(uid=7, user_id="1042", name="Siti Rahmawati", privilege=14, card=0x04A1B2C3, group=2)
    user.password = "12345678"  # noqa: S105  what people type on a keypad
    assert records.user_28(user) == struct.pack("<HB5s8sIBBHI", 7, 14, b"12345", b"Siti Rah", 0x04A1B2C3, 0, 2, 0, 1042)
    long = records.user_72(user)
    assert (len(long), long[3:11], long[11:35].rstrip(b"\0")) == (72, b"12345678", b"Siti Rahmawati")
    assert (long[39], long[48:52]) == (2, b"1042")
    assert records.user_from_72(long) == user
    assert records.user_from_28(records.user_28(user)).user_id == "1042"


def test_a_name_of_many_bytes_ends_in_a_nul() -> None:
    assert records.user_72(User(1, "1", name="é" * 30))[34] == 0


def test_a_deed() -> None:
    assert records.deed_16(Deed(21, NEW_YEAR, (1, 2, 3, 4))).hex() == "0000" + "1500" + TIME + "0100020003000400"


def test_an_event_captured_from_a_qf_001() -> None:
    captured = "3131343030363400000000000000000000000000000000000f00120b1d0c3703"
    punch = Punch(uid=1, user_id="1140064", verify=15, state=0, stamp=clock.stamp_of(2018, 11, 29, 12, 55, 3))
    assert events.attlog(punch, 32).hex() == captured


@pytest.mark.parametrize(
    ("length", "event"),
    [
        (10, "0700" + "01" + "14" + "100101130200"),
        (12, "12040000" + "01" + "04" + "100101130200"),
        (14, "0700" + "01" + "14" + "100101130200" + "00000000"),
        (32, "31303432".ljust(48, "0") + "01" + "04" + "100101130200"),
        (37, "31303432".ljust(48, "0") + "01" + "04" + "100101130200" + "00" * 5),
        (52, "31303432".ljust(48, "0") + "01" + "04" + "100101130200" + "00" * 20),
        (25, "31303432".ljust(48, "0") + "01"),
    ],
)
def test_events_of_every_length(length: int, event: str) -> None:
    assert events.attlog(PUNCH, length).hex() == event


def test_alarms() -> None:
    assert {kind: (len(data), data[0]) for kind, data in events.ALARMS.items()} == {
        "exit-button": (4, 0x35),
        "tamper": (4, 0x37),
        "misoperation": (4, 0x3A),
        "door-closed": (8, 0x54),
    }
    assert events.person_alarm("duress", User(7, "1042"), 1).hex() == "ffffffff" + "2000" + "0700" + "01000000"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("attlog_layout=41", "attlog_layout must be one of 8A, 8B"),
        ("user_length=30", "user_length must be one of 28, 72"),
        ("event_length=0", "event_length must be 1 to 1000"),
        ("event_length=x", "event_length must be a number"),
        ("sizes_length=40", "sizes_length must be 80 to 512"),
        ("buffered_read=yes", "buffered_read must be true or false"),
        ("name=other", "name must be one of tcp, udp,"),
        ("tcp", "tcp must be true or false"),
    ],
)
def test_a_profile_that_cannot_be_says_why(assignment: str, message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        changed(PROFILES["tft-tcp"], [assignment])


def test_a_profile_without_any_transport_cannot_be() -> None:
    with pytest.raises(ProfileError, match="at least one"):
        Profile(name="deaf", tcp=False, udp=False)


def test_profiles_are_changed_by_key_and_value() -> None:
    made = changed(PROFILES["tft-tcp"], ["event_length=33", "count_reported=false", "attlog_layout=49"])
    assert (made.event_length, made.count_reported, made.attlog_layout) == (33, False, "49")
    assert made.name == "tft-tcp"
