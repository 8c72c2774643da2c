"""Under MicroPython: what the firmware takes for machine, network and esp32, and who holds cards to it."""
