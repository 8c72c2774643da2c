"""What is taken out of how a terminal is watched: whose hand was on its clock, and what became of its log."""

from tests.torture.mutation import Mutation

RECORDER = "tests/gateway/test_recorder.py"
OPERATIONS = "tests/drivers/zkteco/test_operations.py"

TERMINAL = (
    Mutation(
        "of two settings that may be ours the first one is",
        "gateway/drivers/zkteco/operations.py",
        "range(len(operations) - 1, start - 1, -1)",
        "range(start, len(operations))",
        (OPERATIONS,),
    ),
    Mutation(
        "what was set before a start is held against others without a look at our own settings",
        "gateway/recorder.py",
        "        return self._terminal.was_us(finding)",
        "        return False",
        (RECORDER,),
    ),
    Mutation(
        "our own setting is forgotten at the next look",
        "gateway/terminal_clock.py",
        "            told=told[0],\n",
        "",
        (RECORDER,),
    ),
    Mutation(
        "a punch whose time does not fit is vouched for",
        "gateway/recorder.py",
        'replace(facts, state="holdover", offset_s=None)',
        "facts",
        (RECORDER,),
    ),
    Mutation(
        "a repeated second waits for the next full read",
        "gateway/recorder.py",
        "            driver.reread()\n",
        "            pass\n",
        (RECORDER, "tests/gateway/test_repeated_second.py"),
    ),
    Mutation(
        "punches deleted between two reads go unnoticed",
        "gateway/drivers/zkteco/place.py",
        "    if counted <= len(table) or not live:\n",
        "    if True:\n",
        ("tests/drivers/zkteco/test_watch.py",),
    ),
    Mutation(
        "a full log is told again after each start",
        "gateway/drivers/zkteco/memory.py",
        "            self.full = bool(place and place.full)\n",
        "            self.full = False\n",
        ("tests/drivers/zkteco/test_empty_and_full.py",),
    ),
)
