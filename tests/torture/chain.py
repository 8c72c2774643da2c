"""The chain of hops: ten terminals, two gateways, mosquitto, the centre and its database, all of them real but the
terminals."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.central.running import CentreProcess, write_config
from tests.postgres import Cluster
from tests.torture.agreement import Agreement
from tests.torture.hops import BrokerHop, CentreHop, GatewayHop, Hop, PostgresHop, TerminalHop
from tests.torture.reaper import Crowd, Reaper
from tests.zkteco.kinds import KINDS
from tests.zkteco.office import Office
from tests.zkteco.town import Door, town

MIX = (KINDS[2], KINDS[2], KINDS[4], KINDS[2], KINDS[2], KINDS[2], KINDS[1], KINDS[2], KINDS[4], KINDS[2])
"""Ten terminals, odd and even ones on a gateway each."""
PER_SECOND = 40.0
"""Punches, at all doors together: twenty minutes of them are more than the tight log may hold."""
SMALL = {"segment_kb": 64}
TIGHT = {"segment_kb": 64, "max_mb": 8}
"""A log that must let go of what is delivered, to have room for what comes."""


class First(Office):
    """A gateway of its own name."""

    id = "gw1"


class Second(Office):
    """And another."""

    id = "gw2"


@dataclass
class Chain:
    """All of it, running."""

    doors: list[Door]
    offices: list[Office]
    hops: list[Hop]
    agreement: Agreement

    def torture(self, seconds: float, seed: int) -> Reaper:
        """People punch and things are killed for so long; in the end all is alive."""
        reaper = Reaper(self.hops, seed)
        with Crowd([hop for hop in self.hops if isinstance(hop, TerminalHop)], seed, per_second=PER_SECOND):
            reaper.run(seconds)
        return reaper

    def agree(self, patience: float) -> dict[str, Any]:
        """Everything arrives within `patience` seconds, and all agree; what `ketuk central verify` found."""
        self.agreement.reached(patience)
        assert [office.stop() for office in self.offices] == [0] * len(self.offices)
        for office in self.offices:
            office.start()
        self.agreement.settled(patience)
        for office in self.offices:
            office.kill()
        return self.agreement.judge()


@contextmanager
def chain(folder: Path, cluster: Cluster | None = None) -> Iterator[Chain]:
    """The chain with PostgreSQL if there is a `cluster`, or with SQLite."""
    database = f"sqlite:{folder / 'central.db'}" if cluster is None else cluster.url(cluster.database())
    with ExitStack() as stack:
        doors = stack.enter_context(town(len(MIX), MIX))
        broker = stack.enter_context(Mosquitto(folder))
        config = write_config(folder / "central.toml", broker.url, database, ingest={"repeat_s": 0.5})
        centre = stack.enter_context(CentreProcess(config))
        offices = [stack.enter_context(office) for office in _offices(folder, doors, broker)]
        hops: list[Hop] = [*map(TerminalHop, doors), *map(GatewayHop, offices), BrokerHop(broker), CentreHop(centre)]
        hops += [PostgresHop(cluster)] if cluster is not None else []
        yield Chain(doors, offices, hops, Agreement(doors, offices, config, database))


def _offices(folder: Path, doors: Sequence[Door], broker: Mosquitto) -> list[Office]:
    made: list[Office] = []
    for kind, part, log in ((First, doors[::2], SMALL), (Second, doors[1::2], TIGHT)):
        own = folder / kind.id
        own.mkdir()
        line = {"url": broker.url, "keepalive": 5, "resend_gap": 2}
        made.append(kind(own, {door.name: door.options() for door in part}, line, **log))
    return made
