"""Each generation of firmware from its reader to the centre: simulated terminal, real `ketuk run`, real mosquitto.

The stand-in for the centre is a subscriber like any other; it checks every entry's sequence and hash as it comes.
"""

from collections import Counter
from pathlib import Path

import pytest

from contract.entry import parse
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer, clock
from tests.brokers import HOST, Mosquitto
from tests.e2e.office import DEVICE, judge, until, verify
from tests.zkteco.kinds import KINDS, Kind
from tests.zkteco.office import Office

PAST, LIVE, ALONE = 40, 10, 15
PROFILES = [kind for kind in KINDS if str(kind) == kind.profile]
"""One transport of each."""
Told = Counter[tuple[str, str, str]]
"""(origin, person, terminal's time) of each punch that arrived."""


def told(centre: StandIn) -> Told:
    found: Told = Counter()
    for logid in centre.report()["logs"]:
        for raw in centre.entries(logid):
            event = parse(raw)
            if event["type"] == "ketuk.punch.v1":
                data = event["data"]
                person = str(event["subject"]).removeprefix("pin:")
                found[str(data["origin"]), person, str(data["device"]["time"])] += 1  # type: ignore[index]
    return found


def held(terminal: TerminalServer) -> Told:
    """The past and what was punched while nobody looked come from the log, the rest came live."""
    records = terminal.records()
    live = range(PAST, PAST + LIVE)
    return Counter(
        ("live" if number in live else "log", punch.user_id, clock.text(punch.stamp))
        for number, punch in enumerate(records)
    )


def people_punch(terminal: TerminalServer, first: int, count: int) -> None:
    """Each of them once: a second punch within a second would come from the log."""
    for number in range(first, first + count):
        terminal.punch(str(1001 + number), "out")


@pytest.mark.parametrize("kind", PROFILES, ids=str)
def test_every_punch_arrives_once_in_a_whole_chain(kind: Kind, tmp_path: Path) -> None:
    with (
        TerminalServer(kind.profile, users=LIVE + ALONE, records=PAST) as terminal,
        Mosquitto(tmp_path) as mosquitto,
        StandIn(HOST, mosquitto.port) as centre,
    ):
        options = {"host": terminal.host, "port": terminal.port, "transport": kind.transport}
        with Office(tmp_path, {DEVICE: options}, {"url": mosquitto.url}) as gateway:
            until(lambda: told(centre).total() == PAST and terminal.subscribers() > 0)
            people_punch(terminal, 0, LIVE)
            judge(centre, terminal)
            assert gateway.stop() == 0
            people_punch(terminal, LIVE, ALONE)
            gateway.start()
            judge(centre, terminal)
            assert told(centre) == held(terminal)
            assert gateway.stop() == 0
            verify(gateway)
