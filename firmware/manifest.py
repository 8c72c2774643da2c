# Freezes the reader into a MicroPython of one's own:
#
#   make -C micropython/ports/esp32 BOARD=ESP32_GENERIC FROZEN_MANIFEST=/where/ketuk/is/firmware/manifest.py
#
# Frozen code runs from flash and leaves the heap to data. Such a reader has no slots `a` and `b` and takes no updates
# over the air: it is flashed anew. The data partition `ketuk`, config.json and main.py (device_main.py) are the same.

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821 - the names of MicroPython's manifest files
package("firmware", base_path="..", opt=3)  # noqa: F821
package(  # noqa: F821
    "contract",
    files=(
        "__init__.py",
        "chain.py",
        "checkpoint.py",
        "edge.py",
        "entry.py",
        "jsontext.py",
        "topics.py",
        "watermark.py",
    ),
    base_path="..",
    opt=3,
)
