# Builds the object graph. Large modules come first, while the heap is in one piece.

from firmware.log.flashlog import FlashLog  # noqa: I001 - the order is meant
from firmware.log.epoch import recorded_of
from firmware.mqtt import Client
from firmware.net import way
from firmware.app import App
from firmware import files, storage
from firmware.clock import Clock
from firmware.feedback import Feedback
from firmware.forwarder import Forwarder
from firmware.recorder import Recorder
from firmware.timetext import offset_of, parse
from firmware.version import BUILT, VERSION
from firmware.vitals import Uptime, Vitals
from firmware.wifi import Wifi


# The parts an App is made of.
class Parts:
    def __init__(self, board, settings, context, reader, uptime) -> None:
        self.board, self.settings, self.uptime = board, settings, uptime
        self.serial = board.serial
        self.data, self.found = _data(board)
        self.log = _log(self.data, settings, board.serial)
        self.clock = Clock(uptime, BUILT, offset_of(settings["timezone"]), board.set_system_time)
        boot = storage.count_boot(self.data, board.counter)
        mac = (bytes.fromhex(settings["mac.key"]), settings["mac.number"]) if settings["mac.key"] else None
        self.recorder = Recorder(self.log, self.clock, uptime, boot, board.serial, mac, settings["mac.every_s"] * 1000)
        self.rtc = _rtc(board, settings)
        self.vitals = Vitals(uptime, board.feed)
        self.feedback = Feedback(board.panel(settings, _oled(board, settings)), self.clock, settings["language"])
        self.wifi = Wifi(
            board.wlan(settings["reader"]), settings["wifi.ssid"], settings["wifi.password"], uptime, board.reset
        )
        self.updates = _updates(board, settings)
        self.reader = _reader(board, settings) if reader is None else reader
        connect = way(board, settings["broker.host"], settings["broker.port"], context)
        self.client = Client(connect, uptime, settings["broker.window"], settings["broker.keepalive"])
        names = (settings["site"], settings["reader"])
        self.forwarder = Forwarder(self.log, self.client, names, uptime, settings["broker.confirm"])


# The whole reader, wired; what the start found out is noted in it. `context`: for TLS, or None. `reader` None: the chip
# that the settings name. Nothing in it refers back to this module, so that `start` can unload it.
def make(board, settings, context=None, reader=None, uptime=None) -> App:
    parts = Parts(board, settings, context, reader, Uptime() if uptime is None else uptime)
    app = App(parts)
    parts.client.received, parts.client.settled = parts.forwarder.received, parts.forwarder.settled
    parts.forwarder.owner = app
    _first_notes(app, parts.found, parts.updates)
    return app


def _first_notes(app: App, found: str, updates) -> None:
    _first_time(app)
    if found == "reformatted":
        app.note("log-damaged", {"why": "the data flash could not be read and was formatted"})
    elif found:
        app.note("disk-failed", {"why": found})
    detail = {"version": VERSION, "why": app.board.why_started()}
    detail.update(app.recorder.moment())
    if updates is not None and updates.taken_back():
        detail["taken-back"] = True
    app.note("software-started", detail)


# A lower bound of the time, from the newest entry and the marks; and the time itself where a battery kept it.
def _first_time(app: App) -> None:
    newest = app.log.read(app.log.next - 2, 1)
    stamps = [app.log.time]
    if newest:
        stamps.append(recorded_of(newest[0][2]))
    kept = app.board.kept_time()
    for stamp in stamps:
        try:
            app.clock.floor(parse(stamp))
        except (ValueError, IndexError):
            pass  # there is none yet
    app.times.read_rtc()
    if app.clock.state == "unset" and kept is not None and app.clock.plausible(kept):
        app.clock.set(kept, "kept", holdover=True)
    app.clock.floor(app.clock.now() + 1)


# (folder, what was wrong): the data partition, or a folder beside the code when there is none.
def _data(board) -> "tuple[str, str]":
    device = board.data_partition()
    trouble = ""
    if device is not None:
        try:
            done = storage.mount(device, "/data")
        except OSError as error:
            trouble = "the data partition cannot be used: " + str(error)
        else:
            return "/data", done if done == "reformatted" else ""
    files.make_folder(board.root + "/data")
    return board.root + "/data", trouble


def _log(data: str, settings, serial: str) -> FlashLog:
    source = "/" + settings["site"] + "/" + settings["reader"]
    log = FlashLog(data + "/log", (settings["reader"], source, serial), settings["log.capacity"])
    log.open()
    return log


def _rtc(board, settings):
    return board.i2c(settings) if settings["rtc"] else None


def _oled(board, settings):
    i2c = board.i2c(settings) if settings["oled"] else None
    if i2c is None:
        return None
    from firmware.oled import Oled

    try:
        return Oled(i2c)
    except OSError as error:
        print("display: does not answer:", error)
        return None


def _updates(board, settings):
    if not settings["update.key"]:
        return None
    from firmware.updates import Updates

    return Updates(board, settings)


def _reader(board, settings):
    from firmware.chips import make

    return make(board, settings)
