# Freezes the reader into a MicroPython of one's own: `make BOARD=ESP32_GENERIC FROZEN_MANIFEST=…/firmware/manifest.py`.
#
# Frozen code runs from flash and leaves the heap to data. Such a reader has no slots `a` and `b`: it is updated by
# flashing. The data partition `ketuk` and config.json are the same.

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821 - the names of MicroPython's manifest files
package("firmware", base_path="$(MPY_DIR)/../ketuk", opt=3)  # noqa: F821
package(  # noqa: F821
    "contract",
    files=("__init__.py", "chain.py", "entry.py", "jsontext.py", "messages.py", "topics.py", "watermark.py"),
    base_path="$(MPY_DIR)/../ketuk",
    opt=3,
)
