# The reader that the settings name; config.py knows them to be right. Its module alone is loaded, and it alone need be
# on board: its `make(board, settings, options)` wires the chip.

_MODULES = {"pn532-spi": "pn532", "pn532-hsu": "pn532"}  # the others are called like their kind


def make(board, settings):
    kind = settings["chip.kind"]
    module = __import__("firmware.readers." + _MODULES.get(kind, kind), None, None, ("make",))
    return module.make(board, settings, settings["chip.options"])
