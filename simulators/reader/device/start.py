"""`micropython start.py FOLDER OPTIONS`: switch the simulated board on. FOLDER becomes its whole file system.

Everything of the simulator is imported first; then the board's own boot.py and main.py run as on an ESP32.
"""

import asyncio
import json
import sys

from simulators.reader.device import fakes, files, sockets
from simulators.reader.device.bench import Bench
from simulators.reader.device.console import Console, say


def main(folder: str, options: str) -> None:
    """Never returns: the firmware runs until the process ends."""
    given = json.loads(options)
    files.enter(folder)
    bench = Bench(given)
    fakes.install(bench)
    sockets.install(bench.wlan)
    sys.path[:] = ["", "/lib", ".frozen"]
    console = Console(bench)
    asyncio.create_task(_talk(console))  # noqa: RUF006 - it lives as long as the program
    for name in ("/boot.py", "/main.py"):
        with open(name) as file:
            exec(file.read(), {"__name__": "__main__"})  # noqa: S102 - this is how the ESP32 starts them


async def _talk(console: Console) -> None:
    say({"ok": True, "ready": True})
    await console.run()
    sys.exit(0)


main(sys.argv[1], sys.argv[2])
