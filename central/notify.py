"""Tells systemd how a service is, by a datagram to the socket in NOTIFY_SOCKET; without systemd it does nothing.

Source: sd_notify(3).
"""

import logging
import os
import socket

logger = logging.getLogger(__name__)


def notify(message: str) -> None:
    """`READY=1`, `WATCHDOG=1`, `STOPPING=1`, `STATUS=…`. Never blocks for long, never raises."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if where[:1] not in ("/", "@"):
        return
    address = "\0" + where[1:] if where[0] == "@" else where
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.settimeout(0.5)
            line.sendto(message.encode(), address)
    except OSError as error:
        logger.warning("systemd does not listen on NOTIFY_SOCKET: %s", error)
