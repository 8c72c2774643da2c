"""Keeps what came of each cell of the matrix."""

from collections.abc import Generator

import pytest

from gateway import device
from tests.zkteco import table

_FOUND: table.Results = {}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that tries again soon, so that a test need not wait out a pause meant for offices."""
    monkeypatch.setattr(device, "RETRY_S", (0.1, 0.5))
    monkeypatch.setattr(device, "REFUSED_S", (0.1, 0.5))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    cell = getattr(item, "callspec", None)
    if report.when == "call" and cell is not None and {"fault", "kind"} <= cell.params.keys():
        outcome = "ok" if report.passed else str(call.excinfo.value if call.excinfo else "failed").partition("\n")[0]
        _FOUND.setdefault(cell.params["fault"].name, {})[str(cell.params["kind"])] = outcome
    return report


def pytest_sessionfinish() -> None:
    if _FOUND:
        table.add(_FOUND)
