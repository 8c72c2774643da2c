# Ketuk's card and finger reader for the ESP32, in MicroPython. It imports `contract` and nothing else of the project.
#
# Every module here runs unmodified under the ESP32 and under MicroPython's unix port. `hardware` alone imports
# machine, network and esp32; everything else is handed bus objects, clocks, sockets and folders.
