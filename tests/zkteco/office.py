"""The real `ketuk run`, with terminals whose drivers have options of their own."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.office import Gateway


class Office(Gateway):
    """`devices` are the options of each driver by the name of its device, `broker` and `log` as in the file."""

    def __init__(
        self,
        folder: Path,
        devices: Mapping[str, Mapping[str, object]],
        broker: Mapping[str, object],
        **log: object,
    ) -> None:
        super().__init__(folder, {}, broker, **log)
        with self.config.open("a") as config:
            for name, keys in devices.items():
                lines = ["[[device]]", f'id = "{name}"', 'driver = "zkteco"']
                config.write(
                    "\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]) + "\n"
                )

    @property
    def pid(self) -> int:
        """Of the running process."""
        return self.process.pid

    def status(self, key: str) -> int:
        """A number of /proc/<pid>/status, e.g. `VmHWM` (kB) or `Threads`."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{key}:")))

    @property
    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
