"""Ten terminals on one gateway: one dead, one slow, one lying and one flooding never delay the six others."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from contract.entry import parse
from simulators.line import Line
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer, clock
from tests.brokers import HOST, Mosquitto
from tests.e2e.office import SITE, judge, until
from tests.zkteco.kinds import KINDS, Kind
from tests.zkteco.office import Office

HEALTHY = {f"pintu-{number}": kind for number, kind in enumerate([*KINDS, KINDS[2]])}
OPTIONS = {"timeout": 2, "reconcile": 1, "quiet": 1}
PAST, STAFF, LIVE = 300, 40, 40
"""Records in each log, people at each terminal, and their punches: one each, so that the order is told at once. When
somebody punches twice within a second, the second punch is taken from the log later."""
Order = dict[str, list[tuple[str, str]]]
"""Device -> (person, terminal's time) of its punches, in the order of the gateway's log."""


def device(terminal: TerminalServer, kind: Kind, port: int | None = None) -> dict[str, object]:
    return {**OPTIONS, "host": HOST, "port": terminal.port if port is None else port, "transport": kind.transport}


@contextmanager
def healthy() -> Iterator[dict[str, TerminalServer]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(TerminalServer(kind.profile, serial=f"SN-{name}", users=STAFF, records=PAST))
            for name, kind in HEALTHY.items()
        }


def order(centre: StandIn) -> Order:
    found: Order = {}
    for logid in centre.report()["logs"]:
        for raw in centre.entries(logid):
            event = parse(raw)
            if event["type"] == "ketuk.punch.v1":
                device = str(event["source"]).removeprefix(f"/{SITE}/")
                said = (str(event["subject"]).removeprefix("pin:"), event["data"]["device"]["time"])  # type: ignore[index]
                found.setdefault(device, []).append(said)
    return found


def held(terminal: TerminalServer) -> list[tuple[str, str]]:
    return [(punch.user_id, clock.text(punch.stamp)) for punch in terminal.records()]


def arrived(centre: StandIn, terminals: dict[str, TerminalServer]) -> bool:
    found = order(centre)
    return all(len(found.get(name, [])) >= len(terminal.records()) for name, terminal in terminals.items())


def work(centre: StandIn, terminals: dict[str, TerminalServer]) -> None:
    """The past is read, then people punch, each terminal in turn."""
    until(lambda: arrived(centre, terminals), 60)
    until(lambda: all(terminal.subscribers() for terminal in terminals.values()), 30)
    for number in range(LIVE):
        for terminal in terminals.values():
            terminal.punch(str(1001 + number))
    until(lambda: arrived(centre, terminals), 60)


class Bad:
    """The four that are not well, all the while."""

    def __init__(self, stack: ExitStack) -> None:
        def put(serial: str, records: int) -> TerminalServer:
            return stack.enter_context(TerminalServer("tft-tcp", serial=serial, users=20, records=records))

        self.dead, self.slow, self.liar, self.flooder = put("D", 50), put("S", 3_000), put("L", 100), put("F", 50)
        self.black_hole = stack.enter_context(Line(HOST, self.dead.port))
        self.black_hole.stall()
        self.slow.command("slow 1.5")
        self.liar.command("lie +1000")
        self.liar.adopt("event_length=41")
        self.flooded = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._flood), threading.Thread(target=self._lie)]
        for thread in self._threads:
            thread.start()
        stack.callback(self.end)

    @property
    def terminals(self) -> list[TerminalServer]:
        return [self.dead, self.slow, self.liar, self.flooder]

    def devices(self) -> dict[str, dict[str, object]]:
        kind = KINDS[2]
        names = {"slow": self.slow, "liar": self.liar, "flooder": self.flooder}
        return {"dead": device(self.dead, kind, self.black_hole.port)} | {
            name: device(terminal, kind) for name, terminal in names.items()
        }

    def _flood(self) -> None:
        for number in itertools.count():
            if self._stop.wait(0.002):
                return
            self.flooder.alarm("misoperation") if number % 3 else self.flooder.punch(str(1001 + number % 20))
            self.flooded += 1

    def _lie(self) -> None:
        while not self._stop.wait(0.3):
            self.liar.command("corrupt 1")
            self.liar.punch("1001")

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(10)

    def heal(self) -> None:
        self.end()
        self.black_hole.restore()
        for line in ("slow off", "lie off", "corrupt off"):
            for terminal in self.terminals:
                terminal.command(line)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


def test_bad_terminals_delay_nobody(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """The six are served to the end while the four are still bad, and to the same entries in the same order."""
    with ExitStack() as stack:
        terminals = stack.enter_context(healthy())
        bad = Bad(stack)
        devices = bad.devices() | {name: device(terminals[name], kind) for name, kind in HEALTHY.items()}
        centre = stack.enter_context(StandIn(HOST, mosquitto.port))
        gateway = stack.enter_context(Office(tmp_path, devices, {"url": mosquitto.url}))
        before = bad.flooded
        work(centre, terminals)
        found = order(centre)
        assert "dead" not in found
        assert len(found.get("slow", [])) < len(bad.slow.records())
        assert bad.flooded > before
        assert bad.flooder.subscribers() == 1
        assert bad.liar.command("status")["faults"]
        assert {name: found[name] for name in terminals} == {name: held(one) for name, one in terminals.items()}
        bad.heal()
        judge(centre, *terminals.values(), *bad.terminals, patience=120)
        assert gateway.stop() == 0


def test_without_the_bad_ones_it_is_the_same(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """The measure for the test above: the same six alone."""
    with ExitStack() as stack:
        terminals = stack.enter_context(healthy())
        devices = {name: device(terminals[name], kind) for name, kind in HEALTHY.items()}
        centre = stack.enter_context(StandIn(HOST, mosquitto.port))
        gateway = stack.enter_context(Office(tmp_path, devices, {"url": mosquitto.url}))
        work(centre, terminals)
        assert order(centre) == {name: held(one) for name, one in terminals.items()}
        judge(centre, *terminals.values())
        assert gateway.stop() == 0
