"""README.md and docs/ are not stale: configurations load, commands and targets exist, links lead somewhere."""

import importlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
import typer

from central import config as central_config
from gateway import cli
from gateway import config as gateway_config
from gateway.drivers.zkteco.terminal import Options
from tests.documents import DOCUMENTS, ROOT, anchors, calls, fenced, links

TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in DOCUMENTS}
LIVING = {name: text for name, text in TEXTS.items() if name != "CHANGELOG.md"}
"""Without what tells the past."""

LOADS: dict[str, Callable[[Path], object]] = {"gateway": gateway_config.load, "central": central_config.load}
SECTIONS = {
    "gateway": {"site", "gateway", "broker", "log", "clock", "central", "device"},
    "central": set(central_config.Config.__struct_fields__) - {"file"},
}
LEAST = {
    "gateway": {
        "site": '[site]\nid = "kec"\n',
        "gateway": '[gateway]\nid = "gw1"\ndata = "data"\n',
        "broker": '[broker]\nurl = "mqtt://127.0.0.1"\n',
    },
    "central": {"broker": '[broker]\nurl = "mqtt://127.0.0.1"\n'},
}
_FILE = re.compile(r'^(ca|cert|key|password_file) *= *"([^"]+)"', re.M)


def _blocks() -> Iterator[Any]:
    for name, text in TEXTS.items():
        for number, block in enumerate(fenced(text, "toml"), 1):
            yield pytest.param(block, id=f"{name} block {number}")


def _whose(tables: Mapping[str, object]) -> str:
    """Whose configuration it is; raises AssertionError for one that nobody reads."""
    for program in ("gateway", "central"):
        if set(tables) <= SECTIONS[program]:
            return program
    raise AssertionError(f"no program reads {', '.join(tables)}")


@pytest.mark.parametrize("block", list(_blocks()))
def test_every_configuration_loads(block: str, tmp_path: Path) -> None:
    tables = tomllib.loads(block)
    program = _whose(tables)
    text = _FILE.sub(lambda found: f'{found[1]} = "{Path(found[2]).name}"', block)
    for _, file in _FILE.findall(text):
        (tmp_path / file).touch(0o600)
    text += "\n".join(["", *(table for name, table in LEAST[program].items() if name not in tables)])
    (tmp_path / "file.toml").write_text(text)
    LOADS[program](tmp_path / "file.toml")


def test_every_key_is_documented_with_its_default() -> None:
    (block,) = fenced(TEXTS["docs/configuration.md"], "toml")
    tables = tomllib.loads(block)
    device = dict(tables["device"][0])
    assert (device.pop("id"), device.pop("driver")) == ("pintu-depan", "zkteco")
    kinds = {**get_type_hints(gateway_config.Config), "device": Options}
    for name, told in {**tables, "device": device}.items():
        fields = {field.name: field for field in msgspec.structs.fields(kinds[name])}
        assert set(told) == set(fields), f"[{name}]"
        for key, field in fields.items():
            if field.default not in (msgspec.NODEFAULT, None, ""):
                assert told[key] == field.default, f"{name}.{key}"


def test_there_are_configurations_to_load() -> None:
    assert len(list(_blocks())) >= 2


def _called(program: str) -> list[tuple[str, ...]]:
    return sorted({words for text in LIVING.values() for words in calls(text, program)})


def _command(words: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The click command that the words call, and the words that are left for it."""
    assert words[0] in cli.COMMANDS, f"there is no ketuk {words[0]}"
    module, _, attribute = cli.COMMANDS[words[0]].target.partition(":")
    command: Any = typer.main.get_command(getattr(importlib.import_module(module), attribute))
    rest = words[1:]
    while rest and hasattr(command, "commands"):
        assert rest[0] in command.commands, f"there is no ketuk {' '.join(words)}"
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words)) for words in _called("ketuk")])
def test_every_command_exists_with_its_options(words: tuple[str, ...]) -> None:
    if words[0].startswith("-"):
        assert words[0] in ("--help", "--version")
        return
    command, rest = _command(words)
    with pytest.raises(SystemExit) as ended:
        cli.main([*words[: len(words) - len(rest)], "--help"])
    assert ended.value.code == 0
    known = {"--help", *(name for parameter in command.params for name in parameter.opts + parameter.secondary_opts)}
    given = {word.partition("=")[0].strip("[]") for word in rest if word.lstrip("[").startswith("-")}
    assert given <= known


def test_there_are_commands_to_look_at() -> None:
    assert ("run", "-c", "gateway.toml") in _called("ketuk")


@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words)) for words in _called("make")])
def test_every_target_exists(words: tuple[str, ...]) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
    assert words[0] in targets


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    told = makefile.partition("help:\n")[2].partition("\n\n")[0]
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M)) - {"help", "setup"}
    assert {target for target in targets if f"make {target} " in told} == targets


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    for link in links(TEXTS[name]):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        assert target.exists(), f"{link}: no such file"
        if anchor:
            assert anchor in anchors(target.read_text()), f"{link}: no such heading"


def test_every_document_can_be_found() -> None:
    shown = {link.partition("#")[0] for name in ("README.md", "ARCHITECTURE.md") for link in links(TEXTS[name])}
    assert [name for name in TEXTS if name.startswith("docs/") and name not in shown] == []


def test_architecture_names_every_room_and_none_that_is_not() -> None:
    """Rooms are the packages at the top and all in `gateway/`; a name without a folder is beside the one before."""
    rooms: set[Path] = set()
    table = TEXTS["ARCHITECTURE.md"].partition("## The rooms")[2].partition("\n\n`drivers`")[0]
    for row in re.findall(r"^\| (`.*?) \|", table, re.M):
        beside = ROOT
        for name in re.findall(r"`([^`]+)`", row):
            found = sorted(beside.glob(name)) or sorted(ROOT.glob(name))
            assert found, f"there is no {name}"
            rooms.update(found)
            beside = found[0].parent
    packages = {path.parent for path in ROOT.glob("*/__init__.py")}
    assert rooms >= packages - {ROOT / "gateway"}
    parts = [*(ROOT / "gateway").glob("*.py"), *(path.parent for path in (ROOT / "gateway").glob("*/__init__.py"))]
    assert rooms >= {path for path in parts if path.name != "__init__.py"}


def test_architecture_names_files_that_exist() -> None:
    named = re.findall(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|md|json|yaml)", TEXTS["ARCHITECTURE.md"])
    assert len(named) >= 10
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "gateway" / name).exists()] == []
