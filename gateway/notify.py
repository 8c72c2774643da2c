"""Tells systemd how the gateway is: READY, STATUS, WATCHDOG, STOPPING, over the socket in NOTIFY_SOCKET.

Source: sd_notify(3), sd_watchdog_enabled(3). Without systemd every call does nothing.
"""

import logging
import os
import socket
from collections.abc import Mapping

logger = logging.getLogger(__name__)

_PATIENCE_S = 0.5  # systemd that is too busy to read must not hold the gateway up


class Notifier:
    """One connection to the service manager; every call returns at once."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog_s = _watchdog_s(environ) if self._address else None
        """`watchdog` must be called more often than every so many seconds; None: nobody watches."""
        self._failed = False

    def ready(self) -> None:
        """Everything is started."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line that `systemctl status` shows."""
        self._send("STATUS=" + " ".join(text.split()))

    def watchdog(self) -> None:
        """Still alive."""
        if self.watchdog_s is not None:
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """On the way down."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(_PATIENCE_S)
                line.connect(self._address)
                line.sendall(message.encode())
            self._failed = False
        except OSError as error:
            if not self._failed:
                logger.warning("systemd does not listen on NOTIFY_SOCKET: %s", error)
            self._failed = True


def _address(given: str) -> str | None:
    """The socket's address: a path, or a name in the abstract namespace that is written with an @."""
    if given.startswith("@"):
        return "\0" + given[1:]
    return given if given.startswith("/") else None


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None  # meant for another process of the service
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isascii() and microseconds.isdigit() and int(microseconds) else None
