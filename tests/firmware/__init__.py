"""The firmware's tests. They run under the real MicroPython; pytest only starts it and reads what it says."""
