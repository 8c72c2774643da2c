# The reader that the settings name; config.py knows them to be right. Each kind's module is loaded only when it is the
# one.


def make(board, settings):
    return KINDS[settings["chip.kind"]](board, settings, settings["chip.options"])


def _mfrc522(board, settings, options):
    from firmware.readers.mfrc522 import Mfrc522

    return Mfrc522(
        board.spi(settings), board.output(settings["pins.cs"]), board.output(settings["pins.reset"]), **options
    )


def _pn532_spi(board, settings, options):
    from firmware.readers.pn532 import Pn532
    from firmware.readers.pn532_link import SpiLink

    link = SpiLink(board.spi(settings), board.output(settings["pins.cs"]))
    return Pn532(link, board.output(settings["pins.reset"]), **options)


def _pn532_hsu(board, settings, options):
    from firmware.readers.pn532 import Pn532
    from firmware.readers.pn532_link import HsuLink

    return Pn532(HsuLink(board.uart(settings, 115_200)), board.output(settings["pins.reset"]), **options)


def _r307(board, settings, options):
    from firmware.readers.r307 import R307

    given = dict(options)
    for name in ("address", "password"):
        if name in given:
            given[name] = bytes.fromhex(given[name])
    return R307(board.uart(settings, 57_600), board.output(settings["pins.reset"]), **given)


def _rdm6300(board, settings, options):
    from firmware.readers.rdm6300 import Rdm6300

    return Rdm6300(board.uart(settings, 9_600), **options)


# Data 0 on the pin `rx`, data 1 on the pin `tx`.
def _wiegand(board, settings, options):
    from firmware.readers.wiegand import Wiegand

    return Wiegand(board.input(settings["pins.rx"]), board.input(settings["pins.tx"]), **options)


KINDS = {
    "mfrc522": _mfrc522,
    "pn532-spi": _pn532_spi,
    "pn532-hsu": _pn532_hsu,
    "r307": _r307,
    "rdm6300": _rdm6300,
    "wiegand": _wiegand,
}
