"""[broker]: what makes sense passes, what does not has one line that begins with the key."""

from typing import Any

import msgspec
import pytest

from gateway.errors import ConfigError
from gateway.mqtt.settings import BrokerSettings


def test_the_least_that_is_needed() -> None:
    settings = BrokerSettings(url="mqtts://central.example")
    assert (settings.host, settings.port, settings.tls) == ("central.example", 8883, True)
    assert (settings.window, settings.confirm, settings.protocol) == (20, "central", "3.1.1")
    assert (settings.keepalive, settings.ack_timeout, settings.resend_after) == (60, 30, 60)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("mqtt://127.0.0.1", "127.0.0.1", 1883),
        ("mqtt://127.0.0.1:11883/", "127.0.0.1", 11883),
        ("mqtts://[fd00::1]:8884", "fd00::1", 8884),
    ],
)
def test_addresses(url: str, host: str, port: int) -> None:
    settings = BrokerSettings(url=url)
    assert (settings.host, settings.port) == (host, port)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"url": "http://x"}, "broker.url: expected mqtts:// or mqtt://"),
        ({"url": "central.example:8883"}, "broker.url: expected mqtts:// or mqtt://"),
        ({"url": ""}, "broker.url: expected"),
        ({"url": "mqtt://"}, "broker.url: no host"),
        ({"url": "mqtt://:1883"}, "broker.url: no host"),
        ({"url": "mqtt://a b"}, "broker.url: no host"),
        ({"url": "mqtt://x:99999"}, "broker.url: "),
        ({"url": "mqtt://x:abc"}, "broker.url: "),
        ({"url": "mqtt://x:0"}, "broker.url: port 0"),
        ({"url": "mqtt://[::1"}, "broker.url: "),
        ({"url": "mqtt://user:secret@x"}, "broker.url: no user or password"),
        ({"url": "mqtt://x/topic"}, "broker.url: nothing may follow the port"),
        ({"url": "mqtt://x", "ca": "ca.crt"}, "broker.ca: needs TLS"),
        ({"cert": "a.crt"}, "broker.key: missing"),
        ({"key": "a.key"}, "broker.cert: missing"),
        ({"password_file": "p"}, "broker.username: missing"),
        ({"window": 0}, "broker.window: expected 1 to 1000, got 0"),
        ({"window": 1001}, "broker.window: "),
        ({"keepalive": 0}, "broker.keepalive: "),
        ({"keepalive": 70000}, "broker.keepalive: "),
        ({"ack_timeout": 0}, "broker.ack_timeout: expected more than 0 seconds"),
        ({"resend_after": float("inf")}, "broker.resend_after: "),
        ({"connect_timeout": float("nan")}, "broker.connect_timeout: "),
        ({"backoff_max": 0.5}, "broker.backoff_max: expected at least"),
    ],
)
def test_mistakes(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BrokerSettings(**{"url": "mqtts://x", **changes})
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_it_can_be_read_from_a_table_and_unknown_keys_are_refused() -> None:
    table = {"url": "mqtt://x", "window": 5, "ack_timeout": 3, "protocol": "5"}
    assert msgspec.convert(table, BrokerSettings).window == 5
    with pytest.raises(msgspec.ValidationError, match="ur1"):
        msgspec.convert({**table, "ur1": "x"}, BrokerSettings)
    with pytest.raises(ConfigError, match=r"broker\.window"):
        msgspec.convert({**table, "window": 5000}, BrokerSettings)
