"""Runs a program that ends when whoever started it ends, however that comes about:

    python -m simulators.demo.leash PARENT PROGRAM [ARGUMENT...]

It asks the kernel for SIGTERM at its parent's death (Linux, prctl(2): kept across execve) and becomes the program.
"Parent" is the thread that started it, so that must be one that lives as long as the demo. Elsewhere than on Linux
the program runs without a leash.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, program: list[str]) -> None:
    """Become `program`. Raises OSError; exits with 1 when `parent` has already gone."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - a list of arguments made by the demo itself


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
