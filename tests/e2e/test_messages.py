"""What a technician reads when something is set up wrongly: one line, what to do, the right exit code."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.zkteco import TerminalServer
from tests.brokers import HOST, Mosquitto, Tls, free_port
from tests.e2e.office import DEVICE, Gateway, until
from tests.pki import Authority


@pytest.fixture
def locked() -> Iterator[TerminalServer]:
    with TerminalServer("tft-tcp", comm_key=77) as terminal:
        yield terminal


def _config(folder: Path, **changed: str) -> Path:
    facts = {"data": f'"{folder / "data"}"', "driver": '"zkteco"', "port": "4370", **changed}
    path = folder / "gateway.toml"
    path.write_text(
        f'[site]\nid = "kec"\nlang = "en"\n[gateway]\nid = "gw1"\ndata = {facts["data"]}\n'
        '[broker]\nurl = "mqtt://127.0.0.1:9"\n'
        f'[[device]]\nid = "pintu"\ndriver = {facts["driver"]}\nhost = "127.0.0.1"\nport = {facts["port"]}\n'
    )
    return path


@pytest.mark.parametrize(
    ("changed", "code", "line"),
    [
        ({"port": '"abc"'}, 2, 'device[0].port: expected int, got "abc"'),
        ({"driver": '"zkteko"'}, 2, "did you mean zkteco?"),
        ({"data": '"/proc/nothing"'}, 1, "/proc/nothing: No such file or directory; check the folder and its owner"),
    ],
    ids=["wrong type", "unknown driver", "unwritable folder"],
)
@pytest.mark.parametrize("log_format", ["auto", "text"])
def test_it_does_not_start(tmp_path: Path, changed: dict[str, str], code: int, line: str, log_format: str) -> None:
    """For a person as the other commands say it; in a pipe like every other line of the log."""
    config = _config(tmp_path, **changed)
    command = [sys.executable, "-m", "gateway.cli", "run", "-c", str(config), "--allow-volatile"]
    command += ["--log-format", log_format]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == code
    (said,) = done.stderr.splitlines()
    if log_format == "auto":
        assert json.loads(said)["level"] == "critical"
        said = f"ketuk: {json.loads(said)['message']}"
    assert said.startswith("ketuk: ")
    assert line in said


def test_a_second_gateway_on_the_folder(tmp_path: Path) -> None:
    with Gateway(tmp_path, {}, {"url": f"mqtt://{HOST}:{free_port()}"}) as gateway:
        until(lambda: "running, log" in gateway.said)
        command = [sys.executable, "-m", "gateway.cli", "run", "-c", str(gateway.config), "--allow-volatile"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 2
        assert "in use by another gateway, process" in done.stderr


def test_no_broker_and_a_wrong_comm_key(tmp_path: Path, locked: TerminalServer) -> None:
    with Gateway(tmp_path, {DEVICE: locked.port}, {"url": f"mqtt://{HOST}:{free_port()}"}) as gateway:
        until(lambda: "connection refused: does the broker run there" in gateway.said)
        until(lambda: "wrong comm key: set comm_key" in gateway.said)
        assert gateway.stop() == 0


@pytest.mark.parametrize("fault", ["another authority", "expired"])
def test_a_brokers_certificate_that_cannot_be_trusted(tmp_path: Path, fault: str) -> None:
    ours = Authority(tmp_path / "ours", "ours")
    theirs = Authority(tmp_path / "theirs", "theirs")
    server = theirs.server() if fault == "another authority" else ours.server(days=(-30, -2))
    client = ours.client("gw1")
    with Mosquitto(tmp_path, tls=Tls(ours.ca, server)) as broker:
        keys = {"url": broker.url, "ca": str(ours.ca), "cert": str(client.cert), "key": str(client.key)}
        with Gateway(tmp_path, {}, keys) as gateway:
            word = "expired" if fault == "expired" else "ca"
            until(lambda: word in gateway.said.lower() and "certificate" in gateway.said.lower())
            assert "Traceback" not in gateway.said
            assert gateway.stop() == 0
