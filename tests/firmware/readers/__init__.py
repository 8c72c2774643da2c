"""Tests of the readers: the real drivers against simulated chips, under the real MicroPython."""
