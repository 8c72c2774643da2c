"""The reader's TLS against a real mosquitto: who is let in, who is refused and why, and what a lost clock changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from contract.entry import parse
from simulators.standin import StandIn
from tests.firmware.faketime import own_clock
from tests.firmware.program import NAME, UID, Reader, Secure, until
from tests.pki import Authority


def test_mutual_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    secure = Secure(tmp_path, authority, authority.server(), authority.client(NAME))
    with secure.broker, Reader(secure.folder, secure.options) as reader:
        reader.do(f"tap {UID}")
        until(lambda: f"Received PUBLISH from {NAME}" in secure.broker.output, lambda: reader.printed)
        assert f"u'{NAME}'" in secure.broker.output or f"as {NAME}" in secure.broker.output


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ({"host": "elsewhere.example"}, "match"),
        ({"days": (-20, -10)}, "expired"),
        ({"days": (10, 20)}, "future"),
    ],
    ids=["wrong-host", "expired", "future"],
)
def test_a_wrong_server_certificate_is_refused_and_taps_are_kept(
    server: dict[str, Any], why: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "pki")
    secure = Secure(tmp_path, authority, authority.server(**server), authority.client(NAME))
    with secure.broker, Reader(secure.folder, secure.options) as reader:
        until(lambda: any(why in line for line in reader.printed), lambda: reader.printed)
        assert reader.do(f"tap {UID}")["shown"][0] == "Tercatat"
        assert "New client connected" not in secure.broker.output


def test_an_unknown_authority_is_refused_on_either_side(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "pki"), Authority(tmp_path / "other", "stranger")
    secure = Secure(tmp_path / "1", authority, authority.server(), authority.client(NAME), ca=stranger.ca)
    with secure.broker, Reader(secure.folder, secure.options) as reader:
        until(lambda: any("not signed" in line or "trusted" in line for line in reader.printed), lambda: reader.printed)
    secure = Secure(tmp_path / "2", authority, authority.server(), stranger.client(NAME))
    with secure.broker, Reader(secure.folder, secure.options) as reader:
        until(lambda: any(line.startswith("link:") for line in reader.printed), lambda: reader.printed)
        until(lambda: "certificate" in secure.broker.output, lambda: secure.broker.output)
        assert "New client connected" not in secure.broker.output


@contextmanager
def secure_centre(secure: Secure, authority: Authority) -> Iterator[StandIn]:
    pair = authority.client("central")

    def prepare(client: paho.Client) -> None:
        client.tls_set(str(authority.ca), str(pair.cert), str(pair.key))

    with StandIn("127.0.0.1", secure.broker.port, prepare=prepare) as centre:
        yield centre


def clock_states(centre: StandIn) -> list[str]:
    events: list[dict[str, Any]] = [parse(raw) for logid in centre.report()["logs"] for raw in centre.entries(logid)]
    return [event["data"]["clock"]["state"] for event in events if event["type"] == "ketuk.punch.v1"]


def test_tls_goes_on_after_a_power_cut_that_took_the_time_along(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    secure = Secure(tmp_path, authority, authority.server(), authority.client(NAME))
    environment = own_clock(secure.folder)
    with (
        secure.broker,
        secure_centre(secure, authority) as centre,
        Reader(secure.folder, secure.options, environment) as reader,
    ):
        reader.do(f"tap {UID}")
        centre.wait_for(lambda now: now["punches"] == 1, 60)
        reader.do("clock lost")
        for number in range(2):
            reader.do("cut power 0")
            reader.do(f"tap 04A1B2C3D4E5{number:02X}")
            centre.wait_for(lambda now, number=number: now["punches"] == 2 + number, 60)  # type: ignore[misc]
        assert clock_states(centre) == ["synced", "unset", "unset"]
        assert not [line for line in reader.printed if "future" in line]


def test_a_new_reader_without_any_clock_trusts_no_time_before_its_own_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    secure = Secure(tmp_path, authority, authority.server(), authority.client(NAME), more={"rtc": False})
    environment = own_clock(secure.folder)
    with (
        secure.broker,
        secure_centre(secure, authority) as centre,
        Reader(secure.folder, secure.options, environment) as reader,
    ):
        reader.do(f"tap {UID}")
        centre.wait_for(lambda now: now["punches"] == 1, 60)
        assert clock_states(centre) == ["unset"]


def test_without_a_clock_a_certificate_of_tomorrow_is_still_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    tomorrow = authority.server(days=(1, 30))
    secure = Secure(tmp_path, authority, tomorrow, authority.client(NAME), more={"rtc": False})
    environment = own_clock(secure.folder)
    with secure.broker, Reader(secure.folder, secure.options, environment) as reader:
        until(lambda: any("future" in line for line in reader.printed), lambda: reader.printed)
        assert reader.do(f"tap {UID}")["shown"][0] == "Tercatat"
        assert "New client connected" not in secure.broker.output
