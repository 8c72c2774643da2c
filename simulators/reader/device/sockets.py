"""Sockets that obey the simulated Wi-Fi: without it no name is found, and what was open is gone."""

import socket as real
import sys

from simulators.chips.wifi import Wlan


class _Sockets:
    """Stands in for the module socket."""

    def __init__(self, wlan: Wlan) -> None:
        self._wlan = wlan
        self._open: list[object] = []
        for name in ("AF_INET", "SOCK_STREAM", "SOCK_DGRAM", "SOL_SOCKET"):
            setattr(self, name, getattr(real, name))
        wlan.on_change = self._changed

    def getaddrinfo(self, *given: object) -> object:
        if not self._wlan.isconnected():
            raise OSError(-2)
        return real.getaddrinfo(*given)  # type: ignore[arg-type]

    def socket(self, *given: object) -> object:
        if not self._wlan.isconnected():
            raise OSError(118)  # EHOSTUNREACH
        made = real.socket(*given)  # type: ignore[arg-type]
        self._open = self._open[-7:] + [made]
        return made

    def _changed(self, up: bool) -> None:
        if up:
            return
        for one in self._open:
            _cut(one)
        self._open = []


def _cut(one: object) -> None:
    # Whoever reads or writes it next gets an OSError, as from lwIP when the interface goes.
    try:
        one.close()  # type: ignore[attr-defined]
    except OSError:
        pass


def install(wlan: Wlan) -> None:
    """From now on `import socket` gives these."""
    sys.modules["socket"] = _Sockets(wlan)  # type: ignore[assignment]
