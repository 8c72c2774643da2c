"""Terminals, gateways, broker, centre and database are killed at random; in the end they agree, one to one.

`KETUK_TORTURE_SECONDS=60 make soak TEST=tests/torture/test_chain.py` for a short one; `KETUK_TORTURE_SEED` for the
same kills again.
"""

import os
import random
from pathlib import Path

import pytest

from gateway.log.view import look
from tests.postgres import Cluster
from tests.torture.chain import chain

SECONDS = float(os.environ.get("KETUK_TORTURE_SECONDS", "1200"))
SEED = int(os.environ.get("KETUK_TORTURE_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
PATIENCE = 120.0


@pytest.mark.timeout(600)
def test_half_a_minute_with_sqlite(tmp_path: Path) -> None:
    with chain(tmp_path) as whole:
        reaper = whole.torture(20, SEED)
        whole.agree(PATIENCE)
        assert set(reaper.kills) == {"terminal", "gateway", "broker", "central"}, f"seed {SEED}"


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 12 * PATIENCE)
@pytest.mark.parametrize("database", ["PostgreSQL", "SQLite"])
def test_all_agree_in_the_end(database: str, tmp_path: Path) -> None:
    print(f"seed {SEED}, {SECONDS:.0f} s, {database}")
    if database == "SQLite":
        _soak(tmp_path, None)
        return
    with Cluster() as cluster:
        _soak(tmp_path, cluster)


def _soak(folder: Path, cluster: Cluster | None) -> None:
    with chain(folder, cluster) as whole:
        reaper = whole.torture(SECONDS, SEED)
        print(f"killed: {dict(reaper.kills.most_common())}")
        findings = whole.agree(5 * PATIENCE)
        punches = sum(len(door.witness.ever) for door in whole.doors)
        signed = sum(log["checkpoints"] for log in findings["logs"])
        print(f"{punches:,} punches, {findings['entries']:,} entries, {signed:,} checkpoints: all agree")
        print(f"the logs go back to entries {[look(office.data).epochs[-1].oldest for office in whole.offices]}")
        assert set(reaper.kills) == {hop.kind for hop in whole.hops}
