# The flash log: bytes in, the same bytes out; power cuts at every step; forks; damage.

import os

from flash import Flash, check_chain, open_log, tap

from firmware.log import segment
from firmware.log.flashlog import FlashLog, LogFull

FOLDER = ""
UID = "04A1B2C3D4E5%02X"


def fresh(blocks=64):
    return Flash(FOLDER + "/nor.bin", blocks)


def subjects(entries):
    return [event["subject"][5:] for event in entries if event["type"] == "ketuk.punch.v1"]


def test_entries_come_back_byte_for_byte_across_segments_and_a_reboot():
    flash = fresh()
    log = open_log()
    for number in range(150):
        assert tap(log, UID % number) == number + 1
    head, logid = log.head, log.logid
    flash.power()
    log = open_log()
    assert (log.head, log.logid, log.next) == (head, logid, 151)
    assert subjects(check_chain(log)) == [UID % number for number in range(150)]
    assert log.read(148, 8)[0][0] == 149 and log.read(64, 1)[0][0] == 65
    flash.close()


def test_five_thousand_entries_fit_in_960_kilobytes():
    flash = fresh(240)
    log = open_log()
    for number in range(5000):
        tap(log, UID % (number & 0xFF))
    assert log.next == 5001 and log.fill == 100
    try:
        tap(log, UID % 1)
        raise AssertionError("an entry above the capacity was taken")
    except LogFull:
        pass
    assert log.append("audit", {"event": "disk-full", "detail": {}}, "2026-01-19T07:28:01+07:00", spare=True) == 5001
    free = os.statvfs("/flash")
    print("blocks_free", free[3], "of", free[2])
    flash.close()


def test_confirmed_segments_are_deleted_and_nothing_else():
    flash = fresh()
    log = open_log()
    for number in range(200):
        tap(log, UID % number)
    log.confirm(130)
    log.forget(most=9)
    assert 64 < log.oldest <= 131
    assert subjects(check_chain(log)) == [UID % number for number in range(log.oldest - 1, 200)]
    log.confirm(200)
    log.forget(most=9)
    head = log.head
    flash.power()
    log = open_log()
    assert log.next == 201 and log.head == head, "the newest segment keeps sequence and chain"
    assert tap(log, UID % 200) == 201
    flash.close()


def test_marks_survive_and_never_exceed_the_log():
    flash = fresh()
    log = open_log()
    for number in range(10):
        tap(log, UID % number)
    log.publish_mark(8)
    log.confirm(5)
    log.save_marks("2026-01-19T07:28:01+07:00")
    flash.power()
    log = open_log()
    assert (log.published, log.confirmed, log.time) == (8, 5, "2026-01-19T07:28:01+07:00")
    os.remove("/flash/log/marks")
    flash.power()
    log = open_log()
    assert (log.published, log.confirmed, log.next) == (0, 0, 11), "losing the marks costs a re-send only"
    flash.close()


def test_hash_of_names_every_entry_that_is_held():
    from contract.chain import GENESIS, entry_hash

    flash = fresh()
    log = open_log()
    for number in range(100):
        tap(log, UID % number)
    hashes = [GENESIS] + [entry_hash(raw) for _, _, raw in log.read(0, 100)]
    assert [log.hash_of(number) for number in range(101)] == hashes
    log.confirm(90)
    log.forget()
    assert log.hash_of(log.oldest - 2) is None and log.hash_of(log.oldest - 1) == hashes[log.oldest - 1]
    assert log.hash_of(101) is None
    flash.close()


# What a run up to a power cut promised, and what it may have done besides.
class Work:
    def __init__(self):
        self.promised = [UID % number for number in range(14)]
        self.tried = None
        self.confirmed = 0

    def tap(self, log, number):
        self.tried = UID % number
        tap(log, self.tried)
        self.promised.append(self.tried)
        self.tried = None


def appends_rotate_and_compact(work, log):
    for number in range(12):
        work.tap(log, 100 + number)
        if number == 6:
            log.publish_mark(log.next - 1)
            work.confirmed = 10
            log.confirm(10)
            log.save_marks("2026-01-19T07:28:01+07:00")
            log.forget()
    assert log.oldest > 1 and len(log.read(0, 64)) > 8


def fork_and_carry(work, log):
    log.fork("the centre's hash differs")
    event, detail = log.findings.pop(0)
    log.append("audit", {"event": event, "detail": detail}, "2026-01-19T07:28:01+07:00", spare=True)
    number = 0
    while log.carry(3):
        if number < 4:
            work.tap(log, 100 + number)
        number += 1


# Run `work_on` again and again over the same 14 entries, each time with power gone at a later step, until it ends.
def cut_everywhere(work_on, confirmed):
    segment.ENTRIES = 8
    flash = fresh(40)
    log = open_log()
    for number in range(14):
        tap(log, UID % number)
    log.confirm(confirmed)
    log.save_marks("2026-01-19T07:28:01+07:00")
    flash.save()
    cut, done = 0, False
    while not done:
        cut += 1
        for torn in (True, False):
            flash.device.close()
            flash.restore()
            work = Work()
            work.confirmed = confirmed
            try:
                flash.power(cut, torn)
                work_on(work, open_log())
                done = not flash.device.dead
            except OSError:
                assert flash.device.dead
                done = False
            flash.power()
            check_after_cut(work)
            if torn:
                flash.power()
                check_after_cut(work)  # mending is itself safe to repeat
    print("power was cut at each of", cut, "steps")
    assert cut > 10
    segment.ENTRIES = 64
    flash.close()


def check_after_cut(work):
    log = open_log()
    while log.carry():
        pass
    held = subjects(check_chain(log))
    assert len(set(held)) == len(held), "an entry is held twice"
    for uid in work.promised[work.confirmed :]:
        assert uid in held, "a promised entry was lost: " + uid
    for uid in held:
        assert uid in work.promised or uid == work.tried, "an entry was invented: " + uid
    for event, _ in log.findings:
        assert event in ("log-created", "log-forked"), event


def test_power_cut_at_every_step_of_append_rotate_mark_and_delete():
    cut_everywhere(appends_rotate_and_compact, 0)


def test_power_cut_at_every_step_of_a_fork_and_its_carrying_over():
    cut_everywhere(fork_and_carry, 5)


def test_power_cut_at_every_step_of_the_first_start():
    flash = fresh(16)
    flash.save()
    cut = 0
    done = False
    while not done:
        cut += 1
        for torn in (True, False):
            flash.device.close()
            flash.restore()
            promised = 0
            try:
                flash.power(cut, torn)
                log = open_log()
                tap(log, UID % 1)
                promised = 1
                done = not flash.device.dead
            except OSError:
                assert flash.device.dead
                done = False
            flash.power()
            log = open_log()
            assert promised <= len(check_chain(log)) <= 1
    assert cut > 4
    flash.close()


def test_a_fork_keeps_ids_and_leaves_checkpoints_behind():
    flash = fresh()
    log = open_log()
    for number in range(5):
        tap(log, UID % number)
    log.append("checkpoint", {"sequence": "x"}, "2026-01-19T07:28:01+07:00")
    tap(log, UID % 9)
    log.confirm(2)
    old, ids = log.logid, [event["id"] for event in check_chain(log)]
    log.fork("the centre's hash differs")
    assert log.logid != old and log.next == 1 and log.findings[0][0] == "log-forked"
    assert log.findings[0][1]["previous"]["through"] == 2
    while log.carry():
        pass
    entries = check_chain(log)
    assert [event["id"] for event in entries] == ids[2:5] + ids[6:]
    assert os.listdir("/flash/log") == ["0002-" + log.logid.split(".")[1]], os.listdir("/flash/log")
    flash.close()


# Flip one bit of an entry in the middle of a segment file.
def rot(path, at):
    with open(path, "rb") as file:
        held = bytearray(file.read())
    held[at] ^= 1
    with open(path, "wb") as file:
        file.write(held)


def segments(log):
    folder = "/flash/log/" + [name for name in os.listdir("/flash/log") if name != "marks"][-1]
    return [folder + "/" + name for name in sorted(os.listdir(folder))]


def test_a_rotten_byte_costs_one_entry_and_is_seen():
    flash = fresh()
    log = open_log()
    for number in range(10):
        tap(log, UID % number)
    path = segments(log)[0]
    rot(path, os.stat(path)[6] // 2)
    flash.power()
    log = open_log()
    held = [sequence for sequence, _, _ in log.read(0, 64)]
    assert len(held) == 9 and held[-1] == 10
    missing = next(number for number in range(1, 11) if number not in held)
    assert log.damaged == (missing, missing), log.damaged
    log.fork("entries became unreadable")
    while log.carry():
        pass
    assert len(check_chain(log)) == 9
    flash.close()


def test_an_unreadable_newest_segment_opens_a_new_epoch_and_keeps_the_rest():
    flash = fresh()
    log = open_log()
    for number in range(70):
        tap(log, UID % number)
    old = log.logid
    with open(segments(log)[-1], "wb") as file:
        file.write(b"\x00" * 100)
    flash.power()
    log = open_log()
    assert log.logid != old
    words = [event for event, _ in log.findings]
    assert words == ["log-forked", "log-damaged"], words
    while log.carry():
        pass
    assert 60 <= len(check_chain(log)) < 70
    flash.close()


def test_a_torn_tail_is_dropped_and_nothing_is_written_behind_it():
    flash = fresh()
    log = open_log()
    for number in range(3):
        tap(log, UID % number)
    path = segments(log)[0]
    with open(path, "ab") as file:
        file.write(b"\x1e\x70\x00half")
    flash.power()
    log = open_log()
    assert log.findings == [("torn-tail", {"segment": 1, "bytes": 7})], log.findings
    assert tap(log, UID % 3) == 4
    assert len(segments(log)) == 2
    assert subjects(check_chain(log)) == [UID % number for number in range(4)]
    flash.close()


def test_marks_above_the_end_mean_that_entries_were_lost():
    flash = fresh()
    log = open_log()
    for number in range(3):
        tap(log, UID % number)
    flash.save()
    tap(log, UID % 3)
    log.publish_mark(4)
    log.save_marks("2026-01-19T07:28:01+07:00")
    with open("/flash/log/marks", "rb") as file:
        marks = file.read()
    flash.device.close()
    flash.restore()
    flash.power()
    with open("/flash/log/marks", "wb") as file:
        file.write(marks)
    old = log.logid
    log = open_log()
    assert log.logid != old and log.findings[0][0] == "log-forked"
    flash.close()


def test_a_reader_with_another_name_gets_a_log_of_its_own():
    flash = fresh()
    log = open_log()
    tap(log, UID % 1)
    log = FlashLog("/flash/log", ("pintu-2", "/kec-pampangan/pintu-2", "A1B2C3D4E5F6"))
    log.open()
    assert log.logid.startswith("pintu-2.") and log.next == 1 and log.findings[0][0] == "log-forked"
    while log.carry():
        pass
    assert log.read(0, 8)[0][2].find(b'"source":"/kec-pampangan/pintu-1"') > 0
    flash.close()


def test_a_full_flash_refuses_and_keeps_what_it_holds():
    flash = fresh(12)
    log = open_log()
    taken = 0
    try:
        while taken < 5000:
            tap(log, UID % (taken & 0xFF))
            taken += 1
        raise AssertionError("48 kB held 5000 entries")
    except OSError:
        pass
    assert len(check_chain(log)) == taken
    flash.power()
    log = open_log()
    assert len(check_chain(log)) == taken
    flash.close()


def test_a_write_that_failed_and_yet_happened_makes_no_second_entry_of_its_number():
    flash = fresh(40)
    log = open_log()
    tap(log, UID % 0)
    flash.save()
    step, failed = 0, True
    while failed:
        step += 1
        flash.device.close()
        flash.restore()
        flash.power()
        log = open_log()
        flash.device.fail_at = flash.device.steps + step
        failed = False
        try:
            tap(log, UID % 1)
        except OSError:
            failed = True
        flash.device.fail_at = None
        tap(log, UID % 2)
        held = subjects(check_chain(log))
        assert held in ([UID % 0, UID % 1, UID % 2], [UID % 0, UID % 2]), held
        flash.power()
        assert subjects(check_chain(open_log())) == held
    assert step > 3
    flash.close()
