"""The table of drivers: lazy, open to third parties, and clear about what it does not know."""

import subprocess
import sys
import textwrap

import pytest

from gateway.drivers import table
from gateway.errors import ConfigError


def test_every_row_makes_a_driver():
    for name in table.DRIVERS:
        options = {"host": "10.20.0.5"} if name == "zkteco" else {}
        driver = table.create(name, options, "pintu")
        assert driver.status().serial in ("", "VIRTUAL-pintu")


def test_an_unknown_driver_names_the_known_and_the_nearest():
    with pytest.raises(ConfigError) as caught:
        table.create("zktec", {}, "pintu")
    assert str(caught.value).startswith(
        'device[pintu].driver: unknown driver "zktec" (did you mean zkteco?); known are '
    )
    assert set(table.DRIVERS) <= set(str(caught.value).split("known are ")[1].split(", "))


def test_nothing_is_imported_before_it_is_wanted():
    wanted = "name.startswith(('zk', 'gateway.drivers.'))"
    code = f"import sys, gateway.drivers.table; print([name for name in sys.modules if {wanted}])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "['gateway.drivers.table']"


def test_a_third_party_adds_a_driver_by_entry_point(tmp_path, monkeypatch):
    (tmp_path / "acme_ketuk.py").write_text(
        textwrap.dedent(
            """
            def create(options, name):
                return ("acme", dict(options), name)
            """
        )
    )
    info = tmp_path / "acme_ketuk-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ketuk\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ketuk.drivers]\nacme = acme_ketuk:create\nbroken = acme_ketuk:nothing\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert table.create("acme", {"port": 1}, "pintu") == ("acme", {"port": 1}, "pintu")
    assert {"acme", "zkteco"} <= set(table.known())
    with pytest.raises(ConfigError, match=r"device\[pintu\].driver: broken cannot be loaded"):
        table.create("broken", {}, "pintu")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"host": "h", "port": "abc"}, 'device[pintu].port: expected int, got "abc"'),
        ({"host": "h", "port": 0}, "device[pintu].port: "),
        ({}, "device[pintu].host: "),
        ({"host": ""}, "device[pintu].host: "),
        ({"host": "h", "comm_key": 1_000_000}, "device[pintu].comm_key: "),
        ({"host": "h", "transport": "serial"}, "device[pintu].transport: "),
        ({"host": "h", "timeout": 0}, "device[pintu].timeout: "),
        ({"host": "h", "com_key": 1}, "device[pintu].com_key: "),
    ],
)
def test_wrong_options_name_their_path(options, said):
    with pytest.raises(ConfigError) as caught:
        table.create("zkteco", options, "pintu")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
