"""What `ketuk check` looks at, beyond the file itself: the machine, the certificates, the broker, the devices.

Nothing is changed: no folder is made, no entry is written, and a gateway that runs is left in peace.
"""

from collections.abc import Iterator

from gateway.checks import certificates, devices, line, machine, words
from gateway.checks.result import Result
from gateway.config import Config
from gateway.texts import Text, exact


def check(config: Config, *, allow_volatile: bool = False, offline: bool = False) -> Iterator[Result]:
    """The results, each as soon as it is known."""
    yield Result("config", "ok", words.CONFIG_OK.of(file=config.file))
    yield from (Result("config", "warn", exact(warning)) for warning in config.warnings)
    yield machine.folder(config, allow_volatile=allow_volatile)
    yield machine.room(config)
    yield machine.clock(config)
    yield from certificates.check(config)
    why_not = _why_not(config, offline=offline)
    if why_not is not None:
        yield from (Result(what, "skip", why_not) for what in ("broker", *(device.path for device in config.devices)))
        return
    yield line.check(config)
    yield from devices.check(config)


def _why_not(config: Config, *, offline: bool) -> Text | None:
    """Why broker and devices are left alone."""
    if offline:
        return words.OFFLINE
    process = machine.running(config)
    return None if process is None else words.RUNNING.of(process=process)
