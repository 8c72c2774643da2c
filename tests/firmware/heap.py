"""What memory the whole reader takes: TLS on, 2,000 entries waiting, a real broker and a centre, all delivered."""

from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as paho

from provisioning.image import Release, compile_module, compiled, romfs
from simulators.reader.main import BUILT, Options, prepare
from simulators.standin import StandIn
from tests.brokers import Mosquitto, Tls
from tests.firmware.interpreter import DEVICE, run
from tests.pki import Authority

SITE, NAME = "kec-pampangan", "pintu-1"
QUEUED = 2000
KIB = 1024
ARENA = 120 * KIB
"""The budget. The 64-bit unix port needs about 1.5 times what 32 bits do (docs/firmware.md, Memory)."""
ARENA_WITH_CODE = 168 * KIB
"""The same with the code loaded from .mpy files into the heap, as without ROMFS and without freezing."""


class Heap(NamedTuple):
    """Bytes, without the image that stands for flash memory."""

    held: int
    """At most, after a collection."""
    fullest: int
    """At most, looked at ten times a second, with what waited to be collected."""


def whole_reader(folder: Path, *, in_flash: bool) -> Heap:
    """Let the reader deliver everything from its arena. Raises AssertionError when anything of it goes wrong."""
    authority = Authority(folder / "pki")
    pair = authority.client("central")

    def prepare_client(client: paho.Client) -> None:
        client.tls_set(str(authority.ca), str(pair.cert), str(pair.key))

    with (
        Mosquitto(folder, tls=Tls(authority.ca, authority.server())) as broker,
        StandIn("127.0.0.1", broker.port, prepare=prepare_client) as centre,
    ):
        device = folder / "device"
        image = _board(device, broker, authority, in_flash=in_flash)
        arena = ARENA if in_flash else ARENA_WITH_CODE
        ran = run(DEVICE / "budget.py", str(device), "60", heap=str(arena + image))
        assert ran.code == 0, ran.output
        assert int(ran.value("image")) == image
        assert ran.value("failed") == "0", ran.output
        assert ran.value("broken") == "0", ran.output
        assert int(ran.value("waiting")) <= 1
        punches = QUEUED + int(ran.value("taps"))
        report = centre.wait_for(lambda now: now["punches"] == punches, 30)
        assert report["repeated"] == 0
    return Heap(int(ran.value("held")) - image, arena - int(ran.value("free_at_least")))


def _board(folder: Path, broker: Mosquitto, authority: Authority, *, in_flash: bool) -> int:
    """Lay out a board; gives the size of the image of its code, 0 when it is not in flash."""
    folder.mkdir()
    client = authority.client(NAME)
    prepare(folder, Options(broker.url, SITE, NAME, authority.ca, client.cert, client.key, more={"oled": False}))
    filled = run(DEVICE / "prefill.py", str(folder / "flash"), "240", str(QUEUED))
    assert filled.value("entries") == str(QUEUED), filled.output
    stand_in = compile_module((DEVICE / "budget_board.py").read_text(), "budget_board")
    if not in_flash:
        (folder / "a" / "budget_board.mpy").write_bytes(stand_in)
        return 0
    image = romfs({**compiled(Release("0.1.0", BUILT)), "budget_board.mpy": stand_in})
    (folder / "rom").write_bytes(image)
    return len(image)
