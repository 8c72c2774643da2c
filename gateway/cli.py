"""The `ketuk` command: a table of sub-commands, each loaded only when it is called.

Exit codes: 0 fine, 1 it ran and something is wrong, 2 it was called wrongly. Errors are one line, never a traceback.
"""

import difflib
import importlib
import sys
from importlib.metadata import version
from typing import NamedTuple, NoReturn

from gateway.errors import ConfigError, KetukError, LogLocked


class Command(NamedTuple):
    """Where a sub-command lives and the line that `ketuk --help` shows for it without loading it."""

    target: str
    """`module:typer app`"""
    help: str


COMMANDS: dict[str, Command] = {
    "run": Command("gateway.commands.run:app", "Run the gateway of one office."),
    "check": Command("gateway.commands.check:app", "Check a configuration file and what it names."),
    "log": Command("gateway.commands.log:app", "A gateway's log: ls, show, verify; export and ack by USB stick."),
    "listen": Command("central.listen.command:app", "Show punches as they arrive at a broker."),
    "central": Command("central.command:app", "The centre: run, import, verify, export, key, trust."),
    "demo": Command("simulators.demo.command:app", "The whole way of a punch on this machine, with simulated devices."),
    "sim": Command("simulators.command:app", "Simulated devices, driven by lines on standard input."),
}


_OURS = ("contract", "gateway", "central", "simulators")


def main(argv: list[str] | None = None) -> NoReturn:
    """Entry point of the console script."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help())  # noqa: T201
        sys.exit(0 if arguments else 2)
    if arguments[0] in ("-V", "--version"):
        print(f"ketuk {version('ketuk')}")  # noqa: T201
        sys.exit(0)
    command = COMMANDS.get(arguments[0])
    if command is None:
        _fail(_unknown(arguments[0]), 2)
    _run(arguments[0], command, arguments[1:])


def _run(name: str, command: Command, arguments: list[str]) -> NoReturn:
    module, _, attribute = command.target.partition(":")
    try:
        app = getattr(importlib.import_module(module), attribute)
        app(arguments, prog_name=f"ketuk {name}")
    except (ConfigError, LogLocked) as error:
        _fail(str(error), 2)
    except KetukError as error:
        _fail(str(error), 1)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in _OURS:
            raise
        _fail(f"{name} needs the package {error.name}: pip install 'ketuk[{_extra(name)}]'", 2)
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(1)
    sys.exit(0)


def _help() -> str:
    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name:<{width}}  {command.help}" for name, command in COMMANDS.items()]
    return "\n".join(
        (
            "Usage: ketuk COMMAND [OPTIONS]",
            "",
            "Attendance at the door: every punch reaches the centre, whatever the power and the network do.",
            "",
            *lines,
            "",
            "ketuk COMMAND --help tells more. ketuk --version tells the version.",
        )
    )


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(COMMANDS)}"
    return f"there is no command {name!r}: {hint}"


def _extra(name: str) -> str:
    return {"demo": "demo", "central": "central"}.get(name, "dev")


def _fail(message: str, code: int) -> NoReturn:
    print(f"ketuk: {message}", file=sys.stderr)  # noqa: T201
    sys.exit(code)


if __name__ == "__main__":
    main()
