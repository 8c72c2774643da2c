"""The reader's memory: the whole of it, TLS on, 2,000 entries waiting, in a heap as small as the design allows."""

from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from provisioning.image import READERS, Release, compile_module, compiled, romfs
from simulators.reader.main import BUILT, Options, prepare
from simulators.standin import StandIn
from tests.brokers import Mosquitto, Tls
from tests.firmware.interpreter import DEVICE, run
from tests.pki import Authority

SITE, NAME = "kec-pampangan", "pintu-1"
ARENA = 120 * 1024
"""The budget. The 64-bit unix port needs about 1.5 times what 32 bits do (docs/firmware.md, Memory)."""
ARENA_WITH_CODE = 160 * 1024
"""The same with the code loaded from .mpy files into the heap, as without ROMFS and without freezing."""
QUEUED = 2000


def board(folder: Path, broker: Mosquitto, authority: Authority, *, in_flash: bool) -> int:
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


@pytest.mark.parametrize("in_flash", [True, False], ids=["code-in-flash", "code-in-the-heap"])
def test_the_whole_reader_fits(in_flash: bool, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    authority = Authority(tmp_path / "pki")
    centre_pair = authority.client("central")

    def prepare_client(client: paho.Client) -> None:
        client.tls_set(str(authority.ca), str(centre_pair.cert), str(centre_pair.key))

    with (
        Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server())) as broker,
        StandIn("127.0.0.1", broker.port, prepare=prepare_client) as centre,
    ):
        folder = tmp_path / "device"
        image = board(folder, broker, authority, in_flash=in_flash)
        arena = ARENA if in_flash else ARENA_WITH_CODE
        ran = run(DEVICE / "budget.py", str(folder), "60", heap=str(arena + image))
        assert ran.code == 0, ran.output
        held = int(ran.value("held")) - image
        record_property("held", held)
        record_property("free_at_least", ran.value("free_at_least"))
        assert int(ran.value("image")) == image
        assert ran.value("failed") == "0", ran.output
        assert ran.value("broken") == "0", ran.output
        taps = int(ran.value("taps"))
        report = centre.wait_for(lambda now: now["punches"] == QUEUED + taps, 30)
        assert report["repeated"] == 0
        assert int(ran.value("waiting")) <= 1


@pytest.mark.parametrize("kind", READERS)
def test_what_a_reader_needs_fits_64_kib(kind: str, record_property: Callable[[str, object], None]) -> None:
    files = compiled(Release("0.1.0", BUILT, kind=kind))
    total = sum(len(raw) for raw in files.values())
    record_property("mpy", total)
    assert total <= 65_536
    assert [name for name in files if name.startswith("firmware/readers/")]
