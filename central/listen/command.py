"""`ketuk listen`: the options, and the loop from arrival to output."""

import dataclasses
import os
import signal
import sys
import time
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal, NoReturn

import typer
from rich.console import Console

from central.listen import url
from central.listen.client import Listener, Login, State
from central.listen.marks import Marker
from central.listen.output import JsonLines, LiveTable, Output
from central.listen.tally import Tally
from contract import topics

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_POLL = 0.2


class Kind(StrEnum):
    """What is listened to."""

    punch = "punch"
    audit = "audit"
    checkpoint = "checkpoint"
    all = "all"


class Mqtt(StrEnum):
    """Version of the protocol."""

    v3 = "3.1.1"
    v5 = "5"


@app.command()
def listen(
    broker: Annotated[str, typer.Option(help="mqtts://host:port or mqtt://host:port.")] = "mqtt://127.0.0.1:1883",
    ca: Annotated[Path | None, typer.Option(help="PEM file with the authority that vouches for the broker.")] = None,
    cert: Annotated[Path | None, typer.Option(help="PEM file with our certificate.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file with its private key.")] = None,
    username: Annotated[str | None, typer.Option(help="User name at the broker.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File whose first line is the password.")] = None,
    protocol: Annotated[Mqtt, typer.Option(help="Version of MQTT.")] = Mqtt.v3,
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be given several times.")] = None,
    kind: Annotated[Kind, typer.Option(help="What to listen to.")] = Kind.punch,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="End after so many messages.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--for", min=0, metavar="SECONDS", help="End after so long; exit code 1 if --count was not met."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON lines, as in a pipe.")] = False,  # noqa: FBT002
    unmask: Annotated[bool, typer.Option("--unmask", help="Show whole numbers of people in the table.")] = False,  # noqa: FBT002
) -> None:
    """Show punches as they arrive at a broker: a live table on a terminal, JSON lines in a pipe. Ctrl-C ends it.

    Marks: late (recorded more than a minute after the punch), replayed (seen before), unsynced (no trusted clock).
    """
    try:
        address = url.parse(broker)
        login = _login(address, ca, cert, key, username, password_file)
        filters = _filters(site or ["+"], kind)
    except url.AddressError as error:
        print(f"ketuk: {error}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2) from None
    version: Literal["3.1.1", "5"] = "5" if protocol is Mqtt.v5 else "3.1.1"
    listener = Listener(address, filters, login, version)
    tally = Tally(state=f"connecting to {address}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        complete = _show(listener, tally, count, seconds, as_json=json, unmask=unmask)
    except BrokenPipeError:
        # Whoever read the lines has had enough. Python would complain once more at exit, so nothing is left to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        complete = True
    if not complete:
        raise typer.Exit(1)


def _show(
    listener: Listener, tally: Tally, count: int | None, seconds: float | None, *, as_json: bool, unmask: bool
) -> bool:
    """Whether what was asked for came: so many messages, or at least a connection."""
    console = Console()
    as_json = as_json or not console.is_terminal or console.is_dumb_terminal
    output: Output = JsonLines(tally) if as_json else LiveTable(tally, console, unmask=unmask)
    try:
        return _follow(listener, output, tally, count, None if seconds is None else time.monotonic() + seconds)
    except KeyboardInterrupt:
        return True
    finally:
        listener.close()
        output.close()


def _follow(listener: Listener, output: Output, tally: Tally, count: int | None, end: float | None) -> bool:
    marker = Marker()
    ever_connected = False
    while end is None or time.monotonic() < end:
        for item in listener.poll(_POLL if end is None else max(0.0, min(_POLL, end - time.monotonic()))):
            if isinstance(item, State):
                ever_connected |= item.connected
                if item.text != tally.state:
                    tally.state, tally.connected = item.text, item.connected
                    output.state()
                continue
            arrival = item if item.error else dataclasses.replace(item, marks=marker.marks(item.event))
            tally.add(arrival)
            output.arrived(arrival)
            if count is not None and tally.entries + tally.unreadable >= count:
                return True
        output.tick()
    return ever_connected and count is None


def _login(
    address: url.Address,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    username: str | None,
    password_file: Path | None,
) -> Login:
    if not address.tls and (ca or cert or key):
        raise url.AddressError("--ca, --cert and --key need TLS: write mqtts:// in --broker")
    if password_file is not None and username is None:
        raise url.AddressError("--password-file is of no use without --username")
    tls = url.tls_context(ca, cert, key) if address.tls else None
    return Login(tls, username, None if password_file is None else url.password(password_file))


def _filters(sites: list[str], kind: Kind) -> list[str]:
    for site in sites:
        if site != "+" and not topics.is_site(site):
            raise url.AddressError(f"--site: {site!r} cannot be a site: a-z, 0-9 and -, at most 32, not `central`")
    wanted = "+" if kind is Kind.all else kind.value
    return [topics.log(site, "+", wanted) for site in dict.fromkeys(sites)]


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
