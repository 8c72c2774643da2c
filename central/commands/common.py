"""What several commands need: the database of a configuration, a gateway's name, a bar."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from central.config import Config, load
from central.errors import CentralError, ConfigError
from central.keyring import Keyring, Place
from central.keyring import load as load_keys
from central.store import open_database
from central.store.database import Database
from central.store.migrations import check
from contract import topics


class UsageError(ConfigError):
    """An argument makes no sense (exit 2)."""


def opened(file: Path) -> tuple[Config, Database, Keyring]:
    """What a configuration names; the database is there and at our version. Raises ConfigError, StoreError."""
    config = load(file)
    ring = load_keys(config.trust.keys, first_contact=config.trust.first_contact)
    database = open_database(config.database.url, slow_s=config.database.slow_s)
    if database.dialect == "sqlite" and not Path(config.database.url.removeprefix("sqlite:")).exists():
        raise CentralError(f"{database.name}: there is no such file: start `ketuk central run` first")
    check(database)
    return config, database, ring


def place_of(name: str) -> Place:
    """`kec-pampangan/gw1`. Raises UsageError."""
    site, _, gateway = name.partition("/")
    if not topics.is_site(site) or not topics.is_segment(gateway):
        raise UsageError(f"expected a gateway as site/gateway, e.g. kec-pampangan/gw1, got {name!r}")
    return site, gateway


@contextlib.contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """What is yielded is to be called with each step; nothing is shown where there is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total or None)
        yield lambda step: progress.advance(task, step)
