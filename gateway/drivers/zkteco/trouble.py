"""One line for a technician out of whatever went wrong: the terminal by name, and what to do next.

pyzk raises its own errors, `struct.error`, `UnboundLocalError`, `TypeError`, `ValueError` and those of our channel
wrapped in one of its own without a cause; all of them end here and become a DriverError.
"""

import errno
import socket

from zk.exception import ZKErrorResponse

from gateway.errors import DeviceRefused, DeviceSilent, DriverError

_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)
_NO_NAME = "the name is not known to the network: set host to the terminal's IP address"
_DEEPEST = 8


def explain(who: str, error: Exception, *, connected: bool = True, heard: bool = True) -> DriverError:
    """The DriverError for `error`. `connected`: whether the line was up; `heard`: whether a ZKTeco frame ever came."""
    root = _root(error)
    if isinstance(root, DriverError):
        return root
    if isinstance(root, TimeoutError):
        return DeviceSilent(f"{who}: {_silence(connected=connected, heard=heard)}")
    if isinstance(root, OSError):
        return _of_line(who, root)
    if isinstance(root, ZKErrorResponse):
        return _of_answer(who, str(root))
    if not connected:
        return DriverError(f"{who}: {_NO_NAME}")  # the name cannot even be asked for
    if not heard:
        return DriverError(f"{who}: what answers there is not a ZKTeco terminal: check host and port")
    if isinstance(root, ValueError):
        return DeviceSilent(f"{who}: {root}")
    return DriverError(f"{who}: its answer makes no sense to pyzk ({type(root).__name__}: {root})")


def _root(error: BaseException) -> BaseException:
    """The error of ours, or of the line, that pyzk wrapped or let through; otherwise the error itself."""
    found = error
    for _ in range(_DEEPEST):
        if isinstance(found, (DriverError, OSError)):
            return found
        inner = found.__cause__ or found.__context__
        if inner is None:
            break
        found = inner
    return found if isinstance(found, ValueError) else error


def _silence(*, connected: bool, heard: bool) -> str:
    if not connected:
        return "no answer: check that it is switched on, its network cable, and host in the configuration"
    if not heard:
        return "the connection is accepted but nothing answers: another program may hold the terminal, or it is none"
    return "it stopped answering: it may be restarting, or its network is poor"


def _of_line(who: str, error: OSError) -> DriverError:
    if isinstance(error, socket.gaierror):
        return DriverError(f"{who}: {_NO_NAME}")
    if isinstance(error, ConnectionRefusedError):
        return DeviceSilent(f"{who}: it refuses the connection: check port (4370) and that it is a ZKTeco terminal")
    if isinstance(error, ConnectionAbortedError):
        return DeviceSilent(f"{who}: closed from our side")
    if error.errno in _UNREACHABLE:
        return DeviceSilent(
            f"{who}: no way there: check cable, address and network mask of the gateway and the terminal"
        )
    return DeviceSilent(f"{who}: the connection broke ({error.strerror or error}): it is tried again")


def _of_answer(who: str, text: str) -> DriverError:
    if text == "Unauthenticated":
        return DeviceRefused(
            f"{who}: wrong comm key: set comm_key to the number in the terminal's menu, Comm. > Comm Key"
        )
    return DriverError(f"{who}: {text}")
