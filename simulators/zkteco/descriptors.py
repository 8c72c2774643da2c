"""Room for many sockets: a shell commonly allows a process 1,024 open files, and far more if it asks."""

import resource

PER_TERMINAL = 8
"""Open files for a terminal: two that keep its port, two that listen, and those of its clients."""
_OTHERS = 100


def make_room(terminals: int) -> None:
    """Raise the limit on open files as far as so many terminals need. Raises OSError where the system says no."""
    needed = terminals * PER_TERMINAL + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise OSError(f"{terminals} terminals need {needed} open files and the system allows {hard}: raise ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
