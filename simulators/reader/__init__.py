"""`ketuk sim reader`: the real firmware under MicroPython's unix port, with simulated chips.

`device/` runs under MicroPython, inside the simulated ESP32; `main.py` outside starts it, cuts its power, and passes
commands to it and answers back.
"""
