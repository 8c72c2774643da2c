"""Faults of the line between gateway and terminal, and of the terminal's manners on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.simulators.rawterminal import DISABLE, ENABLE, READ_PUNCHES, RESTART, Raw, RawClient, RawUdp
from tests.zkteco.cell import Cell, exactly
from tests.zkteco.fault import fault, over_tcp

POWER = {"terminal-operation": exactly(1)}
"""Its own operation log tells that it was switched on."""
SILENCE = {"device-silent": exactly(1), "device-back": exactly(1)}


@contextmanager
def other_client(cell: Cell) -> Iterator[Raw]:
    """Somebody else's software on the same terminal."""
    made = RawClient if cell.kind.transport == "tcp" else RawUdp
    with made(cell.terminal.host, cell.terminal.port) as client:
        client.connect()
        yield client


def gone(cell: Cell) -> bool:
    return cell.terminal.subscribers() == 0


@fault("nothing")
def nothing(cell: Cell) -> None:
    cell.running()
    cell.punch(20)


@fault("coalesced frames", where=over_tcp)
def coalesced(cell: Cell) -> None:
    cell.say("coalesce 3")
    cell.running()
    cell.punch(21)
    cell.settled()
    cell.say("coalesce off")
    cell.punch(3)


@fault("split frames", where=over_tcp)
def split(cell: Cell) -> None:
    cell.say("split 1")
    cell.running()
    cell.punch(5)
    cell.say("split 7")
    cell.punch(10)
    cell.settled()
    cell.say("split off")


@fault("connection cut")
def cut(cell: Cell) -> None:
    cell.running()
    for _ in range(3):
        cell.punch(4)
        cell.terminal.drop()
        cell.punch(4)
        cell.gateway.until(lambda: cell.terminal.subscribers() > 0, "came back")


@fault("cut in mid-transfer")
def cut_in_transfer(cell: Cell) -> None:
    cell.say("drop in-transfer")
    cell.running()
    cell.punch(4)
    cell.settled()
    cell.detach()
    cell.punch(4)
    cell.say("drop in-transfer")
    cell.running()


@fault("stall")
def stall(cell: Cell) -> None:
    cell.running()
    cell.terminal.stall(2.5)
    cell.punch(6)
    cell.settled()


@fault("stall in mid-read", SILENCE, silent_after=0.3)
def stall_in_read(cell: Cell) -> None:
    cell.terminal.stall(3.5)
    cell.attach()
    cell.punch(3)


@fault("wrong checksums")
def corrupt(cell: Cell) -> None:
    cell.say("corrupt 1")
    cell.running()
    for packets in (1, 3, 6):
        cell.say(f"corrupt {packets}")
        cell.punch(4)
        cell.looked(1)


@fault("slow answers")
def slow(cell: Cell) -> None:
    cell.say("slow 0.1")
    cell.running()
    cell.punch(5)
    cell.settled()
    cell.say("slow off")


@fault("events within answers")
def interleaved(cell: Cell) -> None:
    cell.say("interleave on")
    cell.say("race read 5")
    cell.running()
    cell.say("race read 5")
    cell.punch(5)
    cell.detach()
    cell.running()


@fault("second client refused", SILENCE, silent_after=0.3)
def second_refused(cell: Cell) -> None:
    """Somebody else's software has the terminal first and will not let go for a while."""
    cell.say("connections one")
    with other_client(cell):
        cell.attach()
        cell.gateway.until(lambda: cell.gateway.words()["device-silent"], "silence told")
        cell.punch(5)
        if cell.kind.transport == "udp":
            cell.terminal.drop()  # over UDP the terminal does not see a client go
    cell.settled()
    cell.punch(5)


@fault("second client served")
def second_served(cell: Cell) -> None:
    """Somebody else's software reads the log and keeps the reader shut meanwhile."""
    cell.running()
    cell.strangers = {"DISABLEDEVICE", "ENABLEDEVICE", "DATA_WRRQ"}
    with other_client(cell) as client:
        for _ in range(3):
            cell.punch(3)
            client.ask(DISABLE)
            client.ask(50)
            if cell.terminal.terminal.profile.buffered_read:
                client.read(READ_PUNCHES, 1024)
            client.ask(ENABLE)
            cell.punch(3)


def _restarted_by_other(cell: Cell, acknowledged: str) -> None:
    cell.running()
    cell.strangers = {"RESTART"}
    cell.terminal.adopt(f"restart_acknowledged={acknowledged}")
    cell.punch(3)
    with other_client(cell) as client:
        client.send(RESTART)
        cell.gateway.until(lambda: gone(cell), "restarted")
    cell.gateway.until(lambda: not gone(cell), "came back")
    cell.punch(3)


@fault("restart, acknowledged", POWER)
def restart_acknowledged(cell: Cell) -> None:
    _restarted_by_other(cell, "true")


@fault("restart, not acknowledged", POWER)
def restart_unacknowledged(cell: Cell) -> None:
    _restarted_by_other(cell, "false")


@fault("away, people go on punching", SILENCE, silent_after=0.3)
def line_down(cell: Cell) -> None:
    """The network is down, the terminal is not."""
    cell.running()
    cell.terminal.power_off()
    cell.gateway.until(lambda: cell.gateway.words()["device-silent"], "silence told")
    cell.punch(20)
    cell.terminal.power_on()


@fault("gateway away, people go on punching")
def gateway_away(cell: Cell) -> None:
    cell.running()
    cell.punch(2)
    cell.detach()
    cell.punch(30)
    cell.running()
    cell.punch(2)


@fault("events only while acknowledged")
def unacknowledged(cell: Cell) -> None:
    cell.say("unacked 4")
    cell.running()
    for _ in range(10):
        cell.punch(2)
        cell.settled()
    cell.gateway.until(lambda: cell.terminal.unacknowledged() == 0, "all acknowledged")
