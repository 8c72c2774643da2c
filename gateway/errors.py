"""What can go wrong, by whose hands can mend it.

KetukError              one line for a technician: the device or file by name, and what to do next
├── ConfigError         the configuration file: path of the key and the reason (exit 2)
├── LogError            the durable log
│   ├── LogLocked       another gateway holds the folder (exit 2)
│   ├── LogUnwritable   disk full, read-only or failing: nothing was recorded, try again
│   └── LogFull         the cap on undelivered entries is reached: stop polling the devices
├── DriverError         a device; the loop backs off and opens it again
│   ├── DeviceRefused   it answered and said no (wrong comm key): slow back-off, loud message
│   └── DeviceSilent    nothing came, or the line broke
└── LinkError           the broker: address, certificate, permission
"""


class KetukError(Exception):
    """Base of all errors that Ketuk raises on purpose; `str()` is one line for a person."""


class ConfigError(KetukError):
    """The configuration is wrong: a line for each mistake, which starts with the path of the key.

    `file` comes before each line of the message; `lines` are without it.
    """

    def __init__(self, *lines: str, file: str = "") -> None:
        super().__init__("\n".join(f"{file}: {line}" if file else line for line in lines))
        self.lines = lines


class LogError(KetukError):
    """The durable log cannot do what was asked."""


class LogLocked(LogError):
    """Another process holds the log folder."""


class LogUnwritable(LogError):
    """The disk refused; nothing of the call was recorded."""


class LogFull(LogError):
    """The undelivered entries fill the space they may take."""


class DriverError(KetukError):
    """A device cannot be used now."""


class DeviceRefused(DriverError):
    """The device answered and refused us."""


class DeviceSilent(DriverError):
    """The device did not answer in time, or the connection broke."""


class LinkError(KetukError):
    """The broker cannot be reached or refused us."""
