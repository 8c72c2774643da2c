# Lies at the device's root as main.py. Whatever goes wrong in the code of a slot ends in a restart, which boot.py
# counts while the slot is on trial. Ctrl-C leads to the prompt.

import sys
import time

try:
    from firmware.start import run

    run()
except Exception as error:
    sys.print_exception(error)
    time.sleep(10)  # time for a technician's Ctrl-C

    import machine  # the one place besides hardware.py: the slot may be what is broken

    machine.reset()
