"""The ingester over TLS, with certificates on both sides."""

import ssl
import time
from pathlib import Path

import pytest

from central.store import open_database
from tests.brokers import Mosquitto, Tls
from tests.central.books import Centre
from tests.central.chain import Chain
from tests.central.running import CentreProcess, write_config
from tests.central.wire import Wire
from tests.pki import Authority

PATIENCE_S = 20.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "pki")


def config(folder: Path, authority: Authority, broker: Mosquitto, *, protocol: str = "3.1.1", **keys: object) -> Path:
    ours = authority.client("central")
    files = {"ca": str(authority.ca), "cert": str(ours.cert), "key": str(ours.key), "protocol": protocol}
    left = {name: value for name, value in {**files, **keys}.items() if value is not None}
    return write_config(folder / "central.toml", broker.url, f"sqlite:{folder / 'central.db'}", broker=left)


def says(centre: CentreProcess, text: str) -> None:
    """Until it says so in its log."""
    end = time.monotonic() + PATIENCE_S
    while text not in centre.said:
        assert time.monotonic() < end, centre.said
        time.sleep(0.02)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_everything_arrives(protocol: str, tmp_path: Path, authority: Authority) -> None:
    """More than a TLS record holds, and bytes that TLS has decrypted and nobody asked for yet."""
    chain = Chain().punches(600)
    theirs = authority.client("gateways")
    context = ssl.create_default_context(cafile=str(authority.ca))
    context.load_cert_chain(theirs.cert, theirs.key)
    with (
        Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server())) as broker,
        CentreProcess(config(tmp_path, authority, broker, protocol=protocol)) as centre,
        Wire(broker.port, protocol=protocol, tls=context) as wire,
    ):
        wire.writable(True)
        wire.send(chain.messages())
        wire.confirmed(chain)
        assert centre.stop() == 0
    assert Centre(open_database(f"sqlite:{tmp_path / 'central.db'}")).held(chain.logid) == chain.raws


def test_a_broker_of_another_authority(tmp_path: Path, authority: Authority) -> None:
    stranger = Authority(tmp_path / "stranger")
    with (
        Mosquitto(tmp_path, tls=Tls(stranger.ca, stranger.server())) as broker,
        CentreProcess(config(tmp_path, authority, broker)) as centre,
    ):
        says(centre, "its certificate is not one we trust")
        says(centre, "check broker.ca and the host's name")
        assert centre.stop() == 0
        assert ": connected" not in centre.said


def test_a_broker_for_another_host(tmp_path: Path, authority: Authority) -> None:
    with (
        Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server(host="broker.example"))) as broker,
        CentreProcess(config(tmp_path, authority, broker)) as centre,
    ):
        says(centre, "its certificate is not one we trust")
        assert centre.stop() == 0
        assert ": connected" not in centre.said


def test_without_a_certificate_of_our_own(tmp_path: Path, authority: Authority) -> None:
    with (
        Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server())) as broker,
        CentreProcess(config(tmp_path, authority, broker, cert=None, key=None)) as centre,
    ):
        says(centre, "does it ask for a certificate (broker.cert, broker.key)?")
        assert centre.stop() == 0
        assert ": connected" not in centre.said


def test_a_certificate_that_the_broker_does_not_trust(tmp_path: Path, authority: Authority) -> None:
    stranger = Authority(tmp_path / "stranger").client("central")
    with (
        Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server())) as broker,
        CentreProcess(config(tmp_path, authority, broker, cert=str(stranger.cert), key=str(stranger.key))) as centre,
    ):
        says(centre, f"does it trust the certificate in {stranger.cert}?")
        assert centre.stop() == 0
        assert ": connected" not in centre.said


def test_a_broker_that_speaks_tls_and_we_do_not(tmp_path: Path, authority: Authority) -> None:
    with Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server())) as broker:
        plain = broker.url.replace("mqtts", "mqtt")
        file = write_config(tmp_path / "central.toml", plain, f"sqlite:{tmp_path / 'central.db'}")
        with CentreProcess(file) as centre:
            says(centre, "does it want mqtts:// in broker.url")
            assert centre.stop() == 0
