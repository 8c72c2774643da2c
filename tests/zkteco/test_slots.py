"""Old terminals log a slot of their user list and no person, and give a slot to somebody else later.

The entry says where the name came from; the punch stays the same fact whoever holds its slot when it is read.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.zkteco.cell import Cell, exactly
from tests.zkteco.kinds import KINDS

OLD = KINDS[0]
pytestmark = pytest.mark.usefixtures("impatient")


def told(cell: Cell, slot: int) -> list[tuple[str, str, str]]:
    """(person, where the name came from, origin) of the punches of a slot, in the log's order."""
    cell.gateway.take()
    punches: list[Any] = [one for one in cell.gateway.entries if one["type"] == "ketuk.punch.v1"]
    return [
        (one["subject"], one["data"]["device"]["id_source"], one["data"]["origin"])
        for one in punches
        if one["data"]["device"]["uid"] == slot
    ]


def next_second(cell: Cell) -> None:
    """A slot does not change hands within the second in which its holder punched."""
    second = cell.terminal.terminal.clock.stamp()
    cell.gateway.until(lambda: cell.terminal.terminal.clock.stamp() > second + 1, "time goes on")


def slot_of(cell: Cell, user_id: str) -> int:
    return next(user.uid for user in cell.terminal.users() if user.user_id == user_id)


@pytest.mark.parametrize("layout", ["8A", "8B"])
def test_each_entry_says_that_its_name_was_looked_up(tmp_path: Path, layout: str) -> None:
    with Cell(tmp_path, OLD) as cell:
        cell.terminal.adopt(f"attlog_layout={layout}")
        cell.running()
        cell.punch(12)
        cell.settled()
        entries = [one for slot in range(1, 13) for one in told(cell, slot)]
        assert {source for _, source, _ in entries} == {"lookup"}
        assert {origin for *_, origin in entries} == {"live", "log"}
        cell.judge({})


def test_a_slot_that_changes_hands_under_our_eyes(tmp_path: Path) -> None:
    """The old holder's punches keep his name, also when all is read again; the new one's bear hers at once."""
    with Cell(tmp_path, OLD, records=0) as cell:
        cell.running()
        cell.terminal.punch("7001")
        cell.settled()
        slot = slot_of(cell, "7001")
        next_second(cell)
        cell.say("dismiss 7001")
        cell.looked(1)
        cell.terminal.punch("7002")
        assert slot_of(cell, "7002") == slot
        cell.settled()
        cell.looked()
        cell.reread()
        assert told(cell, slot) == [("pin:7001", "lookup", "live"), ("pin:7002", "lookup", "live")]


def test_a_slot_that_changes_hands_before_the_gateway_starts_again(tmp_path: Path) -> None:
    """What is recorded keeps its name and is not recorded a second time under the new holder's."""
    with Cell(tmp_path, OLD, records=0) as cell:
        cell.running()
        cell.terminal.punch("7001")
        cell.settled()
        slot = slot_of(cell, "7001")
        cell.looked(1)  # so that the next process knows how much of the operation log was seen
        cell.detach()
        cell.say("dismiss 7001")
        cell.terminal.punch("7002")
        assert slot_of(cell, "7002") == slot
        cell.running()
        cell.reread()
        assert told(cell, slot) == [("pin:7001", "lookup", "live"), ("pin:7002", "lookup", "log")]
        cell.judge({"users-changed": exactly(0), "terminal-operation": exactly(2)})


def test_a_slot_that_changed_hands_and_a_gateway_that_forgot_where_it_was(tmp_path: Path) -> None:
    """It reads all of the log as new, and names the old holder's punch after the new one: it is the same fact still."""
    with Cell(tmp_path, OLD, records=0) as cell:
        cell.running()
        cell.terminal.punch("7001")
        cell.settled()
        slot = slot_of(cell, "7001")
        cell.detach()
        cell.say("dismiss 7001")
        cell.terminal.punch("7002")
        (cell.gateway.data / "state.json").unlink()
        cell.running()
        cell.looked()
        assert told(cell, slot) == [("pin:7001", "lookup", "live"), ("pin:7002", "lookup", "log")]


def test_a_slot_that_nobody_holds_any_more(tmp_path: Path) -> None:
    """Punched and dismissed while nobody looked: the entry names the slot and says that nobody is known to hold it."""
    with Cell(tmp_path, OLD, records=0) as cell:
        cell.terminal.punch("7001")
        slot = slot_of(cell, "7001")
        cell.say("dismiss 7001")
        cell.attach()
        cell.gateway.until(lambda: told(cell, slot), "recorded")
        assert told(cell, slot) == [(f"pin:uid-{slot}", "unknown", "log")]
        cell.reread()
        assert len(told(cell, slot)) == 1


def test_a_dismissed_holder_is_not_forgotten_by_a_restart(tmp_path: Path) -> None:
    """Live he had a name; when the gateway reads the log again, the terminal does not know him any more."""
    with Cell(tmp_path, OLD, records=0) as cell:
        cell.running()
        cell.terminal.punch("7001")
        cell.settled()
        slot = slot_of(cell, "7001")
        cell.say("dismiss 7001")
        cell.looked()
        cell.reread()
        assert told(cell, slot) == [("pin:7001", "lookup", "live")]
