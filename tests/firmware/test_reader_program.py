"""`ketuk sim reader`: the whole firmware from .mpy files, on simulated chips, against a real broker and a centre."""

import json
import subprocess
import sys
from pathlib import Path

from contract.audit import EVENTS
from simulators.standin import StandIn
from tests.brokers import Mosquitto
from tests.firmware.listener import Listener, entries, subjects
from tests.firmware.program import UID, Reader, options, until


def test_taps_arrive_once_through_wifi_loss_and_power_cuts(
    broker: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    with (
        StandIn("127.0.0.1", broker.port) as centre,
        Reader(tmp_path / "device", options(broker)) as reader,
    ):
        first = reader.do(f"tap {UID}")
        assert first["shown"][0] == "Tercatat"
        assert first["light"] == "g"
        assert first["heard_hz"] == [2400]
        assert reader.do(f"tap {UID}")["shown"] == ["Sudah tercatat"]
        assert reader.do("two-cards")["shown"] == ["Satu kartu saja"]
        centre.wait_for(lambda now: now["punches"] == 1, 30)
        reader.do("wifi off")
        assert reader.do("tap 04A1B2C3D4E581")["shown"][0] == "Tercatat"
        reader.do("cut power 0")
        assert reader.do("tap DEADBEEF")["shown"][0] == "Tercatat"
        assert reader.do("tap 08AABBCC random")["shown"] == ["Kartu acak", "Pakai kartu lain"]
        centre.wait_for(lambda now: now["punches"] == 4, 60)
        report = centre.report()
        assert report["repeated"] == 0
        assert report["rubbish"] == 0
        assert not [log for log in report["logs"].values() if log["broken"] or log["forks"] or log["missing"]]
        assert sorted(subjects(centre)) == [
            "card:04A1B2C3D4E580",
            "card:04A1B2C3D4E581",
            "card:08AABBCC",
            "card:DEADBEEF",
        ]
        until(lambda: bool(listener.of("health")), lambda: listener.messages)
        health = listener.of("health")[-1]
        assert health["devices"][0]["state"] == "ok"
        assert health["clock"]["state"] == "synced"
        events = [event["data"]["event"] for event in entries(centre) if event["type"] == "ketuk.audit.v1"]
        assert events.count("software-started") == 2
        assert set(events) <= set(EVENTS)


def test_commands_and_a_lost_clock(broker: Mosquitto, listener: Listener, tmp_path: Path) -> None:
    with StandIn("127.0.0.1", broker.port) as centre, Reader(tmp_path / "device", options(broker)) as reader:
        reader.do("clock lost")
        reader.do("cut power 0")
        reader.do(f"tap {UID}")
        centre.wait_for(lambda now: now["punches"] == 1, 30)
        [punch] = [event for event in entries(centre) if event["type"] == "ketuk.punch.v1"]
        assert "time" not in punch
        assert punch["data"]["clock"]["state"] == "unset"
        listener.ask("ping")
        listener.ask("sync-clock", time="2026-06-01T07:28:00+07:00")
        listener.ask("replay", **{"from": 1, "to": 2})
        for verb in ("ping", "sync-clock", "replay"):
            until(lambda verb=verb: bool(listener.of(f"reply/{verb}")), lambda: (listener.messages, reader.printed))  # type: ignore[misc]
            assert listener.of(f"reply/{verb}")[0]["ok"], listener.of(f"reply/{verb}")
        shown = reader.do("tap DEADBEEF")["shown"]
        assert shown == ["Tercatat", "07.28"]


def test_a_sick_chip_heals_or_says_so(broker: Mosquitto, tmp_path: Path) -> None:
    with Reader(tmp_path / "device", options(broker)) as reader:
        reader.do("brown-out")
        assert reader.do(f"tap {UID}")["shown"][0] == "Tercatat"
        reader.do("break bus none")
        until(lambda: reader.do("show")["shown"] == ["Pembaca rusak", "Hubungi teknisi"], lambda: reader.do("show"))
        reader.do("mend")
        until(lambda: reader.do("show")["shown"] == ["Ketuk kartu"], lambda: reader.do("show"))
        assert reader.do("tap DEADBEEF")["shown"][0] == "Tercatat"


def test_the_command_line(broker: Mosquitto) -> None:
    command = [sys.executable, "-m", "gateway.cli", "sim", "reader", "--broker", broker.url]
    done = subprocess.run(
        command, input=f"tap {UID}\nnonsense\nquit\n", capture_output=True, text=True, timeout=60, check=False
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["ok"] for answer in answers] == [True, True, False, True], done.stderr
    assert answers[0]["ready"]
    assert done.returncode == 0
    wrong = subprocess.run([*command[:-1], "http://x"], capture_output=True, text=True, timeout=60, check=False)
    assert wrong.returncode == 2
    assert "mqtt://" in wrong.stderr
