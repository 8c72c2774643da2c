"""`ketuk sim`: simulated devices, one sub-command each."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def sim() -> None:
    """Simulated devices, driven by lines on standard input and answering each with one JSON line."""


@app.command()
def terminal(
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 4370,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    profile: Annotated[
        str, typer.Option(help="Firmware generation: zem-udp-old, zem-udp, tft-tcp or new-tcp.")
    ] = "tft-tcp",
    transport: Annotated[str, typer.Option(help="tcp, udp or both. Default: what the profile speaks.")] = "",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the profile, e.g. event_length=33.")
    ] = None,
    serial: Annotated[str, typer.Option(help="Serial number, of the first terminal.")] = "OKI2024000001",
    comm_key: Annotated[int, typer.Option(help="Communication key, 0 for none.", min=0, max=999_999)] = 0,
    users: Annotated[int, typer.Option(help="Enrol so many users (1001, 1002, …).", min=0)] = 10,
    fingers: Annotated[int, typer.Option(help="Fingers of each user.", min=0, max=10)] = 1,
    records: Annotated[int, typer.Option(help="Fill the log with so many past punches.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same people and past.")] = 0,
    pause: Annotated[
        float | None, typer.Option(help="Seconds between two frames.", min=0, show_default="0.002")
    ] = None,
    count: Annotated[int, typer.Option(help="So many terminals in this process.", min=1, max=5000)] = 1,
    spread: Annotated[str, typer.Option(help="Where many stand: on ports or on addresses that follow.")] = "ports",
    exit_on_eof: Annotated[
        bool | None,
        typer.Option(
            "--exit-on-eof/--no-exit-on-eof", help="End when standard input ends. Default: yes, unless it is /dev/null."
        ),
    ] = None,
) -> None:
    """A ZKTeco terminal on port 4370. Type help for the commands."""
    from simulators.zkteco import fleet, main
    from simulators.zkteco import profile as kinds
    from simulators.zkteco.profiles import PROFILES

    if profile not in PROFILES:
        _fail(f"there is no profile {profile!r}: known are {', '.join(PROFILES)}")
    assignments = [*_transports(transport), *(change or ())]
    try:
        kind = kinds.changed(PROFILES[profile], assignments)
        spread_known = next(one for one in fleet.SPREADS if one == spread)
        fleet.places(count, host, port, spread_known)
    except StopIteration:
        _fail(f"--spread must be one of {', '.join(fleet.SPREADS)}, not {spread!r}")
    except ValueError as error:
        _fail(str(error))
    options = main.Options(
        profile=kind,
        host=host,
        port=port,
        serial=serial,
        comm_key=comm_key,
        users=users,
        fingers=fingers,
        records=records,
        seed=seed,
        pause=pause,
        count=count,
        spread=spread_known,
    )
    try:
        asyncio.run(main.run(options, exit_on_eof=exit_on_eof))
    except OSError as error:
        _fail(str(error), 1)


def _transports(name: str) -> list[str]:
    if name not in ("", "tcp", "udp", "both"):
        _fail(f"--transport must be tcp, udp or both, not {name!r}")
    return [f"tcp={str(name != 'udp').lower()}", f"udp={str(name != 'tcp').lower()}"] if name else []


@app.command()
def reader(
    broker: Annotated[str, typer.Option(help="mqtt://host:port or mqtts://host:port.")],
    site: Annotated[str, typer.Option(help="Site of the reader.")] = "kec-pampangan",
    id: Annotated[str, typer.Option("--id", help="Name of the reader.")] = "pintu-1",
    ca: Annotated[Path | None, typer.Option(help="The authority's certificate, PEM (for mqtts).")] = None,
    cert: Annotated[Path | None, typer.Option(help="The reader's certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="The reader's private key, PEM.")] = None,
    language: Annotated[str, typer.Option(help="id or en.")] = "id",
    folder: Annotated[Path | None, typer.Option(help="Keep its flash here. Default: a new one each time.")] = None,
) -> None:
    """An ESP32 card reader: the real firmware under MicroPython, with simulated chips. Type help for the commands."""
    from simulators.reader.board import BoardError
    from simulators.reader.main import Options, run

    try:
        run(Options(broker, site, id, ca, cert, key, language, folder), sys.stdin)
    except BoardError as error:
        _fail(str(error))


def _fail(message: str, code: int = 2) -> NoReturn:
    print(f"ketuk: {message}", file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)
