"""The terminal's clock was turned back, and a person punched at a second at which that person had punched before."""

from pathlib import Path

from simulators.zkteco import TerminalServer
from tests.zkteco.gateway import Gateway
from tests.zkteco.witness import Witness

SOURCE = "/kec-pampangan/pintu"


def test_it_is_a_punch_of_its_own_at_once(tmp_path: Path) -> None:
    """Live it looks like the one before, and the number of records adds up: only the log tells the two apart."""
    with TerminalServer("tft-tcp", users=20, records=300, pause=0.0) as terminal:
        witness = Witness.of(terminal)
        keys = {"host": terminal.host, "port": terminal.port, "reread": 3600}
        with Gateway(tmp_path, {"pintu": keys}) as gateway:
            gateway.until(lambda: gateway.punches().total() == 300 and terminal.subscribers(), "past recorded")
            before = terminal.records()[20]
            terminal.punch(before.user_id, stamp=before.stamp)
            gateway.until(lambda: gateway.punches().total() == 301, "recorded")
            assert gateway.punches() == witness.facts(SOURCE)
            assert max(gateway.punches().values()) == 2
