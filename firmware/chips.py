# The reader that the settings name. Each kind's module is loaded only when it is the one.


def make(board, settings):
    kind, options = settings["chip.kind"], settings["chip.options"]
    if kind == "mfrc522":
        from firmware.readers.mfrc522 import Mfrc522

        return Mfrc522(board.spi(settings), board.output(settings["pins.cs"]), board.output(settings["pins.reset"]), **options)
    raise ValueError("config.json: chip.kind: there is no reader " + kind)
