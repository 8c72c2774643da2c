"""What is taken out of the reader's log, and the tests that must notice (under MicroPython)."""

from tests.torture.mutation import Mutation

FLASHLOG, EPOCH = "firmware/log/flashlog.py", "firmware/log/epoch.py"


def case(name: str) -> str:
    """A test of tests/firmware/device/case_flashlog.py."""
    return f"tests/firmware/test_device.py::test_under_micropython[flashlog-{name}]"


READER = (
    Mutation(
        "reader: the CRC is not looked at",
        "firmware/log/frame.py",
        "if len(packed) < length or binascii.crc32(packed, binascii.crc32(head[:_BARE])) != crc:",
        "if len(packed) < length:",
        (case("a_rotten_byte_costs_one_entry_and_is_seen"),),
    ),
    Mutation(
        "reader: what nobody confirmed is deleted",
        EPOCH,
        "if len(self.segments) < 2 or self.segments[1] - 1 > confirmed:",
        "if len(self.segments) < 2:",
        (case("confirmed_segments_are_deleted_and_nothing_else"),),
    ),
    Mutation(
        "reader: marks above the end of the log begin no new epoch",
        FLASHLOG,
        "if self.present.lost or self._marks.beyond:",
        "if self.present.lost:",
        (case("marks_above_the_end_mean_that_entries_were_lost"),),
    ),
    Mutation(
        "reader: something is written behind a torn tail",
        EPOCH,
        "self._fresh = bool(reading.skipped) or reading.identity != list(self._identity)",
        "self._fresh = reading.identity != list(self._identity)",
        (case("a_torn_tail_is_dropped_and_nothing_is_written_behind_it"),),
    ),
    Mutation(
        "reader: after a refused write the flash is not looked at",
        EPOCH,
        "self._uncertain = True  #",
        "self._uncertain = False  #",
        (case("a_write_that_failed_and_yet_happened_makes_no_second_entry_of_its_number"),),
    ),
    Mutation(
        "reader: a new epoch carries over only what was not published",
        FLASHLOG,
        "last, keep = self._folder_name, self.confirmed",
        "last, keep = self._folder_name, self.published",
        (
            case("power_cut_at_every_step_of_a_fork_and_its_carrying_over"),
            case("a_fork_keeps_ids_and_leaves_checkpoints_behind"),
        ),
    ),
)
