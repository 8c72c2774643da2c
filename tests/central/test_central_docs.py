"""docs/central.md: its queries answer on both databases, its subscribers are run as they stand there."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.brokers import Mosquitto
from tests.central.books import Centre
from tests.central.chain import Chain
from tests.central.wire import Wire
from tests.documents import ROOT, fenced

PAGE = (ROOT / "docs" / "central.md").read_text()
QUERIES = [query for block in fenced(PAGE, "sql") for query in block.split(";") if query.strip()]
PATIENCE = 30.0
PACKAGE = "mqtt@5"


class Subscriber:
    """A program of the page as a process: what it prints, line by line."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command, self._folder = command, folder
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def saw(self, lines: list[str]) -> None:
        """Wait until it has printed exactly these."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.lines) >= len(lines), PATIENCE)
            assert self.lines == lines

    def _read(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, cwd=self._folder, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, args=(self._process,))
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def javascript(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where `require("mqtt")` finds the package; it is installed once into pytest's cache."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    cache = pytestconfig.cache
    folder = Path(cache.mkdir("central-js")) if cache else tmp_path_factory.mktemp("central-js")
    if not (folder / "node_modules" / "mqtt" / "package.json").exists():
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip().splitlines()[-1]}")
    return folder


def program(language: str, port: int) -> str:
    """The only block in that language, with the test's broker in it."""
    (block,) = fenced(PAGE, language)
    assert "127.0.0.1" in block
    return block.replace("1883", str(port))


def shown(chain: Chain, first: int, last: int) -> list[str]:
    return [f"/kec-pampangan/pintu-depan fact-{n} pin:{n} 2026-03-02T12:00:00+07:00 in" for n in range(first, last + 1)]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def keeps_its_place(mosquitto: Mosquitto, subscriber: Subscriber) -> None:
    """What is published while it runs, and what was published while it was away, each once."""
    chain = Chain()
    for number in range(1, 9):
        chain.punch(f"pin:{number}")
    with Wire(mosquitto.port) as wire:
        with subscriber:
            until(lambda: "Sending SUBACK to kepegawaian" in mosquitto.output)
            wire.send(chain.messages(1, 4))
            subscriber.saw(shown(chain, 1, 4))
            until(lambda: mosquitto.output.count("Received PUBACK from kepegawaian") == 4)
        wire.send(chain.messages(5, 8))
        with subscriber:
            subscriber.saw(shown(chain, 1, 8))


def test_the_subscriber_in_python(mosquitto: Mosquitto, tmp_path: Path) -> None:
    keeps_its_place(mosquitto, Subscriber([sys.executable, "-c", program("python", mosquitto.port)], tmp_path))


def test_the_subscriber_in_javascript(mosquitto: Mosquitto, javascript: Path) -> None:
    keeps_its_place(mosquitto, Subscriber(["node", "-e", program("js", mosquitto.port)], javascript))


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_subscriber_has_about_ten_lines(language: str) -> None:
    (block,) = fenced(PAGE, language)
    assert len([line for line in block.splitlines() if line.strip()]) <= 11


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_answers(query: str, centre: Centre) -> None:
    chain = Chain()
    chain.punch("pin:1042", time="2026-03-02T07:28:00+07:00")
    chain.punch("pin:1042", time="2026-03-02T16:01:00+07:00")
    chain.punch("pin:7", time=None, clock="unset")
    chain.punches(2)
    centre.take([chain.birth()], chain.messages(1, 3), chain.messages(5))
    with centre.database.transaction() as sql:
        sql.script("CREATE TABLE pegawai (nip text NOT NULL, site text NOT NULL, subject text NOT NULL);")
        sql.run("INSERT INTO pegawai VALUES ('198001012006041001', 'kec-pampangan', 'pin:1042')")
    rows = centre.rows(query)
    assert rows, "the example shows nothing"
    if "first, max" in query:
        ((nip, day, first, last, count),) = [row for row in rows if row[-1] == 3]
        assert (nip, str(day), count) == ("198001012006041001", "2026-03-02", 3)
        assert (str(first), str(last)) == ("2026-03-02 07:28:00", "2026-03-02 16:01:00")


def test_every_table_and_view_is_told_of(centre: Centre) -> None:
    statement = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'",
        "postgres": "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'v', 'p') AND NOT c.relispartition",
    }[centre.database.dialect]
    inner = {"schema_version", "gateway_state", "entry_key"}
    names = set(centre.rows(statement)) - inner
    assert {name for name in names if f"`{name}`" not in PAGE} == set()


def test_every_kind_of_alarm_is_told_of() -> None:
    kinds = {
        line.split('"')[3]
        for path in (ROOT / "central").rglob("*.py")
        for line in path.read_text().splitlines()
        if "Alarm(f" in line and line.count('"') >= 4
    }
    assert len(kinds) > 5
    assert {kind for kind in kinds if f"`{kind}`" not in PAGE} == set()
