"""What is taken out of the ZKTeco driver."""

from tests.torture.mutation import Mutation

DRIVER, TESTS = "gateway/drivers/zkteco", "tests/drivers/zkteco"
WATCH, UDP, RECOGNISE = f"{TESTS}/test_watch.py", f"{TESTS}/test_udp.py", f"{TESTS}/test_recognise.py"
NAMED, BACKFILL = f"{TESTS}/test_named_otherwise.py", f"{TESTS}/test_backfill.py"

ZKTECO = (
    Mutation(
        "a number of records that moved during the read is nothing",
        f"{DRIVER}/reader.py",
        "if table is not None and (before.records == after.records or attempt == TRIES):",
        "if table is not None:",
        (f"{WATCH}::test_somebody_punches_between_the_count_and_the_read",),
    ),
    Mutation(
        "a number of records that does not add up is nothing",
        f"{DRIVER}/watch.py",
        "        return sizes.records != expected\n",
        "        return False\n",
        (WATCH,),
    ),
    Mutation(
        "the log is said to be read before all of it is handed out",
        f"{DRIVER}/watch.py",
        "if self._place is None or self._has_backlog:",
        "if self._place is None:",
        (f"{WATCH}::test_nothing_says_that_the_log_is_read_before_all_of_it_is_handed_out",),
    ),
    Mutation(
        "an event that cannot be decoded is left at that",
        f"{DRIVER}/live.py",
        "            self._want_read()\n            return [unreadable",
        "            return [unreadable",
        (f"{WATCH}::test_an_event_of_unknown_length_is_kept_and_found_in_the_log",),
    ),
    Mutation(
        "the second punch within a second is the first",
        f"{DRIVER}/backfill.py",
        "ordinal=ordinals.of(index, row)",
        "ordinal=0",
        (BACKFILL,),
    ),
    Mutation(
        "a log that lost records has only grown",
        f"{DRIVER}/place.py",
        "    count = len(table)\n    if place.count == 0 or (place.layout",
        "    count = len(table)\n    if place.count <= count or (place.layout",
        (BACKFILL, WATCH),
    ),
    Mutation(
        "an event names people as it likes",
        f"{DRIVER}/live.py",
        "        layout = layout_named(self._memory.layout)\n",
        "        layout = None\n",
        (f"{NAMED}::test_an_event_and_its_record_are_one_fact",),
    ),
    Mutation(
        "a person keeps the slot for ever",
        f"{DRIVER}/live.py",
        "        if uid is not None and self._memory.names.is_news(uid):",
        "        if False:",
        (f"{NAMED}::test_a_person_who_got_another_slot_is_found_there",),
    ),
    Mutation(
        "a slot's punch is another fact when its holder changes",
        f"{DRIVER}/readings.py",
        'known_as=None if row.uid is None else f"uid-{row.uid}"',
        "known_as=None",
        ("tests/zkteco/test_slots.py::test_a_slot_that_changed_hands_and_a_gateway_that_forgot_where_it_was",),
    ),
    Mutation(
        "a table whose end came first is empty",
        f"{DRIVER}/session.py",
        "        if not table:  #",
        "        if table is None:  #",
        (f"{UDP}::test_the_end_of_an_unbuffered_read_overtakes_all_of_it",),
    ),
    Mutation(
        "the first of two reads that differ is believed",
        f"{DRIVER}/session.py",
        "if table == earlier:",
        "if True:",
        (f"{UDP}::test_two_datagrams_of_an_unbuffered_read_that_change_places",),
    ),
    Mutation(
        "a datagram that came twice is two",
        f"{DRIVER}/channel.py",
        "        known = digest in self._parts\n",
        "        known = False\n",
        (f"{UDP}::test_every_datagram_twice", f"{UDP}::test_a_log_survives_bad_weather"),
    ),
    Mutation(
        "only the years tell a layout",
        f"{DRIVER}/recognise.py",
        "return (weight.known if tells_by_itself else weight.likely) >= _SURE",
        "return weight.likely >= _SURE",
        (f"{RECOGNISE}::test_weeks_with_a_reset_clock_where_the_terminal_does_not_count",),
    ),
    Mutation(
        "known codes tell any layout",
        f"{DRIVER}/recognise.py",
        "tells_by_itself = table.layout.name == prefer or table.layout.size >= LAYOUT_40.size",
        "tells_by_itself = True",
        (RECOGNISE,),
    ),
    Mutation(
        "a long read tells nothing of itself",
        f"{DRIVER}/meter.py",
        '        if not self.received:\n            return ""',
        '        return ""',
        ("tests/zkteco/test_progress.py",),
    ),
)
