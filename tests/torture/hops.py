"""What stands on the way of a punch and can be killed: terminals, gateways, broker, centre, database."""

import subprocess
import threading
from contextlib import suppress
from typing import Protocol

from simulators.zkteco import PunchRefused
from tests.brokers import Mosquitto
from tests.central.running import CentreProcess
from tests.postgres import Cluster
from tests.zkteco.office import Office
from tests.zkteco.town import Door


class Hop(Protocol):
    """One of them. Both calls come from one thread, in turn."""

    kind: str

    def kill(self) -> None:
        """At once and without a word to it. Fails when it has ended by itself."""

    def revive(self) -> None:
        """Start it again with what it left."""


class TerminalHop:
    """The plug of a terminal, and the people in front of it."""

    kind = "terminal"

    def __init__(self, door: Door) -> None:
        self.door = door
        self._lock, self._dark = threading.Lock(), False

    def kill(self) -> None:
        with self._lock:
            self._dark = True
            self.door.say("power off")

    def revive(self) -> None:
        with self._lock:
            self.door.terminal.terminal.power_cycled()
            self.door.say("power on")
            self._dark = False

    def punch(self, person: str) -> None:
        """Somebody punches, unless it is dark."""
        with self._lock:
            if not self._dark:
                with suppress(PunchRefused):
                    self.door.terminal.punch(person)


class GatewayHop:
    """`ketuk run`."""

    kind = "gateway"

    def __init__(self, office: Office) -> None:
        self.office = office

    def kill(self) -> None:
        _alive(self.office.process, self.office.said)
        self.office.kill()

    def revive(self) -> None:
        self.office.start()


class BrokerHop:
    """mosquitto: whenever it is killed, all it stored is deleted, too."""

    kind = "broker"

    def __init__(self, broker: Mosquitto) -> None:
        self.broker = broker

    def kill(self) -> None:
        self.broker.kill()
        self.broker.wipe()

    def revive(self) -> None:
        self.broker.start()


class CentreHop:
    """`ketuk central run`."""

    kind = "central"

    def __init__(self, centre: CentreProcess) -> None:
        self.centre = centre

    def kill(self) -> None:
        _alive(self.centre.process, self.centre.said)
        self.centre.kill()

    def revive(self) -> None:
        self.centre.start()


class PostgresHop:
    """The whole server, with fsync on: what it committed is there again when it has recovered."""

    kind = "PostgreSQL"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def kill(self) -> None:
        self.cluster.kill()

    def revive(self) -> None:
        self.cluster.start()


def _alive(process: "subprocess.Popen[bytes]", said: str) -> None:
    assert process.poll() is None, f"it ended by itself with exit code {process.returncode}:\n{said[-3000:]}"
