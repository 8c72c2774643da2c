"""Faults of the terminal's own log and of its counters."""

from tests.zkteco.cell import MAYBE, RECORDS, SOME, Cell, exactly
from tests.zkteco.fault import Words, fault
from tests.zkteco.kinds import Kind

DELETED = {"terminal-operation": exactly(1)}
"""Its own operation log tells that somebody deleted the log."""


@fault("punches between count and read")
def race_sizes(cell: Cell) -> None:
    cell.say("race sizes 4")
    cell.running()
    cell.say("race sizes 4")
    cell.punch(4)
    cell.settled()


@fault("punches between preparation and read")
def race_read(cell: Cell) -> None:
    cell.say("race read 4")
    cell.running()
    cell.detach()
    cell.say("race read 4")
    cell.running()


def _miscounted(kind: Kind) -> Words:
    return {"log-miscounted": SOME} if kind.counts else {}


@fault("counts too many", _miscounted)
def counts_too_many(cell: Cell) -> None:
    cell.say("lie +3")
    cell.running()
    cell.punch(4)
    cell.settled()
    cell.looked()
    cell.say("lie off")


@fault("counts too few", _miscounted)
def counts_too_few(cell: Cell) -> None:
    cell.running()
    cell.say("lie -5")
    cell.punch(4)
    cell.settled()
    cell.looked()
    cell.say("lie off")


@fault("counts none", _miscounted)
def counts_none(cell: Cell) -> None:
    """As if it were empty; what comes live shows that it is not."""
    cell.say(f"lie -{RECORDS + 100}")
    cell.attach()
    cell.gateway.until(lambda: cell.terminal.subscribers() > 0, "subscribed")
    cell.punch(4)
    cell.settled()
    cell.say("lie off")


def _unread(kind: Kind) -> Words:
    return {"record-unreadable": exactly(5)}


@fault("events of unknown length", _unread)
def unknown_events(cell: Cell) -> None:
    cell.terminal.adopt("event_length=35")
    cell.running()
    cell.punch(5)
    cell.settled()


@fault("events of other known lengths")
def other_events(cell: Cell) -> None:
    cell.running()
    for length in (10, 14, 32, 36, 37, 52, 60) if cell.kind.text_ids else (10, 12, 14):
        cell.terminal.adopt(f"event_length={length}")
        cell.punch(2)
    cell.settled()


WRAPPED = {"log-full": MAYBE, "log-wrapped": SOME}
"""A ring that deletes a block at a time is full only now and then."""


@fault("full: ring", {**WRAPPED, "log-full": SOME})
def ring(cell: Cell) -> None:
    cell.running()
    cell.say("full ring")
    cell.punch(5)
    cell.settled()
    cell.looked()
    cell.punch(5)
    cell.gateway.until(lambda: cell.gateway.words()["log-wrapped"], "wrapping told")


@fault("full: ring, while nobody looks", WRAPPED)
def ring_away(cell: Cell) -> None:
    cell.running()
    cell.detach()
    cell.say("full ring 10")
    cell.punch(25)
    cell.running()
    cell.gateway.until(lambda: cell.gateway.words()["log-wrapped"], "wrapping told")


@fault("full: refuses", {"log-full": SOME})
def refuses(cell: Cell) -> None:
    cell.running()
    cell.punch(3)
    cell.say("full refuse")
    answer = cell.terminal.command("punch 1001")
    assert answer["refused"]
    cell.looked()
    cell.say("capacity 100000")
    cell.punch(3)


HUNG = {"log-full": SOME, "terminal-operation": exactly(1), "device-silent": exactly(1), "device-back": exactly(1)}


@fault("full: hangs", HUNG, silent_after=0.3)
def hangs(cell: Cell) -> None:
    cell.running()
    cell.punch(3)
    cell.settled()
    cell.say("full hang")
    cell.looked()
    assert cell.terminal.command("punch 1001")["refused"]
    cell.gateway.until(lambda: cell.gateway.words()["device-silent"], "silence told")
    cell.terminal.restart()
    cell.say("capacity 100000")
    cell.gateway.until(lambda: cell.terminal.subscribers() > 0, "came back")
    cell.punch(3)


CLEARED = {"log-cleared": exactly(1), **DELETED}


@fault("cleared", CLEARED)
def cleared(cell: Cell) -> None:
    cell.running()
    cell.say("clear")
    cell.gateway.until(lambda: cell.gateway.words()["log-cleared"], "clearing told")
    cell.punch(5)


@fault("cleared while nobody looks, and filled again", CLEARED)
def cleared_away(cell: Cell) -> None:
    """Even to the very count that it had."""
    cell.running()
    cell.detach()
    cell.say("clear")
    cell.punch(RECORDS)
    cell.running()
    cell.punch(2)


@fault("oldest deleted", {"log-shrunk": exactly(1)})
def shrunk_head(cell: Cell) -> None:
    cell.running()
    cell.witness.delete(0, 20)
    cell.gateway.until(lambda: cell.gateway.words()["log-shrunk"], "shrinking told")
    cell.punch(3)


@fault("newest deleted", {"log-shrunk": exactly(1)})
def shrunk_tail(cell: Cell) -> None:
    cell.running()
    cell.punch(5)
    cell.settled()
    cell.looked(1)
    cell.detach()
    cell.witness.delete(RECORDS - 5, RECORDS + 5)
    cell.running()
    cell.gateway.until(lambda: cell.gateway.words()["log-shrunk"], "shrinking told")
    cell.punch(3)


@fault("one record in the middle deleted", {"log-shrunk": exactly(1)})
def shrunk_middle(cell: Cell) -> None:
    """The record of one morning is gone."""
    cell.running()
    cell.detach()
    cell.witness.delete(RECORDS // 2, RECORDS // 2 + 1)
    cell.running()
    cell.gateway.until(lambda: cell.gateway.words()["log-shrunk"], "shrinking told")
    cell.punch(3)
