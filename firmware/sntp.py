# Time from the network: SNTP (RFC 4330) with the checks of its section 5; of three samples the one that came quickest.

import asyncio
import struct

from micropython import const

_EPOCH = const(2_208_988_800)  # seconds from 1900 to 1970
_SAMPLES = const(3)
_APART = const(2)  # seconds that samples may differ
_TIMEOUT_MS = const(3000)


# Unix seconds now, or ValueError with the reason. `exchange(packet)`: a coroutine function that sends one datagram and
# gives the answer; `uptime`: milliseconds; `plausible(unix)`: whether a time can be true.
async def ask(exchange, uptime, plausible, random):
    samples = []
    for _ in range(_SAMPLES):
        cookie = random(8)
        sent = uptime()
        answer = await asyncio.wait_for_ms(exchange(b"\x23" + bytes(39) + cookie), _TIMEOUT_MS)
        took = uptime() - sent
        unix = check(answer, cookie)
        if not plausible(unix):
            raise ValueError("its time cannot be true")
        samples.append((took, unix + took / 2000, uptime()))
        await asyncio.sleep_ms(200)
    now = uptime()
    times = [unix + (now - at) / 1000 for _, unix, at in samples]
    if max(times) - min(times) > _APART:
        raise ValueError("its answers differ by %d s" % (max(times) - min(times)))
    return int(times[samples.index(min(samples))])


# Unix seconds (with a fraction) of an answer to the request with this transmit time stamp.
def check(answer, cookie):
    if len(answer) < 48:
        raise ValueError("its answer is too short")
    first, stratum = answer[0], answer[1]
    if first & 7 != 4 or answer[24:32] != cookie:
        raise ValueError("this is no answer to our question")
    if first >> 6 == 3:
        raise ValueError("it is not synchronised itself")
    if not 1 <= stratum <= 15:
        raise ValueError("stratum %d" % stratum)
    seconds, fraction = struct.unpack(">II", answer[40:48])
    if not seconds:
        raise ValueError("it gives no time")
    if not seconds & 0x80000000:
        seconds += 1 << 32  # after 2036-02-07 (RFC 4330, section 3)
    return seconds - _EPOCH + fraction / 4294967296
