"""Subscribe, back-fill, live, reconcile: no punch lost, none made up, whatever the terminal does meanwhile."""

import struct
import time

import pytest

from gateway.errors import DriverError
from gateway.reading import ClockReading, Finding
from tests.drivers.zkteco import bytes_of
from tests.drivers.zkteco.bytes_of import JUNE, LEAD_IN, event_10, event_12, event_32, row_40, six
from tests.drivers.zkteco.conftest import drain, events, identities, people, punches, until
from tests.drivers.zkteco.scripted import OK, ScriptedTerminal

NOON = six(2026, 6, 1, 12)


def log_40(count: int, start: int = 0) -> bytes:
    return b"".join(row_40(str(1000 + n), JUNE + 60 * n) for n in range(start, start + count))


def counts(number: int, **more: int):
    return lambda terminal: bytes_of.sizes(number, **more)


LOGS = {
    "8a": (b"".join(bytes_of.row_8a(1 + n, JUNE + 60 * n) for n in range(300)), 300),
    "8b": (b"".join(bytes_of.row_8b(1 + n, JUNE + 60 * n) for n in range(300)), 300),
    "16": (b"".join(bytes_of.row_16(1001 + n, JUNE + 60 * n) for n in range(300)), 300),
    "40": (b"".join(row_40(str(1001 + n), JUNE + 60 * n) for n in range(300)), 300),
    "49": (b"".join(bytes_of.row_49(str(1001 + n), JUNE + 60 * n) for n in range(300)), 300),
    "lead-in": (b"".join(LEAD_IN + row_40(str(1001 + n), JUNE + 60 * n) for n in range(300)), 300),
}
USERS = b"".join(bytes_of.user_28(1 + n, 1001 + n) for n in range(300))


@pytest.mark.parametrize("udp", [False, True])
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("layout", LOGS)
def test_every_layout_arrives_whole_and_in_order(connect, layout, buffered, udp):
    body, count = LOGS[layout]
    counters = counts(count, users=300)
    chunk = 1024 if udp else 4096
    with ScriptedTerminal(
        log=body, users=USERS, counters=counters, buffered=buffered, udp=udp, chunk=chunk
    ) as terminal:
        found = drain(connect(terminal))
        assert people(found) == [str(1001 + n) for n in range(300)]
        assert events(found) == []
        source = "lookup" if layout.startswith("8") else "device"
        assert {reading.extra["id_source"] for reading in punches(found)} == {source}


@pytest.mark.parametrize("cut", [0, 1, 7, 23])
def test_events_between_and_within_the_frames_of_a_read_go_their_own_way(connect, cut):
    """What breaks pyzk (issues 86, 153, 164): events glued to replies, and frames in pieces."""
    count = iter(range(10_000))

    def noise(terminal, link):
        return bytes_of.top(bytes_of.packet(500, 1, 0, event_32(f"L{next(count)}", NOON))) if link.registered else b""

    with ScriptedTerminal(log=log_40(600), noise=noise, cut=cut) as terminal:
        found = drain(connect(terminal))
        sent = next(count)
        live = [reading.person for reading in punches(found) if reading.origin == "live"]
        logged = [reading.person for reading in punches(found) if reading.origin == "log"]
        assert live == [f"L{number}" for number in range(sent)]
        assert logged == [str(1000 + n) for n in range(600)]


def test_a_punch_is_the_same_live_and_in_the_log(connect):
    with ScriptedTerminal(log=log_40(3)) as terminal:
        driver = connect(terminal)
        before = drain(driver)
        terminal.punch(row_40("0042", bytes_of.packed(2026, 6, 1, 12), 1, 1), event_32("0042", NOON, 1, 1))
        live = drain(driver)
        assert [(one.person, one.local_time, one.direction, one.origin) for one in punches(live)] == [
            ("0042", "2026-06-01T12:00:00", "out", "live")
        ]
        driver.close()
        driver.open(None)
        assert identities(drain(driver)) == identities(before) | identities(live)


@pytest.mark.parametrize(
    ("payload", "users", "person", "source"),
    [
        (event_10(7, NOON), bytes_of.user_28(7, 1042), "1042", "lookup"),
        (event_10(7, NOON, tail=b"abcd"), bytes_of.user_28(7, 1042), "1042", "lookup"),
        (event_10(9, NOON), bytes_of.user_28(7, 1042), "uid-9", "unknown"),
        (event_12(1042, NOON), b"", "1042", "device"),
        (event_32("AB12", NOON, tail=bytes(5)), b"", "AB12", "device"),
    ],
)
def test_live_events_of_every_length(connect, payload, users, person, source):
    with ScriptedTerminal(users=users) as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.event(payload)
        (reading,) = punches(drain(driver))
        assert (reading.person, reading.extra["id_source"], reading.raw) == (person, source, payload)


def test_an_unknown_number_makes_us_look_at_the_users_once(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.users = bytes_of.user_28(7, 1042)
        terminal.event(event_10(7, NOON))
        terminal.event(event_10(8, NOON))
        terminal.event(event_10(8, six(2026, 6, 1, 12, 5)))
        assert people(drain(driver)) == ["1042", "uid-8", "uid-8"]
        assert terminal.commands()[1503] == 2 + 1  # and once the attendance log


def test_an_event_is_acknowledged_only_by_the_next_poll(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.event(event_32("1042", NOON))
        assert people(list(driver.poll(2))) == ["1042"]
        driver.read_clock()  # a round trip: an acknowledgement sent before it would have arrived
        assert terminal.acknowledged == 0
        driver.poll(0)
        terminal.wait(lambda: terminal.acknowledged == 1)


def test_two_punches_of_one_person_in_one_second(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        for _ in range(2):
            terminal.punch(row_40("7", bytes_of.packed(2026, 6, 1, 12)), event_32("7", NOON))
        found = drain(driver)
        assert [(one.origin, one.ordinal) for one in punches(found)] == [("live", 0), ("log", 0), ("log", 1)]
        terminal.wait(lambda: (driver.poll(0), terminal.acknowledged == 2)[1])


def test_an_event_that_comes_twice_is_one_punch(connect):
    """A doubled datagram, or a terminal that did not hear our acknowledgement in time."""
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.punch(row_40("7", bytes_of.packed(2026, 6, 1, 12)), event_32("7", NOON))
        terminal.event(event_32("7", NOON))
        assert len(identities(drain(driver))) == 1
        terminal.wait(lambda: (driver.poll(0), terminal.acknowledged == 2)[1])


def test_the_second_punch_of_a_second_whose_first_came_from_the_log(connect):
    """Live, it looks like the first; the log, read again, tells them apart."""
    with ScriptedTerminal(log=row_40("7", bytes_of.packed(2026, 6, 1, 12))) as terminal:
        driver = connect(terminal)
        found = drain(driver)
        terminal.punch(row_40("7", bytes_of.packed(2026, 6, 1, 12)), event_32("7", NOON))
        found += drain(driver)
        assert sorted(one[3] for one in identities(found)) == [0, 1]


def test_more_events_than_the_queue_holds_are_found_in_the_log(connect):
    rows = [row_40(f"P{n}", JUNE + n) for n in range(1500)]

    def burst(terminal, link, number, data):
        """All at once while the clock is asked, so that no poll can take any of them away."""
        terminal.log += b"".join(rows)
        packets = [bytes_of.packet(500, 1, 0, event_32(f"P{n}", NOON[:5] + bytes((n % 60,)))) for n in range(1500)]
        terminal.put(link, b"".join(bytes_of.top(packet) for packet in packets))
        terminal.reply(link, OK, number, struct.pack("<I", JUNE))

    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.answers[201] = burst
        driver.read_clock()
        del terminal.answers[201]
        found = until(driver, lambda found: "P499" in [one.person for one in punches(found) if one.origin == "log"])
        found += driver.poll(0)
        driver.read_clock()  # a round trip
        assert terminal.acknowledged == 1024
        found += drain(driver)
        live = [one for one in punches(found) if one.origin == "live"]
        assert len(live) == 1024
        assert [one.person for one in punches(found) if one.origin == "log"] == [f"P{n}" for n in range(1500)]
        driver.poll(0)
        terminal.wait(lambda: terminal.acknowledged == 1500)


def test_events_too_large_to_hold_are_found_in_the_log(connect):
    def burst(terminal, link, number, data):
        terminal.log += log_40(3)
        for _ in range(20):
            terminal.transmit(link, bytes_of.packet(500, 1, 0, bytes(100_000)))
        terminal.reply(link, OK, number, struct.pack("<I", JUNE))

    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.answers[201] = burst
        driver.read_clock()
        found = drain(driver)
        assert len(people(found)) == 3
        assert all(len(one.raw) <= 2048 for one in found if isinstance(one, Finding))
        assert 1 <= len(events(found)) <= 10


@pytest.mark.parametrize("udp", [False, True])
def test_a_damaged_event_is_found_in_the_log(connect, udp):
    with ScriptedTerminal(udp=udp) as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.log += row_40("7", JUNE)
        damaged = bytearray(bytes_of.packet(500, 1, 0, event_32("7", NOON)))
        damaged[-1] ^= 1
        terminal.transmit(terminal.links[0], bytes(damaged))
        assert people(until(driver, people)) == ["7"]


def test_an_event_of_unknown_length_is_kept_and_found_in_the_log(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.punch(row_40("7", JUNE), b"\x01" * 41)
        found = drain(driver)
        finding = next(report for report in found if isinstance(report, Finding))
        assert (finding.event, finding.raw, finding.key) == ("record-unreadable", b"\x01" * 41, None)
        assert people(found) == ["7"]


def test_alarms_are_evidence_and_no_punches(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal)
        drain(driver)
        terminal.event(struct.pack("<I", 0x37), code=512)
        terminal.event(event_12(1042, NOON), code=512)
        terminal.event(b"\0\0", code=4)
        found = until(driver, lambda found: len(found) == 3)
        assert events(found) == ["tamper-alarm", "duress-alarm", "users-changed"]
        assert found[1].raw == event_12(1042, NOON)
        assert people(found) == []


# the number of records


def test_somebody_punches_between_the_count_and_the_read(connect):
    """pyzk: every row garbage (facts §2.3). Here the log is read again, and all of it is right."""
    rows = iter([log_40(10), log_40(10)])

    def growing(terminal, link, number, data):
        terminal.log = next(rows)
        terminal.table(link, number, terminal.log)

    with ScriptedTerminal(log=log_40(9), answers={1503: growing}) as terminal:
        found = drain(connect(terminal))
        assert people(found) == [str(1000 + n) for n in range(10)]
        assert events(found) == []
        assert terminal.commands()[1503] == 2


def test_a_rush_that_never_ends_does_not_put_the_reading_off(connect):
    def growing(terminal, link, number, data):
        terminal.log += row_40("R", JUNE + len(terminal.log))
        terminal.table(link, number, terminal.log)

    with ScriptedTerminal(log=log_40(5), answers={1503: growing}) as terminal:
        found = drain(connect(terminal))
        assert people(found) == [str(1000 + n) for n in range(5)] + ["R"] * 3
        assert terminal.commands()[1503] == 3


@pytest.mark.parametrize("missing", [1, 40, 4096])
def test_a_read_that_comes_short_is_made_again(connect, missing):
    tries = iter(range(100))

    def short(terminal, link, number, data):
        start, size = struct.unpack("<ii", data)
        whole = link.buffer[start : start + size]
        terminal.chunks(link, number, whole if next(tries) else whole[:-missing])

    with ScriptedTerminal(log=log_40(300), answers={1504: short}) as terminal:
        found = drain(connect(terminal, timeout=0.4))
        assert people(found) == [str(1000 + n) for n in range(300)]


def test_a_length_that_is_not_what_came_is_never_decoded(connect):
    def lying(terminal, link, number, data):
        terminal.bulk(link, 1501, number, struct.pack("<I", 400) + log_40(9))

    with ScriptedTerminal(log=log_40(10), answers={1503: lying}) as terminal:
        driver = connect(terminal, reconcile=0.02)
        found = until(driver, events)
        assert people(found) == []
        assert events(found) == ["log-miscounted"]
        assert terminal.commands()[1503] == 3 * 3


def test_a_terminal_that_counts_wrongly_loses_nothing_and_is_reported(connect):
    with ScriptedTerminal(log=log_40(12), counters=counts(7)) as terminal:
        found = drain(connect(terminal))
        assert people(found) == [str(1000 + n) for n in range(12)]
        (finding,) = [report for report in found if isinstance(report, Finding)]
        assert (finding.event, finding.detail) == ("log-miscounted", {"told": 7, "handed_over": 12})


def test_a_terminal_that_does_not_count_is_read_all_the_same(connect):
    """issue 170: 112 bytes of counters, in which the records read 0."""
    with ScriptedTerminal(log=LOGS["49"][0], counters=counts(0, length=112)) as terminal:
        driver = connect(terminal, reconcile=0.2)
        assert len(people(drain(driver))) == 300
        until(driver, lambda _: looks_in_a_row(terminal) >= 4)  # one ends a read, one begins it: others led to none
        reads = terminal.commands()[1503]
        until(driver, lambda _: terminal.commands()[1503] > reads)


def looks_in_a_row(terminal) -> int:
    """The most looks at the counters between two reads."""
    history = "".join({50: "L", 1503: "R"}.get(command, "") for command, _ in terminal.seen)
    return max(len(run) for run in history.split("R"))


def test_a_log_of_no_known_layout_is_kept_as_evidence_once(connect):
    with ScriptedTerminal(log=b"\xa5" * 77, counters=counts(3)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        found = until(driver, lambda found: len(events(found)) >= 3)
        findings = [report for report in found if isinstance(report, Finding)]
        assert {finding.event for finding in findings} == {"record-unreadable"}
        assert len({finding.key for finding in findings}) == 1
        assert findings[0].raw == b"\xa5" * 77


def test_a_terminal_that_announces_a_gigabyte_is_not_believed(connect):
    def boasting(terminal, link, number, data):
        terminal.reply(link, OK, number, struct.pack("<BIII", 0, 1 << 30, 1 << 30, 0))

    failure = pytest.raises(DriverError, match="no terminal holds as much")
    with ScriptedTerminal(log=log_40(1), answers={1503: boasting}) as terminal, failure:
        drain(connect(terminal))


# reconciling


def test_a_punch_that_never_came_live_is_found_by_the_count(connect):
    with ScriptedTerminal(log=log_40(3)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        drain_once = until(driver, lambda found: len(people(found)) == 3)
        terminal.log += row_40("missed", JUNE + 999)
        found = until(driver, lambda found: "missed" in people(found))
        assert people(found) == ["missed"]
        assert events(drain_once + found) == []


def test_live_punches_that_add_up_need_no_second_read(connect):
    with ScriptedTerminal(log=log_40(3)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda found: len(people(found)) == 3)
        for number in range(5):
            terminal.punch(row_40("7", JUNE + 5000 + number), event_32("7", six(2026, 6, 1, 9, 23, 20 + number)))
        until(driver, lambda found: len(people(found)) == 5)
        looks = terminal.commands()[50]
        until(driver, lambda found: terminal.commands()[50] >= looks + 3)
        assert terminal.commands()[1503] == 1


def test_a_full_log_is_read_again_though_its_count_stands_still(connect):
    with ScriptedTerminal(log=log_40(10), counters=counts(10, capacity=10)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        first = until(driver, lambda found: len(people(found)) == 10)
        terminal.log = log_40(10, start=2)
        second = until(driver, lambda found: len(people(found)) >= 2)
        assert events(first) == ["log-full"]
        assert people(second) == ["1010", "1011"]
        assert events(second) == ["log-wrapped"]


def test_the_log_is_read_again_after_reread_whatever_the_count_says(connect):
    with ScriptedTerminal(log=log_40(9)) as terminal:
        driver = connect(terminal, reread=0.1)
        until(driver, lambda found: len(people(found)) == 9)
        terminal.log = log_40(8) + row_40("swapped", JUNE + 9999)
        found = until(driver, lambda found: "swapped" in people(found))
        assert events(found) == ["log-shrunk"]


def test_a_cleared_log_is_evidence(connect):
    with ScriptedTerminal(log=log_40(9)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda found: len(people(found)) == 9)
        terminal.log = b""
        found = until(driver, events)
        assert events(found) == ["log-cleared"]
        terminal.log = log_40(2, start=50)
        found = until(driver, people)
        assert people(found) == ["1050", "1051"]
        assert events(found) == []


def test_users_that_change_are_evidence_once(connect):
    with ScriptedTerminal(counters=counts(0, users=3)) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda found: terminal.commands()[50] >= 2)
        terminal.counters = counts(0, users=4)
        found = until(driver, events)
        looks = terminal.commands()[50]
        found += until(driver, lambda _: terminal.commands()[50] >= looks + 2)
        (finding,) = [report for report in found if isinstance(report, Finding)]
        assert (finding.event, finding.detail) == ("users-changed", {"users": [3, 4], "fingers": [3, 4]})


# trouble on the way


def test_what_was_found_before_the_connection_broke_is_handed_out_first(connect):
    """The counters told of new users, then the log was asked for and the line was dead."""
    with ScriptedTerminal(log=log_40(3)) as terminal:
        driver = connect(terminal, reconcile=0.05, timeout=0.3)
        until(driver, lambda _: terminal.commands()[50] >= 3)
        terminal.answers[1503] = lambda *_: None
        terminal.counters = counts(3, users=9)
        terminal.answers[50] = lambda device, link, number, _: device.reply(
            link, OK, number, counts(9, users=9)(device)
        )
        found = until(driver, events)
        assert events(found) == ["users-changed"]
        with pytest.raises(DriverError, match="stopped answering"):
            drain(driver)


def test_a_flood_of_unreadable_events_does_not_have_the_log_read_over_and_over(connect):
    def slow(terminal, link, number, data):
        time.sleep(0.4)
        terminal.table(link, number, terminal.log)

    with ScriptedTerminal(log=log_40(3), answers={1503: slow}) as terminal:
        driver = connect(terminal)
        drain(driver)
        for _ in range(20):
            terminal.event(b"?" * 41)
            until(driver, events)
        assert terminal.commands()[1503] == 2


# from one session to the next


def last_cursor(reports) -> str:
    return [one.cursor for one in punches(reports) if one.cursor][-1]


def test_after_a_cursor_only_what_is_new_and_some_overlap(connect):
    with ScriptedTerminal(log=log_40(2000)) as terminal:
        driver = connect(terminal)
        cursor = last_cursor(drain(driver))
        driver.close()
        terminal.log += row_40("new", JUNE - 9)
        driver.open(cursor)
        found = people(drain(driver))
        assert found[-1] == "new"
        assert len(found) == 501


def test_a_number_that_changes_hands_while_we_watch(connect):
    """The old holder's punch keeps its name in every later read, the new holder's has the new one at once."""
    with ScriptedTerminal(users=bytes_of.user_28(7, 1042), counters=eights) as terminal:
        driver = connect(terminal, reread=0.3)
        drain(driver)
        terminal.punch(bytes_of.row_8a(7, JUNE + 1), event_10(7, six(2026, 6, 1, 8, 0, 1)))
        first = until(driver, people)
        terminal.users = bytes_of.user_28(7, 2001)
        terminal.event(b"\0\0", code=4)
        terminal.punch(bytes_of.row_8a(7, JUNE + 2), event_10(7, six(2026, 6, 1, 8, 0, 2)))
        second = until(driver, people)
        assert (people(first), people(second)) == (["1042"], ["2001"])
        again = until(driver, lambda found: len(people(found)) >= 2)
        assert identities(again) == identities(first) | identities(second)


def test_a_number_that_changes_hands_without_a_word_shows_in_the_counters(connect):
    with ScriptedTerminal(users=bytes_of.user_28(7, 1042), counters=eights) as terminal:
        driver = connect(terminal, reconcile=0.05)
        drain(driver)
        terminal.punch(bytes_of.row_8a(7, JUNE + 1), event_10(7, six(2026, 6, 1, 8, 0, 1)))
        assert people(until(driver, people)) == ["1042"]
        terminal.users = bytes_of.user_28(7, 2001) + bytes_of.user_28(8, 2002)
        terminal.counters = lambda device: bytes_of.sizes(len(device.log) // 8, users=2)
        assert events(until(driver, events)) == ["users-changed"]
        terminal.punch(bytes_of.row_8a(7, JUNE + 2), event_10(7, six(2026, 6, 1, 8, 0, 2)))
        assert people(until(driver, people)) == ["2001"]


def eights(terminal):
    return bytes_of.sizes(len(terminal.log) // 8, users=1)


def test_a_log_of_bare_numbers_is_not_named_twice(connect):
    """A number that changed hands while nobody looked must not give old punches to the new holder."""
    body, _ = LOGS["8a"]
    with ScriptedTerminal(log=body, users=USERS, counters=counts(300, users=300)) as terminal:
        driver = connect(terminal)
        cursor = last_cursor(drain(driver))
        driver.close()
        terminal.users = b"".join(bytes_of.user_28(1 + n, 9001 + n) for n in range(300))
        terminal.log = body + bytes_of.row_8a(1, JUNE + 99_999)
        terminal.counters = counts(301, users=300)
        driver.open(cursor)
        assert people(drain(driver)) == ["9001"]


def test_another_terminal_at_the_same_address_starts_afresh(connect):
    with ScriptedTerminal(log=log_40(900)) as terminal:
        driver = connect(terminal)
        cursor = last_cursor(drain(driver))
        driver.close()
        terminal.serial = "OTHER"
        driver.open(cursor)
        found = drain(driver)
        assert events(found) == ["serial-changed"]
        assert {one.serial for one in punches(found)} == {"OTHER"}
        assert len(people(found)) == 900


def test_other_firmware_is_evidence(connect):
    with ScriptedTerminal(log=log_40(5)) as terminal:
        driver = connect(terminal)
        cursor = last_cursor(drain(driver))
        driver.close()
        terminal.firmware = "Ver 8.0"
        driver.open(cursor)
        assert events(drain(driver)) == ["firmware-changed"]


@pytest.mark.parametrize("since", ["", "null", "{}", '{"serial":3}', "x" * 1000, "[1]"])
def test_a_cursor_that_is_none_means_the_whole_log(connect, since):
    with ScriptedTerminal(log=log_40(5)) as terminal:
        assert len(people(drain(connect(terminal, since)))) == 5


def test_batches_are_small_and_live_punches_do_not_wait_for_the_log(connect):
    with ScriptedTerminal(log=log_40(2600)) as terminal:
        driver = connect(terminal)
        assert isinstance(driver.poll(0)[0], ClockReading)
        assert len(driver.poll(0)) == 500
        terminal.event(event_32("now", NOON))
        batches = []
        terminal.wait(lambda: (batches.append(people(list(driver.poll(0)))), batches[-1][:1] == ["now"])[1])
        assert len(batches) < 5
        assert all(len(batch) <= 500 for batch in batches)


def test_nothing_says_that_the_log_is_read_before_all_of_it_is_handed_out(connect):
    """A gateway that dies half-way goes on from where it was; looks at the clock come in between, and go on after."""
    with ScriptedTerminal(log=log_40(1800)) as terminal:
        driver = connect(terminal, clock_every=0.001)
        handed_out, looks, after = 0, 0, []
        while not after:
            for report in driver.poll(0.01):
                handed_out += len(punches([report]))
                looks += isinstance(report, ClockReading)
                assert report.cursor is None or handed_out == 1800
                after += [report] if isinstance(report, ClockReading) and report.cursor else []
        assert looks >= 4


def test_progress_of_a_long_read_can_be_seen_from_another_thread(connect):
    seen = []

    def watching(terminal, link):
        seen.append(driver.status().progress)
        return b""

    with ScriptedTerminal(log=log_40(2000), noise=watching) as terminal:
        driver = connect(terminal)
        drain(driver)
        assert any(text.endswith("/80004 bytes") and text.startswith("reading log ") for text in seen)
        assert driver.status().progress == ""
        assert driver.status().records == 2000


@pytest.mark.parametrize(("before", "after", "word"), [(0, 0, "log-cleared"), (3, 3, "log-shrunk")])
def test_punches_that_came_live_and_were_deleted_before_the_log_was_read_again(connect, before, after, word):
    with ScriptedTerminal(log=b"".join(row_40(str(n), JUNE + n) for n in range(1, before + 1))) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 3)
        for number in (1, 2):
            terminal.punch(row_40("7", JUNE + 5000 + number), event_32("7", six(2026, 6, 1, 9, 23, 20 + number)))
        until(driver, lambda found: len(people(found)) == 2)
        looks = terminal.commands()[50]
        until(driver, lambda _: terminal.commands()[50] >= looks + 2)
        terminal.log = terminal.log[: after * 40]
        (found,) = [one for one in until(driver, events) if isinstance(one, Finding)]
        assert found.event == word
        assert found.detail == {"before": before + 2, "now": after, "gone": 2}


def test_a_count_that_was_too_high_takes_nothing_away(connect):
    """A terminal that tells too many for a while: what we know of is all still there."""

    def too_many(terminal):
        return bytes_of.sizes(5 + len(terminal.log) // 40)

    honest = ScriptedTerminal.counters
    with ScriptedTerminal(log=row_40("1", JUNE), counters=too_many) as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 5)
        terminal.punch(row_40("7", JUNE + 5000), event_32("7", six(2026, 6, 1, 9, 23, 20)))
        until(driver, people)
        found = []
        for counters in (honest, too_many, honest):
            looks = terminal.commands()[50]
            found += until(driver, lambda _, looks=looks: terminal.commands()[50] >= looks + 2)
            reads = terminal.commands()[1503]
            terminal.counters = counters
            found += until(driver, lambda _, reads=reads: terminal.commands()[1503] > reads)
        assert set(events(found)) <= {"log-miscounted"}


def test_a_punch_that_the_terminal_told_of_but_never_kept_was_not_deleted(connect):
    with ScriptedTerminal() as terminal:
        driver = connect(terminal, reconcile=0.05)
        until(driver, lambda _: terminal.commands()[50] >= 3)
        reads = terminal.commands()[1503]
        terminal.event(event_32("7", NOON))
        found = until(driver, lambda _: terminal.commands()[1503] > reads + 1 or terminal.commands()[50] > 20)
        assert (people(found), events(found)) == (["7"], [])
