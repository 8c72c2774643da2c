"""TLS on real brokers: what is wrong with whose certificate, in a line that tells what to do."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.errors import LinkError
from gateway.mqtt import tls
from gateway.mqtt.inbox import Inbox
from gateway.mqtt.session import Limits, Session
from gateway.mqtt.settings import BrokerSettings
from tests.brokers import HOST, IotCore, Mosquitto, Tls
from tests.mqtt.support import GATEWAY, PATIENCE, QUICK, SITE, until
from tests.pki import Authority, Pair

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
DAYS_PAST, DAYS_AHEAD = (-9, -2), (2, 9)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "another-ca")


def secured(url: str, ca: Path | None, pair: Pair | None) -> BrokerSettings:
    return BrokerSettings(
        url=url,
        ca=None if ca is None else str(ca),
        cert=None if pair is None else str(pair.cert),
        key=None if pair is None else str(pair.key),
        **QUICK,
    )


def connect(settings: BrokerSettings) -> Limits:
    session = Session(settings, SITE, GATEWAY, Inbox(frozenset()))
    try:
        return session.open()
    finally:
        session.close()


def refusal(settings: BrokerSettings) -> str:
    with pytest.raises(LinkError) as caught:
        connect(settings)
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("kind", [Mosquitto, IotCore])
@pytest.mark.parametrize(
    ("server", "line"),
    [
        (lambda a, _: a.server("expired", days=DAYS_PAST), "its certificate has expired"),
        (
            lambda a, _: a.server("future", days=DAYS_AHEAD),
            "its certificate is not valid yet: check the gateway's clock",
        ),
        (lambda a, _: a.server("elsewhere", host="central.example"), f"its certificate is not for {HOST}"),
        (lambda _, s: s.server("unknown"), "from an authority that is not in broker.ca"),
        (lambda a, _: a.client("no-server"), "its certificate is not"),
    ],
    ids=["expired", "not-yet-valid", "wrong-host", "unknown-ca", "a-client-s"],
)
def test_the_broker_s_certificate(
    kind: type[Mosquitto] | type[IotCore],
    server: Callable[[Authority, Authority], Pair],
    line: str,
    authority: Authority,
    stranger: Authority,
    tmp_path: Path,
) -> None:
    with kind(tmp_path, tls=Tls(authority.ca, server(authority, stranger))) as broker:
        said = refusal(secured(broker.url, authority.ca, authority.client()))
        assert said.startswith(f"broker {HOST}:{broker.port}: ")
        assert line in said


OUR_CERTIFICATE = pytest.mark.parametrize(
    ("client", "line"),
    [
        (lambda a, _: a.client("gw-expired", days=DAYS_PAST), "our certificate (broker.cert) has expired"),
        (lambda _, s: s.client("gw-unknown"), "it does not know the authority of our certificate"),
        (lambda a, _: a.server("gw-server"), "our certificate (broker.cert) is not one for clients"),
        (lambda *_: None, "client certificate"),
    ],
    ids=["expired", "unknown-ca", "a-server-s", "none"],
)
Client = Callable[[Authority, Authority], Pair | None]


@OUR_CERTIFICATE
def test_our_certificate(client: Client, line: str, authority: Authority, stranger: Authority, tmp_path: Path) -> None:
    """With TLS 1.3, where the broker looks at it only after the handshake is over for us."""
    with Mosquitto(tmp_path, tls=Tls(authority.ca, authority.server())) as broker:
        assert line in refusal(secured(broker.url, authority.ca, client(authority, stranger)))


@OUR_CERTIFICATE
def test_our_certificate_within_the_handshake(
    client: Client, line: str, authority: Authority, stranger: Authority
) -> None:
    with handshaking(authority, ssl.TLSVersion.TLSv1_2) as port:
        assert line in refusal(secured(f"mqtts://{HOST}:{port}", authority.ca, client(authority, stranger)))


def test_a_broker_that_only_speaks_old_tls_is_refused(authority: Authority) -> None:
    with handshaking(authority, ssl.TLSVersion.TLSv1_1) as port:
        assert "TLS older than 1.2" in refusal(secured(f"mqtts://{HOST}:{port}", authority.ca, authority.client()))


@contextlib.contextmanager
def handshaking(authority: Authority, newest: ssl.TLSVersion) -> Iterator[int]:
    """A port where TLS up to `newest` with a client certificate is offered, and nothing after that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
    context.load_cert_chain(*authority.server())
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED

    def serve() -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as sock, context.wrap_socket(sock, server_side=True):
            pass

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_what_tls_has_decrypted_does_not_wait_for_more(authority: Authority) -> None:
    """One record with more than is read at once: nothing comes after it that could wake anybody."""
    connack, message = b"\x20\x02\0\0", b"\x30\xfd\x03" + b"\0\3a/b" + bytes(504)
    assert len(message) == 512, "so that what is read at once ends where a message does"
    done = threading.Event()
    came: list[object] = []

    def serve() -> None:
        with (
            contextlib.suppress(OSError),
            listener.accept()[0] as sock,
            context.wrap_socket(sock, server_side=True) as s,
        ):
            s.recv(1000)
            s.sendall(connack)
            s.sendall(20 * message)
            done.wait(PATIENCE)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.server())
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"mqtts://{HOST}:{listener.getsockname()[1]}"
        session = Session(secured(url, authority.ca, None), SITE, GATEWAY, Inbox(frozenset()))
        session.open()

        def all_here() -> bool:
            came.extend(session.events(0.05))
            return len(came) == 20

        until(all_here, "all that was decrypted")
        session.close()
        done.set()
        thread.join(5)


def test_tls_is_1_2_or_newer_and_always_verifies(authority: Authority) -> None:
    for ca in (None, authority.ca):
        made = tls.context(secured("mqtts://x", ca, None))
        assert made.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert made.verify_mode == ssl.CERT_REQUIRED
        assert made.check_hostname


@pytest.mark.parametrize("secure", [True, False], ids=["mqtts-to-plain", "mqtt-to-tls"])
def test_one_side_speaks_tls_and_the_other_does_not(authority: Authority, tmp_path: Path, *, secure: bool) -> None:
    server = None if secure else Tls(authority.ca, authority.server())
    with Mosquitto(tmp_path, tls=server) as broker:
        scheme = "mqtts" if secure else "mqtt"
        said = refusal(secured(f"{scheme}://{HOST}:{broker.port}", authority.ca if secure else None, None))
        assert "is it the right port" in said or "it does not speak TLS on this port" in said


def test_files_that_cannot_be_used(authority: Authority, tmp_path: Path) -> None:
    pair, junk = authority.client(), tmp_path / "junk.pem"
    junk.write_text("not a certificate")
    for ca, used, line in (
        (tmp_path / "no.crt", pair, "no.crt: no such file"),
        (junk, pair, "junk.pem: not a PEM certificate"),
        (authority.ca, Pair(tmp_path / "no.crt", pair.key), "broker.cert: "),
        (authority.ca, Pair(pair.cert, tmp_path / "no.key"), "broker.key: "),
        (authority.ca, Pair(pair.cert, junk), "junk.pem: not a PEM certificate and its key"),
        (authority.ca, Pair(pair.cert, authority.client("other").key), "is not the key of"),
    ):
        said = refusal(secured("mqtts://127.0.0.1:1", ca, used))
        assert said.startswith("broker.")
        assert line in said
