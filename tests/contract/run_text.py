# `micropython run_text.py FILE`: JSON values of a file, one a line, as `contract.jsontext` writes them, in hex.

import binascii
import sys

from contract.jsontext import dumps, loads

with open(sys.argv[1], "rb") as lines:  # noqa: PTH123 - no pathlib on MicroPython
    for line in lines:
        print(binascii.hexlify(dumps(loads(line)).encode()).decode())  # noqa: T201
