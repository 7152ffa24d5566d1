"""Become another program that the kernel ends when the program that started it dies, however it dies.

Run by path, not imported, so that nothing is loaded before: attached.py PARENT_PID PROGRAM [ARGUMENT ...]
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("The program that started this one is gone.")
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
