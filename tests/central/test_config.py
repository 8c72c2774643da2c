"""central.toml: every mistake at once, each with its path; and the keys of the provisioning."""

from pathlib import Path

import pytest

from central import keyring
from central.config import load, partition
from central.errors import ConfigError


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "central.toml"
    file.write_text(text)
    return file


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[broker]\nurl = "mqtt://localhost"\n'))
    assert (config.broker.address.host, config.broker.address.port) == ("localhost", 1883)
    assert config.database.url == f"sqlite:{tmp_path / 'central.db'}"
    assert config.central.data == tmp_path / "ketuk-central"
    assert config.ingest.batch < 20  # mosquitto's max_inflight_messages


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = '[broker]\nkeepalive = "x"\nclientid = "y"\n[database]\nurl = "mysql:x"\n[ingest]\nbatch = 0\n[nonsense]\n'
    with pytest.raises(ConfigError) as failure:
        load(written(tmp_path, text))
    lines = str(failure.value).splitlines()
    for expected in (
        "nonsense: unknown key",
        "broker.clientid: unknown key; did you mean client_id?",
        'broker.keepalive: expected int, got str; the file has "x"',
        "broker.url: missing",
        "database.url: expected sqlite:FILE or postgresql://user@host/name",
        "ingest.batch: expected int >= 1; the file has 0",
    ):
        assert any(line.startswith(f"{tmp_path}/central.toml: {expected}") for line in lines), (expected, lines)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ('url = "http://x"', "broker.url: expected mqtts:// or mqtt://"),
        ('url = "mqtt://x"\nca = "a"', "broker.ca: needs TLS"),
        ('url = "mqtts://x"\ncert = "a"', "broker.cert, broker.key: one is of no use without the other"),
        ('url = "mqtt://x"\npassword_file = "a"', "broker.username: missing"),
        ('url = "mqtt://u:geheim@x"', "no user or password in it"),
        ('url = "mqtt://x"\nbackoff_min = 5\nbackoff_max = 1', "broker.backoff_max"),
        ('url = "mqtt://x"\nclient_id = "a/b"', "broker.client_id"),
    ],
)
def test_what_makes_no_sense(keys: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as failure:
        load(written(tmp_path, f"[broker]\n{keys}\n"))
    assert expected in str(failure.value)
    assert "geheim" not in str(failure.value)


@pytest.mark.parametrize("text", ["[broker", "\xff", '[broker]\nurl = "a"\nurl = "b"'])
def test_no_toml(text: str, tmp_path: Path) -> None:
    file = tmp_path / "central.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match="not correct TOML"):
        load(file)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "central.toml")


@pytest.mark.parametrize("text", ["0/4", "5/4", "2", "2/", "a/b", "-1/2", ""])
def test_partitions_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="--partition"):
        partition(text)


class TestKeys:
    def test_publics_and_secrets(self, tmp_path: Path) -> None:
        file = tmp_path / "keys"
        file.write_text(f"# keys\n\nkec-a/gw1 {'ab' * 32}  # a gateway\nsd-3/kartu-1 hmac 7 {'cd' * 32}\n")
        file.chmod(0o600)
        ring = keyring.load(file, first_contact=False)
        assert list(ring.publics["kec-a", "gw1"].values()) == [b"\xab" * 32]
        assert ring.secrets["sd-3", "kartu-1"] == {"7902699be42c8a8e": b"\xcd" * 32}
        file.chmod(0o644)
        with pytest.raises(ConfigError, match="chmod 600"):
            keyring.load(file, first_contact=False)

    def test_each_wrong_line_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "keys"
        file.write_text(f"kec-a/gw1 xyz\ncentral/gw1 {'ab' * 32}\nkec-a {'ab' * 32}\nkec-a/gw1\n")
        with pytest.raises(ConfigError) as failure:
            keyring.load(file, first_contact=True)
        assert [line.split(": ")[0] for line in str(failure.value).splitlines()] == [
            f"{file}:{n}" for n in (1, 2, 3, 4)
        ]
