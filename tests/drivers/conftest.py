"""`pytest tests/drivers --device=zkteco:host=10.20.0.5,comm_key=1234` runs the conformance suite on real hardware."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        action="append",
        default=[],
        metavar="DRIVER:KEY=VALUE,…",
        help="run the drivers' conformance suite on a real device as well; somebody must stand before it and punch",
    )
