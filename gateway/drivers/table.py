"""The drivers by the name that people write in the configuration: `driver = "zkteco"`.

A driver is a module with a factory and a row here, and nothing of it is imported before it is wanted. Third parties
add theirs by an entry point of the group `ketuk.drivers`, named like the driver, that loads the factory:

    [project.entry-points."ketuk.drivers"]
    acme = "acme_ketuk:create"

A factory is `create(options: Mapping[str, object], name: str) -> Driver`: the device's table of the configuration, and
its id for messages. It raises ConfigError and touches no device; `Driver.open` does.
"""

import difflib
import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points

from gateway.errors import ConfigError
from gateway.reading import Driver

Factory = Callable[[Mapping[str, object], str], Driver]

DRIVERS: dict[str, str] = {
    "virtual": "gateway.drivers.virtual:create",
    "zkteco": "gateway.drivers.zkteco.driver:create",
}
"""name -> `module:factory`"""

GROUP = "ketuk.drivers"


def known() -> list[str]:
    """Every name that `create` takes, in order."""
    return sorted({*DRIVERS, *(point.name for point in entry_points(group=GROUP))})


def create(driver: str, options: Mapping[str, object], name: str) -> Driver:
    """The driver of device `name`. Raises ConfigError: an unknown driver, one that cannot be loaded, wrong options."""
    return _factory(driver, name)(options, name)


def _factory(driver: str, name: str) -> Factory:
    where = DRIVERS.get(driver)
    try:
        if where is not None:
            module, _, attribute = where.partition(":")
            found: Factory = getattr(importlib.import_module(module), attribute)
            return found
        point = _entry_point(driver, name)
        loaded: Factory = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"device[{name}].driver: {driver} cannot be loaded: {error}") from error
    return loaded


def _entry_point(driver: str, name: str) -> EntryPoint:
    found = entry_points(group=GROUP, name=driver)
    if not found:
        near = difflib.get_close_matches(driver, known(), n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ConfigError(f'device[{name}].driver: unknown driver "{driver}"{hint}; known are {", ".join(known())}')
    return next(iter(found))
