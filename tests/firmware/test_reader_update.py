"""Updates over the air: installed and proved, not proved and taken back, refused."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from provisioning.image import Release, compile_module, fill, manifest, modulus, publish, sign
from simulators.reader.main import BUILT
from simulators.standin import StandIn
from tests.brokers import Mosquitto
from tests.firmware.listener import Listener, entries
from tests.firmware.program import UID, Reader, options, until


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An HTTP server for updates: its URL and its folder."""
    folder = tmp_path / "www"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()


def updatable(broker: Mosquitto, folder: Path, key: rsa.RSAPrivateKey) -> Reader:
    return Reader(folder, options(broker, more={"update": {"key": modulus(key.public_key())}}))


def births(listener: Listener) -> list[str]:
    return [message["version"] for message in listener.of("status") if "version" in message]


def test_an_update_is_installed_proves_itself_and_keeps_every_tap(
    broker: Mosquitto, listener: Listener, key: rsa.RSAPrivateKey, shop: tuple[str, Path], tmp_path: Path
) -> None:
    publish(shop[1], Release("0.2.0", BUILT + 1), key)
    with (
        StandIn("127.0.0.1", broker.port) as centre,
        updatable(broker, tmp_path / "device", key) as reader,
    ):
        reader.do(f"tap {UID}")
        until(lambda: "0.1.0" in births(listener), lambda: (listener.messages, reader.printed))
        listener.ask("update", url=shop[0])
        until(lambda: "0.2.0" in births(listener), lambda: (births(listener), reader.printed))
        until(lambda: (reader.folder / "slot").read_text() == "b 0", (reader.folder / "slot").read_text)
        reader.do("tap DEADBEEF")
        centre.wait_for(lambda now: now["punches"] == 2, 60)
        assert centre.report()["repeated"] == 0


def test_an_update_that_does_not_prove_itself_is_taken_back(
    broker: Mosquitto, listener: Listener, key: rsa.RSAPrivateKey, shop: tuple[str, Path], tmp_path: Path
) -> None:
    release = Release("0.3.0", BUILT + 2)
    files = fill(shop[1], release)
    files["firmware/start.mpy"] = compile_module("import machine\n\ndef run():\n    machine.reset()\n", "start")
    (shop[1] / "firmware/start.mpy").write_bytes(files["firmware/start.mpy"])
    sign(shop[1], manifest(release, files), key)
    with StandIn("127.0.0.1", broker.port) as centre, updatable(broker, tmp_path / "device", key) as reader:
        reader.do(f"tap {UID}")
        until(lambda: "0.1.0" in births(listener), lambda: (listener.messages, reader.printed))
        listener.ask("update", url=shop[0])
        until(lambda: reader.board.resets >= 4, lambda: (reader.board.resets, reader.printed))
        until(lambda: len(births(listener)) >= 2, lambda: (births(listener), reader.printed))
        assert births(listener)[-1] == "0.1.0"
        until(lambda: (reader.folder / "slot").read_text() == "a 0", (reader.folder / "slot").read_text)
        reader.do("tap DEADBEEF")
        centre.wait_for(lambda now: now["punches"] == 2, 60)
        taken_back = [event for event in entries(centre) if event["data"].get("detail", {}).get("taken-back")]
        assert len(taken_back) == 1


def spoil(fault: str, folder: Path) -> None:
    """Make a published release wrong in one way."""
    app, listing = folder / "firmware" / "app.mpy", folder / "manifest.json"
    raw = app.read_bytes()
    if fault == "signature":
        listing.write_bytes(listing.read_bytes().replace(b"0.4.0", b"0.4.1"))
    elif fault == "file":
        app.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    elif fault == "missing":
        app.unlink()


def test_a_bad_update_changes_nothing(
    broker: Mosquitto, listener: Listener, key: rsa.RSAPrivateKey, shop: tuple[str, Path], tmp_path: Path
) -> None:
    reasons = {
        "signature": "the signature is not by the key of this reader",
        "file": "firmware/app.mpy: not the file that was signed",
        "old": "it is not newer than what runs",
        "missing": "firmware/app.mpy: the server answers 404",
    }
    with StandIn("127.0.0.1", broker.port) as centre, updatable(broker, tmp_path / "device", key) as reader:

        def outcomes() -> list[str]:
            details = [event["data"].get("detail", {}) for event in entries(centre)]
            return [detail["outcome"] for detail in details if detail.get("verb") == "update"]

        for number, (fault, reason) in enumerate(reasons.items(), 1):
            publish(shop[1], Release("0.4.0", BUILT - 1 if fault == "old" else BUILT + 3), key)
            spoil(fault, shop[1])
            until(lambda number=number: len(births(listener)) >= number, lambda: (listener.messages, reader.printed))  # type: ignore[misc]
            listener.ask("update", url=shop[0])
            until(lambda reason=reason: f"failed: {reason}" in outcomes(), lambda: (outcomes(), reader.printed))  # type: ignore[misc]
        assert reader.board.resets == 0
        assert reader.do(f"tap {UID}")["shown"][0] == "Tercatat"
        centre.wait_for(lambda now: now["punches"] == 1, 60)
