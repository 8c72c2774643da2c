# MFRC522: thousands of scripted sequences of people, faults and noise. No tap is false, the reader always recovers.

import asyncio
import random

from reader_rig import Rc522, card, refs

SEQUENCES = 3000
POOL = ("DEADBEEF", "DEAD3EEF", "00000000", "FFFFFFFF", "01020304")
POOL += ("04A1B2C3D4E580", "04A1B2C3D4E581", "04A1B200000000", "07FFFFFFFFFFFF")
POOL += ("04112233445566778899", "04112233445566778898", "04A1B233445566778899")
HARM = ("antenna", "crypto", "mute", "version-00", "version-ff", "bus")


# One sequence on a rig: what may be read is what was in the field during the look.
class Script:
    def __init__(self, rig):
        self.rig = rig
        self.noisy = False

    def put(self):
        if len(self.rig.field.cards) < 3:
            uid = random.choice(POOL)
            if uid not in [one.uid.hex().upper() for one in self.rig.field.cards]:
                self.rig.field.put(card(uid, magic=not random.getrandbits(3)))
                self.rig.legal.add(uid)

    def take(self):
        if self.rig.field.cards:
            self.rig.field.take(random.choice(self.rig.field.cards))

    def leave_in_the_middle(self):
        self.rig.field.after_frames(random.randint(0, 8), self.take)

    def come_in_the_middle(self):
        self.rig.field.after_frames(random.randint(0, 8), self.put)

    def noise(self):
        self.noisy = not self.noisy
        chance = random.choice((1, 3, 7))
        self.rig.field.noise = (lambda bits: self.flips(chance)) if self.noisy else None

    @staticmethod
    def flips(chance):
        if random.getrandbits(3) > chance:
            return 0
        flips = 1 << random.randint(0, 39)
        return flips | 1 << random.randint(0, 39) if random.getrandbits(1) else flips

    def glitch(self):
        byte = random.choice((0x00, 0xFF, random.getrandbits(8)))
        self.rig.chip.glitch(random.randint(1, 30), byte, after=random.randint(0, 120))

    def supply(self):
        core = self.rig.chip.core
        random.choice((self.rig.chip.brown_out, core.lose_antenna, core.set_crypto))()

    def register(self):
        self.rig.chip.core.flip(
            random.choice((0x0D, 0x11, 0x12, 0x13, 0x14, 0x15, 0x2A, 0x2D)), 1 << random.randint(0, 7)
        )

    def harm(self):
        self.rig.chip.break_(random.choice(HARM), random.choice(("soft", "hard", "none")))

    def step(self):
        people = (self.put, self.put, self.put, self.take, self.take, self.leave_in_the_middle, self.come_in_the_middle)
        faults = (self.noise, self.glitch, self.glitch, self.supply, self.register, self.harm)
        random.choice(faults if random.getrandbits(3) == 0 else people)()

    # One look; alone: the only card that was in the field all the time, if it was so.
    async def look(self):
        field = self.rig.field
        self.rig.legal = {one.uid.hex().upper() for one in field.cards}
        before, frames = list(field.cards), field.frames
        said = refs(await self.rig.reader.poll())
        assert len(said) <= 1, said
        assert set(said) <= self.rig.legal, (said, self.rig.legal)
        crowded = len(before) > 1 and list(field.cards) == before and not field.planned
        assert not (crowded and said), (said, before, frames)
        return said


async def recovers(rig):
    rig.chip.mend()
    rig.field.noise = None
    rig.chip.glitch(0)
    rig.field.forget_plans()
    rig.field.clear()
    for pause in (60_000, 60_000, 1_000, 1_000, 1_000):
        await rig.reader.poll()
        await asyncio.sleep_ms(pause)
    rig.field.put(card("CAFE0001"))
    assert refs(await rig.looks(2)) == ["CAFE0001"], rig.reader.counters
    rig.field.clear()
    await rig.looks(3, 20)


async def test_no_tap_is_ever_false():
    random.seed(20260119)
    rig = Rc522()
    rig.legal = set()
    await rig.reader.start()
    taps = 0
    for _sequence in range(SEQUENCES):
        script = Script(rig)
        for _ in range(random.randint(1, 4)):
            script.step()
            taps += len(await script.look())
            await asyncio.sleep_ms(random.choice((20, 60, 400, 1100)))
        if rig.chip.core.faults or not random.getrandbits(4):
            await recovers(rig)
    await recovers(rig)
    counters = rig.reader.counters
    assert taps > SEQUENCES // 5
    assert min(counters[word] for word in ("misreads", "soft-resets", "hard-resets", "dead")) > 20
