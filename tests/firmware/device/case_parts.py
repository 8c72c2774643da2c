# The smaller parts, each by itself: time, battery clock, network time, settings, Wi-Fi, watchdog, storage.

import asyncio
import json
import os
import struct

import vfs
from vtime import VirtualTime

from firmware import chips, config, sntp, storage, timetext
from firmware.clock import Clock
from firmware.ds3231 import DS3231
from firmware.mac import hmac_sha256
from firmware.vitals import Vitals
from firmware.wifi import Wifi
from simulators.chips.ds3231 import Ds3231
from simulators.chips.nor_flash import NorFlash
from simulators.chips.wifi import Wlan

FOLDER = ""
BUILT = 1_767_225_600
NOW = 1_768_780_800


# What a call that must fail said.
def refusal(kind, call, *given):
    try:
        call(*given)
    except kind as error:
        return str(error)
    raise AssertionError("it was taken: " + repr(given))


def test_times_as_text():
    assert timetext.text(0, 0) == "1970-01-01T00:00:00+00:00"
    assert timetext.text(NOW, 420) == "2026-01-19T07:00:00+07:00"
    assert timetext.text(NOW, -210) == "2026-01-18T20:30:00-03:30"
    for unix in (0, 951_782_399, 951_868_800, 1_709_164_800, 4_102_444_799, NOW):
        for offset in (0, 420, -570):
            assert timetext.parse(timetext.text(unix, offset)) == unix
    assert timetext.parse("2026-01-19T07:00:00.125Z") == NOW + 7 * 3600
    for wrong in ("", "2026-01-19", "2026-13-19T07:00:00Z", "2026-01-19T24:00:00Z", "2026-01-19T07:00:00", "x" * 25):
        try:
            timetext.parse(wrong)
            raise AssertionError(wrong)
        except ValueError:
            pass


def test_hmac_of_rfc_4231():
    digest = hmac_sha256(b"\x0b" * 20, b"Hi There").hex()
    assert digest == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    long = hmac_sha256(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First").hex()
    assert long == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"


def test_the_clock_tells_how_far_it_may_be_trusted():
    ms, system = [0], []
    clock = Clock(lambda: ms[0], BUILT, 420, lambda unix, known: system.append((unix, known)))
    assert clock.state == "unset" and clock.short() is None
    clock.floor(BUILT + 500)
    clock.floor(BUILT + 100)
    ms[0] = 3000
    assert clock.now() == BUILT + 503 and system == [(BUILT + 500, False)]
    assert clock.set(NOW, "ntp") is None and clock.state == "synced" and clock.short() == "07.00"
    ms[0] += 6 * 3_600_000
    assert clock.state == "holdover" and clock.now() == NOW + 6 * 3600
    assert clock.set(NOW, "command") == -6 * 3600
    clock.set(NOW, "rtc", steady=True)
    ms[0] += 48 * 3_600_000
    assert clock.state == "synced"
    clock.floor(NOW + 10**7)
    assert clock.now() == NOW + 48 * 3600, "a known clock has no floor"
    assert not clock.plausible(BUILT - 1) and not clock.plausible(timetext.LATEST)


def test_the_battery_clock_is_believed_only_when_all_its_flags_are_right():
    chip = Ds3231(lambda: NOW)
    driver = DS3231(chip)
    assert driver.read(BUILT) == (None, "it stopped: battery empty or removed")
    driver.write(NOW + 86_399)
    assert driver.read(BUILT) == (NOW + 86_399, "")
    assert chip.status & 0x80 == 0 and chip.control & 0x80 == 0
    chip.twelve = True
    for hour in (0, 1, 11, 12, 13, 23):
        chip.offset = hour * 3600
        assert driver.read(BUILT) == (NOW + hour * 3600, ""), hour
    chip.control |= 0x80
    assert driver.read(BUILT)[1] == "it is set to stop without power"
    chip.control = 0x1C
    chip.offset = BUILT - 1 - NOW
    assert driver.read(BUILT)[1] == "its time cannot be true"
    chip.offset = 0
    chip.battery = False
    chip.power_cut()
    assert driver.read(BUILT)[0] is None
    chip.present = False
    assert driver.read(BUILT)[1] == "it does not answer"
    chip.present = True
    chip.status = 0
    chip._registers = lambda: bytearray(b"\x7a" * 14 + b"\x1c\x00" + b"\x00" * 3)
    assert driver.read(BUILT)[1] == "it gives no date"


def answer(question, **changes):
    fields = {"first": 0x24, "stratum": 2, "seconds": NOW + 2_208_988_800, "cookie": question[40:48], "size": 48}
    fields.update(changes)
    raw = bytes((fields["first"], fields["stratum"])) + bytes(22) + fields["cookie"] + bytes(8)
    return (raw + struct.pack(">II", fields["seconds"] & 0xFFFFFFFF, 0))[: fields["size"]]


def ask(*changes):
    time = VirtualTime()
    given = list(changes)

    async def exchange(packet):
        await asyncio.sleep_ms(20)
        return answer(packet, **given.pop(0))

    return asyncio.run(sntp.ask(exchange, lambda: time.ms, lambda unix: BUILT <= unix < timetext.LATEST, os.urandom))


def test_network_time_is_checked_before_it_is_believed():
    assert NOW <= ask({}, {}, {}) <= NOW + 1
    bad = (
        ({"first": 0xE4}, "not synchronised"),
        ({"stratum": 0}, "stratum 0"),
        ({"stratum": 16}, "stratum 16"),
        ({"first": 0x23}, "no answer to our question"),
        ({"cookie": bytes(8)}, "no answer to our question"),
        ({"size": 47}, "too short"),
        ({"seconds": 0}, "gives no time"),
        ({"seconds": BUILT - 1 + 2_208_988_800}, "cannot be true"),
        ({"seconds": NOW + 2_208_988_805}, "differ"),
    )
    for change, reason in bad:
        said = refusal(ValueError, ask, {}, change, {})
        assert reason in said, (reason, said)
    later = 2_085_978_497 + 2_208_988_800  # the counter of 32 bits wraps in 2036
    assert 2_085_978_497 <= ask({"seconds": later}, {"seconds": later}, {"seconds": later}) <= 2_085_978_498


MINIMAL = {"site": "kec-pampangan", "reader": "pintu-1", "wifi": {"ssid": "x"}, "broker": {"host": "b"}}


def mistakes(**changes):
    given = dict(MINIMAL)
    given.update(changes)
    try:
        config.check(json.dumps(given).encode())
    except config.ConfigError as error:
        return str(error).split("\n")
    return []


def test_settings_are_checked_and_secrets_never_printed():
    settings = config.check(json.dumps(MINIMAL).encode())
    assert settings["broker.port"] == 8883 and settings["log.capacity"] == 5000 and settings["pins.cs"] == 5
    assert len(mistakes(site="central")) == 1 and len(mistakes(reader="Pintu 1")) == 1
    assert mistakes(wifi={}) == ["config.json: wifi.ssid: missing: a name"]
    assert mistakes(colour=1) == ["config.json: colour: there is no such key"]
    assert len(mistakes(broker={"host": "b", "port": 0, "window": 9, "tls": 1, "password": 5, "x": {"y": 1}})) == 5
    assert len(mistakes(broker={"host": "b", "cert": ""})) == 1, "a key without its certificate"
    for wrong in (None, b"", b"{", b"[]", b"5", b"\xff"):
        assert refusal(config.ConfigError, config.check, wrong).startswith("config.json: ")
    secret = "s3cret" * 20
    said = "\n".join(
        mistakes(wifi={"ssid": "x", "password": secret}, mac={"key": secret}, broker={"password": secret * 2})
    )
    assert "wifi.password" in said and "mac.key" in said and "s3cret" not in said


def test_a_chip_gets_pins_and_options_that_it_can_use():
    assert mistakes(chip={"kind": "pn533"})[0].startswith("config.json: chip.kind: must be mfrc522 or pn532-hsu or")
    assert mistakes(chip={"options": {"check_ms": 1}}) == [
        "config.json: chip.options.check_ms: must be 200 to 3600000 ms"
    ]
    assert mistakes(chip={"kind": "wiegand", "options": {"confirm": 2}}) == [
        "config.json: chip.options.confirm: wiegand has no such option"
    ]
    assert mistakes(pins={"cs": None}) == ["config.json: pins.cs: mfrc522 needs it"]
    assert mistakes(chip={"kind": "r307"}, pins={"cs": None, "reset": None, "green": None}) == []
    assert mistakes(pins={"red": 5}) == ["config.json: pins.red: 5 is pins.cs already"]
    assert mistakes(pins={"scl": 32}) == ["config.json: pins.scl: 32 is pins.red already"]
    assert mistakes(rtc=False, pins={"scl": 32}) == []
    assert mistakes(pins={"tx": 5}) == [], "an MFRC522 does not use it"
    for pin, number in (("red", 34), ("sck", 6), ("miso", 40), ("cs", True), ("cs", "5"), ("buzzer", -1)):
        assert len(mistakes(pins={pin: number})) == 1, (pin, number)
    assert mistakes(pins={"miso": 34}) == []
    secret = "s3cret"
    wrong = mistakes(chip={"kind": "r307", "options": {"password": secret, "address": "FFFFFFF"}})
    assert len(wrong) == 2 and secret not in "".join(wrong)
    assert mistakes(chip={"kind": "r307", "options": {"password": "00000000", "address": "ffffffff"}}) == []


class Wires:
    def __init__(self):
        self.sent = b""

    def uart(self, settings, baud):
        return self

    def spi(self, settings):
        return self

    def input(self, number):
        return self

    def output(self, number):
        return None

    def write(self, raw):
        self.sent = raw

    def any(self):
        return 0


def test_options_of_a_chip_reach_it():
    given = dict(MINIMAL)
    given["chip"] = {"kind": "r307", "options": {"password": "01020304", "address": "0a0b0c0d", "check_ms": 5000}}
    wires = Wires()
    sensor = chips.make(wires, config.check(json.dumps(given).encode()))
    asyncio.run(sensor.start())
    assert wires.sent[:6] == b"\xef\x01\x0a\x0b\x0c\x0d" and wires.sent[9:14] == b"\x13\x01\x02\x03\x04", wires.sent
    assert not sensor.alive


def test_every_kind_that_the_settings_know_can_be_made():
    for kind in config.CHIPS:
        given = dict(MINIMAL)
        given["chip"] = {"kind": kind}
        reader = chips.make(Wires(), config.check(json.dumps(given).encode()))
        assert not reader.alive and reader.counters["taps"] == 0, kind


class Air:
    def __init__(self):
        self.time = VirtualTime()
        self.wlan = Wlan(lambda: self.time.ms)
        self.calls = []
        connect = self.wlan.connect

        def counted(ssid, password):
            self.calls.append(self.time.ms)
            connect(ssid, password)

        self.wlan.connect = counted
        self.stuck = 0
        self.wifi = Wifi(self.wlan, "kantor", "rahasia", lambda: self.time.ms, self._stuck)

    def _stuck(self):
        self.stuck += 1

    def run(self, ms, story=None):
        async def both():
            task = asyncio.create_task(self.wifi.run(lambda: None))
            if story is not None:
                await story()
            await asyncio.sleep_ms(ms)
            task.cancel()

        asyncio.run(both())


def test_wifi_comes_and_comes_back_without_a_second_connect():
    air = Air()
    air.run(5000)
    assert air.wifi.up and len(air.calls) == 1

    air = Air()

    async def lose():
        await asyncio.sleep_ms(5000)
        air.wlan.air = False
        await asyncio.sleep_ms(10_000)
        assert not air.wifi.up
        air.wlan.air = True

    air.run(10_000, lose)
    assert air.wifi.up and air.wifi.counters["lost"] == 1 and len(air.calls) == 1 and not air.wlan.stuck


def test_wifi_heals_a_stuck_radio_and_a_driver_that_raises():
    air = Air()
    air.wlan.active(True)
    air.wlan.connect("other", "x")  # something else began: our own connect will raise and leave it stuck
    air.run(60_000)
    assert air.wifi.up and air.wifi.counters["errors"] >= 1 and not air.wlan.stuck
    air = Air()
    air.wlan.password = "another"
    air.run(3 * 3_600_000)
    assert not air.wifi.up and air.stuck == 1, air.stuck
    assert 40 < len(air.calls) < 120, "it waits longer each time, but goes on"


def test_the_watchdog_is_fed_only_while_every_task_lives():
    ms, fed = [0], []
    vitals = Vitals(lambda: ms[0], lambda: fed.append(ms[0]))
    first, second = vitals.watch("first", 1000), vitals.watch("second", 5000)
    ms[0] = 900
    assert vitals.check() == [] and fed == [900]
    ms[0] = 2000
    assert vitals.check() == ["first"] and fed == [900]
    first()
    assert vitals.check() == [] and fed == [900, 2000]
    ms[0] = 5500
    first()
    assert vitals.check() == ["second"]
    second()
    assert vitals.check() == []


class Nvs:
    number = 0

    def get(self):
        return self.number

    def set(self, number):
        self.number = number


def test_a_data_partition_is_mounted_or_formatted_never_a_loop():
    path = FOLDER + "/storage.bin"
    try:
        os.remove(path)
    except OSError:
        pass
    device = NorFlash(path, 16)
    assert storage.mount(device, "/part") == "formatted"
    nvs = Nvs()
    assert [storage.count_boot("/part", nvs) for _ in range(3)] == [1, 2, 3]
    vfs.umount("/part")
    assert storage.mount(device, "/part") == "mounted"
    nvs.number = 0  # the port erased it
    assert storage.count_boot("/part", nvs) == 4
    os.remove("/part/boot")
    assert storage.count_boot("/part", nvs) == 5
    vfs.umount("/part")
    for block in (0, 1):
        device.ioctl(6, block)
        device.writeblocks(block, bytearray(b"\x12" * 4096))
    assert storage.mount(device, "/part") == "reformatted"
    assert storage.count_boot("/part", nvs) == 6
    vfs.umount("/part")
    device.close()
