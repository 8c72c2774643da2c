# What the tests of readers stand on: a clock that only sleeping and bus traffic move, a chip, and the driver on it.

import asyncio

from firmware.readers.mfrc522 import Mfrc522
from firmware.readers.pn532 import Pn532
from firmware.readers.pn532_link import HsuLink, SpiLink
from firmware.readers.r307 import R307
from firmware.readers.tap import Tap
from simulators.chips import mfrc522 as mfrc522_chip
from simulators.chips import pn532 as pn532_chip
from simulators.chips import pn532_wires
from simulators.chips import r307 as r307_chip
from simulators.chips.cards import Card
from simulators.chips.clock import VirtualClock
from simulators.chips.field import Field
from simulators.chips.uart import Uart

# One of each length.
UIDS = ("DEADBEEF", "04A1B2C3D4E580", "04112233445566778899")


def card(uid, kind=None, magic=False):
    return Card(bytes.fromhex(uid), kind, magic=magic)


class Rig:
    def __init__(self):
        self.clock = VirtualClock(5_000_000)
        self.clock.install()
        self.field = Field(self.clock)
        self.reader = None

    # Looks `times` times, pausing as the app does; all that was said.
    async def looks(self, times, pause_ms=None):
        said = []
        for _ in range(times):
            said += await self.reader.poll()
            await asyncio.sleep_ms(self.reader.PAUSE_MS if pause_ms is None else pause_ms)
        return said

    # Looks until something is said, at most so many times.
    async def until_said(self, times, pause_ms=None):
        for _ in range(times):
            said = await self.looks(1, pause_ms)
            if said:
                return said
        return []

    # A card leaves, and perhaps another comes in its place, once so many more frames were answered.
    def leaves_after(self, frames, one, other=None):
        def exchange():
            self.field.take(one)
            if other is not None:
                self.field.put(other)

        self.field.after_frames(frames, exchange)

    # Runs `action` in so many milliseconds.
    def later(self, ms, action):
        async def wait():
            await asyncio.sleep_ms(ms)
            action()

        return asyncio.create_task(wait())


class Rc522(Rig):
    def __init__(self, rst=True):
        super().__init__()
        self.chip = mfrc522_chip.Mfrc522(self.clock, self.field)
        self.reader = Mfrc522(self.chip.spi, self.chip.cs, self.chip.rst if rst else None, self.clock.ticks_ms)


class Pn(Rig):
    def __init__(self, spi=True, rst=True):
        super().__init__()
        self.chip = pn532_chip.Pn532(self.clock, self.field)
        if spi:
            self.wire = pn532_wires.Pn532Spi(self.chip)
            link = SpiLink(self.wire, self.wire.cs)
        else:
            self.uart = Uart(self.clock, 115200)
            self.wire = pn532_wires.Pn532Hsu(self.chip, self.uart)
            link = HsuLink(self.uart)
        self.reader = Pn532(link, self.chip.rst if rst else None, self.clock.ticks_ms)


class Finger(Rig):
    def __init__(self, power=True, capacity=162, **options):
        super().__init__()
        self.uart = Uart(self.clock, 57600)
        self.chip = r307_chip.R307(self.clock, self.uart, capacity)
        self.chip.slots = {5: "budi", 17: "siti", 140: "agus"}
        self.reader = R307(self.uart, self.chip.power if power else None, self.clock.ticks_ms, **options)


def refs(said):
    return [one.ref for one in said if isinstance(one, Tap)]


def words(said):
    return [one.word for one in said if not isinstance(one, Tap)]
