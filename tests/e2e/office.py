"""One office for end-to-end tests, and the judgement that every such test ends with."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from contract.entry import parse
from gateway.log.view import look
from simulators.standin import StandIn
from simulators.zkteco import TerminalServer, clock

SITE, GATEWAY, DEVICE = "kec-pampangan", "gw1", "pintu-depan"
PATIENCE = 25.0


class Gateway:
    """The real `ketuk run` as a process of its own; `broker` are the keys of the [broker] table."""

    id = GATEWAY
    program: Sequence[str] = ("-m", "gateway.cli", "run", "--allow-volatile", "-c")
    """What Python runs, with the configuration behind it."""

    def __init__(self, folder: Path, terminals: Mapping[str, int], broker: Mapping[str, object], **log: object) -> None:
        self.data = folder / "data"
        self.config = folder / "gateway.toml"
        self.output = folder / "gateway.log"
        fast = {"backoff_min": 0.05, "backoff_max": 0.5, "resend_after": 2, "resend_gap": 0.5, "ack_timeout": 3}
        self.config.write_text(_toml(self.id, terminals, {**fast, **broker}, self.data, log))
        self.environment: dict[str, str] = {}
        """Beside our own."""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        # Tests run where /tmp may be memory; --allow-volatile is about power cuts, which they play elsewhere.
        command = [sys.executable, *self.program, str(self.config)]
        with self.output.open("ab") as output:
            environment = {**os.environ, **self.environment}
            self._process = subprocess.Popen(command, stderr=output, stdout=output, env=environment)
        return self

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; its exit code. Raises TimeoutExpired when it takes longer than it may."""
        self.process.terminate()
        return self.process.wait(5.5)

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The one that runs, or ran last."""
        assert self._process is not None
        return self._process

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        if kind is not None and self.output.exists():
            sys.stderr.write(self.said[-4000:])


def _toml(
    gateway: str, terminals: Mapping[str, int], broker: Mapping[str, object], data: Path, log: Mapping[str, object]
) -> str:
    lines = ["[site]", f'id = "{SITE}"', "[gateway]", f'id = "{gateway}"', f'data = "{data}"', "[broker]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in broker.items()]
    lines += ["[log]", *(f"{key} = {json.dumps(value)}" for key, value in log.items())]
    lines += ["[clock]", 'trust = "system"']
    for name, port in terminals.items():
        lines += ["[[device]]", f'id = "{name}"', 'driver = "zkteco"', 'host = "127.0.0.1"']
        lines += [f"port = {port}", "reconcile = 2", "timeout = 3"]
    return "\n".join(lines) + "\n"


def punched(*terminals: TerminalServer) -> Counter[tuple[str, str]]:
    """What the terminals hold: (person, local time), each as often as it happened."""
    counts: Counter[tuple[str, str]] = Counter()
    for terminal in terminals:
        counts.update((record.user_id, clock.text(record.stamp)) for record in terminal.records())
    return counts


def delivered(centre: StandIn) -> Counter[tuple[str, str]]:
    """What the centre holds: each fact once, whichever logs it came in."""
    facts: dict[tuple[str, str], tuple[str, str]] = {}
    for logid in centre.report()["logs"]:
        for raw in centre.entries(logid):
            event = parse(raw)
            if event["type"] == "ketuk.punch.v1":
                person = str(event["subject"]).removeprefix("pin:")
                facts[str(event["source"]), str(event["id"])] = (person, str(event["data"]["device"]["time"]))  # type: ignore[index]
    return Counter(facts.values())


def judge(centre: StandIn, *terminals: TerminalServer, patience: float = PATIENCE) -> dict[str, Any]:
    """Wait until every punch has arrived, then: each exactly once, in sequence, chain whole. The last report."""
    wanted = punched(*terminals)
    report = centre.wait_for(lambda now: now["punches"] >= wanted.total() and not now["missing"], patience)
    assert delivered(centre) == wanted
    assert (report["forks"], report["broken"], report["rubbish"], report["repeated"]) == (0, 0, 0, 0)
    return report


def marks(gateway: Gateway) -> dict[str, Any]:
    """The marks as the gateway last wrote them; empty before it has."""
    try:
        kept: dict[str, Any] = json.loads((gateway.data / "state.json").read_text())["marks"]["1"]
    except (OSError, ValueError, KeyError):
        return {}
    return kept


def confirmed(centre: StandIn, gateway: Gateway, patience: float = PATIENCE) -> None:
    """Wait until the gateway, too, knows that the centre holds everything of its present log."""

    def knows() -> bool:
        now = marks(gateway)
        log = centre.report()["logs"].get(now.get("logid"))
        return log is not None and now["confirmed"] >= log["highest"]

    until(knows, patience)


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Poll a condition of another process; fail when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


def held(gateway: Gateway) -> list[dict[str, Any]]:
    """Every entry that stands in the gateway's folder, parsed, oldest first; also while it runs."""
    if not (gateway.data / "log").is_dir():
        return []
    raws = [entry.raw for epoch in look(gateway.data).epochs for entry in epoch.read_after(0, 10**6)]
    return [json.loads(raw) for raw in raws]


def recorded(gateway: Gateway) -> Counter[tuple[str, str]]:
    """The punches among them: (person, local time), each as often as it stands there."""
    punches = (entry for entry in held(gateway) if entry["type"] == "ketuk.punch.v1")
    return Counter((entry["subject"].removeprefix("pin:"), entry["data"]["device"]["time"]) for entry in punches)


def audits(gateway: Gateway) -> list[tuple[str, dict[str, Any]]]:
    """The audit entries among them: (event, detail)."""
    data = (entry["data"] for entry in held(gateway) if entry["type"] == "ketuk.audit.v1")
    return [(one["event"], one["detail"]) for one in data]


def verify(gateway: Gateway) -> None:
    """`ketuk log verify` finds nothing wrong with the folder."""
    command = [sys.executable, "-m", "gateway.cli", "log", "verify", str(gateway.data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
