"""Why the broker cannot be reached or says no, in one line that a technician can act on.

Sources: X.509 verification codes, OpenSSL `x509_vfy.h`; TLS alerts, RFC 8446 §6.2; reason codes, MQTT 5.0 §2.4 (paho
gives those of 3.1.1, §3.2.2.3, as the same numbers).
"""

import errno
import socket
import ssl
import time

from gateway.mqtt.settings import BrokerSettings

FAILURE = 0x80
"""Reason codes from here on are refusals."""
TAKEN_OVER = 0x8E

_NOT_YET_VALID = 9
_EXPIRED = 10
_WRONG_NAME = (62, 64)

_VERIFICATION = {
    18: "its certificate is signed by itself: set broker.ca to the authority's certificate",
    19: "its certificate comes from an authority that is not in broker.ca",
    20: "its certificate comes from an authority that is not in broker.ca",
    21: "its certificate comes from an authority that is not in broker.ca",
    23: "its certificate was revoked",
    26: "its certificate is not one for servers",
}

_ALERTS = {
    "ALERT_UNKNOWN_CA": "it does not know the authority of our certificate (broker.cert): has it the right CA file?",
    "ALERT_CERTIFICATE_EXPIRED": "our certificate (broker.cert) has expired, says the broker: have it renewed",
    "ALERT_CERTIFICATE_REVOKED": "our certificate (broker.cert) was revoked: have a new one made",
    "ALERT_CERTIFICATE_UNKNOWN": "it refuses our certificate (broker.cert)",
    "ALERT_BAD_CERTIFICATE": "it refuses our certificate (broker.cert)",
    "ALERT_UNSUPPORTED_CERTIFICATE": "our certificate (broker.cert) is not one for clients",
    "ALERT_CERTIFICATE_REQUIRED": "it wants a client certificate: set broker.cert and broker.key",
    "ALERT_HANDSHAKE_FAILURE": "no common TLS terms; if it wants a client certificate, set broker.cert and broker.key",
    "ALERT_PROTOCOL_VERSION": "it speaks only TLS older than 1.2: update the broker",
    "ALERT_ACCESS_DENIED": "it refuses our certificate (broker.cert)",
    "WRONG_VERSION_NUMBER": "it does not speak TLS on this port: mqtts:// or mqtt://? Which port?",
    "UNSUPPORTED_PROTOCOL": "it speaks only TLS older than 1.2: update the broker",
}

_CODES = {
    0x80: "without a reason: the broker's log may tell",
    0x82: "protocol error: does it speak MQTT {protocol}? Try broker.protocol",
    0x83: "for a reason of its own: the broker's log may tell",
    0x84: "it does not speak MQTT {protocol}: set broker.protocol to another version",
    0x85: "it does not accept the client identifier",
    0x86: "user name or password is wrong: check broker.username and broker.password_file",
    0x87: "not authorised: give this gateway's client the right to ketuk/v1/<site>/<gateway>/# on the broker",
    0x88: "it is not available now",
    0x89: "it is busy",
    0x8A: "this client is banned there",
    0x8B: "it is shutting down",
    0x8D: "it heard nothing from us for too long",
    TAKEN_OVER: "another client took over our name: is a second gateway set up with the same site and gateway id?",
    0x90: "it does not accept the topic",
    0x93: "more messages on their way than it allows (Receive Maximum): lower broker.window",
    0x95: "packet too large for it: raise its limit to 20 kB at least",
    0x96: "too many messages",
    0x97: "a quota is used up there",
    0x98: "by an administrator",
    0x99: "it does not accept the form of the payload",
    0x9A: "it keeps no retained messages, which status and watermark need",
    0x9B: "it does not offer QoS 1, which entries need",
    0x9C: "it moved to another address",
    0x9D: "it moved to another address",
    0x9F: "we connect too often",
}

_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


class OversizedPacket(ConnectionError):
    """The broker sent more in one packet than we take."""


def of_exception(error: Exception, settings: BrokerSettings, *, answered: bool) -> str:
    """Why connecting failed, or why the connection broke; `answered`: after the CONNACK."""
    where = f"broker {settings.host}:{settings.port}"
    if not answered and isinstance(error, ConnectionResetError | BrokenPipeError):
        return f"{where}: {before_answer(settings)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{where}: {_of_certificate(error, settings)}"
    if isinstance(error, ssl.SSLError):
        return f"{where}: TLS: {_of_tls(error)}"
    return f"{where}: {_of_network(error, settings)}"


def before_answer(settings: BrokerSettings) -> str:
    """The other side went away before its CONNACK."""
    scheme = "mqtts" if settings.tls else "mqtt"
    return (
        "closed the connection before it answered: is it the right port, does it speak "
        f"MQTT {settings.protocol} (broker.protocol), and {scheme}:// there?"
    )


def of_code(code: int, settings: BrokerSettings) -> str:
    """What follows "refused:" or "closed the connection:" for a reason code."""
    text = _CODES.get(code, "reason code not known to us: the broker's log may tell").format(protocol=settings.protocol)
    return f"{text} (0x{code:02X})"


def _of_certificate(error: ssl.SSLCertVerificationError, settings: BrokerSettings) -> str:
    # The gateway has no battery clock: after a power cut its date may be years off.
    clock = f"check the gateway's clock, it says {time.strftime('%Y-%m-%d %H:%M %Z')}"
    if error.verify_code == _NOT_YET_VALID:
        return f"its certificate is not valid yet: {clock}"
    if error.verify_code == _EXPIRED:
        return f"its certificate has expired: have it renewed, or {clock}"
    if error.verify_code in _WRONG_NAME:
        return f"its certificate is not for {settings.host}: use the name in the certificate in broker.url"
    reason = _VERIFICATION.get(error.verify_code, f"its certificate was not accepted: {error.verify_message}")
    return f"{reason} ({settings.ca or 'the system'})" if error.verify_code in (19, 20, 21) else reason


def _of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "it closed the connection; it may have refused our certificate (broker.cert): its log tells"
    for sign, text in _ALERTS.items():
        if sign in (error.reason or ""):
            return text
    return str(error.reason or error)


def _of_network(error: Exception, settings: BrokerSettings) -> str:
    if isinstance(error, socket.gaierror):
        return "name not found: check broker.url, the network cable and the DNS server"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: does the broker run there, on this port?"
    if isinstance(error, TimeoutError):
        return f"no answer within {settings.connect_timeout:g} s: check network, address and firewall"
    if isinstance(error, OversizedPacket):
        return str(error)
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return "no way there: check the network cable, the modem and the route"
    if isinstance(error, ConnectionError):
        return f"the connection broke ({error.strerror or 'no reason'})"
    return str(error) or type(error).__name__
