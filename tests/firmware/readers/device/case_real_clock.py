# The chips on the machine's own clock, as `ketuk sim reader` has them.

import asyncio

from reader_rig import UIDS, card, refs

from firmware.readers.mfrc522 import Mfrc522
from firmware.readers.pn532 import Pn532
from firmware.readers.pn532_link import HsuLink
from simulators.chips import mfrc522, pn532, pn532_wires
from simulators.chips.clock import RealClock
from simulators.chips.field import Field
from simulators.chips.uart import Uart


# Real time: others may keep the processor, so a card stays until it was told.
async def tap_each(reader, field):
    await reader.start()
    assert reader.alive, reader.why
    for uid in UIDS:
        one = card(uid)
        field.put(one)
        said = []
        for _ in range(50):
            said += refs(await reader.poll())
            if said:
                break
            await asyncio.sleep_ms(5)
        assert said == [uid]
        field.take(one)
        for _ in range(4):
            assert await reader.poll() == []
            await asyncio.sleep_ms(5)


async def test_mfrc522():
    clock = RealClock()
    field = Field(clock)
    chip = mfrc522.Mfrc522(clock, field)
    await tap_each(Mfrc522(chip.spi, chip.cs, chip.rst), field)
    assert not chip.abuse


async def test_pn532():
    clock = RealClock()
    field = Field(clock)
    chip = pn532.Pn532(clock, field)
    uart = Uart(clock, 115200)
    pn532_wires.Pn532Hsu(chip, uart)
    await tap_each(Pn532(HsuLink(uart), chip.rst), field)
    assert not chip.abuse
