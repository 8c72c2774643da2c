"""Chips of the ESP32 reader, register by register, for tests and for `ketuk sim reader`.

Written from the data sheets and sharing no code with the firmware. Everything in here runs under MicroPython, where
the firmware runs, and is typed for mypy. A chip refuses what the real one refuses, and notes it in `abuse`.
"""
