"""The broker: connect as the gateway would, ask for what it would ask for, say goodbye."""

import time

from contract import topics
from gateway.checks import words
from gateway.checks.result import Result
from gateway.config import Config
from gateway.errors import LinkError
from gateway.mqtt import reasons
from gateway.mqtt.inbox import Closed, Inbox, Subscribed
from gateway.mqtt.session import Session


def check(config: Config) -> Result:
    """Only while no gateway runs: it would lose its own connection, which has the same client id."""
    session = Session(config.broker, config.site.id, config.gateway.id, Inbox(frozenset()))
    try:
        session.open()
        return _subscribed(config, session)
    except LinkError as error:
        return Result("broker", "bad", words.BROKER_BAD.of(reason=error))
    finally:
        session.close(clean=True)


def _subscribed(config: Config, session: Session) -> Result:
    broker = config.broker
    place: dict[str, object] = {"host": broker.host, "port": broker.port}
    wanted = [topics.ack(config.site.id, config.gateway.id), topics.CENTRAL_STATUS]
    session.subscribe(wanted)
    deadline = time.monotonic() + broker.connect_timeout
    while (left := deadline - time.monotonic()) > 0:
        for event in session.events(left):
            if isinstance(event, Closed):
                raise LinkError(event.line)
            if isinstance(event, Subscribed):
                refused = [t for t, code in zip(wanted, event.reasons, strict=False) if code >= reasons.FAILURE]
                if refused:
                    return Result("broker", "bad", words.BROKER_DEAF.of(**place, topic=refused[0]))
                tls = ", TLS" if broker.tls else ""
                return Result("broker", "ok", words.BROKER_OK.of(**place, protocol=broker.protocol, tls=tls))
    return Result("broker", "bad", words.BROKER_MUTE.of(**place, seconds=f"{broker.connect_timeout:g}"))
