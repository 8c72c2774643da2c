# Keeps the Wi-Fi up. The driver's habits it respects: `connect` while the chip is still connecting raises and may
# leave it stuck (micropython #17661, #7139); after a while without an address only switching the radio off and on
# helps; the states 200 to 204 pass by themselves. It never gives up; restarting the board is left to who knows
# whether that loses anything.

import asyncio

from micropython import const

_PATIENCE_MS = const(20_000)  # for an address, before the radio is switched off and on; doubles up to eight times that
_STUCK_MS = const(7_200_000)  # without an address


class Wifi:
    # `wlan`: network.WLAN in station mode. `stuck()` is called after two hours in vain.
    def __init__(self, wlan, ssid, password, uptime, stuck):
        self._wlan, self._ssid, self._password, self._uptime, self._stuck = wlan, ssid, password, uptime, stuck
        self.up = False
        self.counters = {"connects": 0, "lost": 0, "radio-restarts": 0, "errors": 0}
        self._since = None  # when `connect` was called, None: it was not
        self._patience = _PATIENCE_MS
        self._down = uptime()

    async def run(self, alive):
        while True:
            alive()
            await self._look()
            await asyncio.sleep_ms(500)

    async def _look(self):
        try:
            if self._wlan.isconnected():
                self._connected()
            elif self.up:
                self._lost()
            elif self._since is None:
                self._begin()
            elif self._uptime() - self._since > self._patience:
                await self._again()
        except OSError:
            self.counters["errors"] += 1
            await self._again()

    def _connected(self):
        if not self.up:
            self.up = True
            self._patience = _PATIENCE_MS
            self.counters["connects"] += 1

    def _lost(self):
        self.up = False
        self.counters["lost"] += 1
        self._since = self._down = self._uptime()  # the driver reconnects by itself: calling `connect` now would raise

    def _begin(self):
        self._wlan.active(True)
        self._since = self._uptime()
        self._wlan.connect(self._ssid, self._password)

    async def _again(self):
        self._patience = min(2 * self._patience, 8 * _PATIENCE_MS)
        self.counters["radio-restarts"] += 1
        self._since = None
        for step in (self._wlan.disconnect, self._off):
            try:
                step()
            except OSError:
                self.counters["errors"] += 1
        await asyncio.sleep_ms(1000)
        if self._uptime() - self._down > _STUCK_MS:
            self._down = self._uptime()
            self._stuck()

    def _off(self):
        self._wlan.active(False)
