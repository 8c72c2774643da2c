"""Tests: unit, contract, crash and end-to-end. A package, so that every test can use `tests.schemas`."""
