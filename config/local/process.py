"""Server processes seen from outside: what runs under a pid, waiting, stopping, running a program."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from config.local.account import Account

PROC = Path("/proc")
LOG_BYTES_KEPT = 10_000_000
# The servers get nothing of the caller's environment: no PG* settings that change them, no secrets to keep.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


class LocalServerError(RuntimeError):
    """A private server cannot be used; the message says why and what to do next."""


def package_directory(*, package: str) -> Path:
    """Directory of an installed package, without importing it; LocalServerError when there is none."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LocalServerError(
            f"The package {package} is not installed. Install the project's dependencies, "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent


def command_of(*, pid: int) -> str:
    """Command line running under a pid; empty when there is none (a zombie has none either)."""
    if PROC.joinpath("self").exists():
        try:
            return (
                PROC.joinpath(str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            return ""
    listed = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Poll a condition; whether it became true within the time (in seconds)."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def stop_process(
    *, pid: int, signals: Sequence[tuple[signal.Signals, float]], running: Callable[[], bool]
) -> None:
    """Send each signal in turn and wait its seconds, until the process is gone."""
    for sign, seconds in signals:
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        if wait_until(lambda: not running(), seconds=seconds):
            return
    raise LocalServerError(f"Process {pid} does not stop. Stop it by hand (kill -9 {pid}) and start again.")


def run_program(arguments: Sequence[str | Path], *, account: Account, seconds: float) -> None:
    """Run a short program under the servers' account; LocalServerError with its output when it fails."""
    # A file, not a pipe: a daemon that the program leaves behind would hold a pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        try:
            finished = subprocess.run(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT,
                cwd="/",
                timeout=seconds,
                check=False,
                start_new_session=True,
                user=account.uid,
                group=account.gid,
                extra_groups=None if account.uid is None else [],
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise LocalServerError(f"Cannot run {arguments[0]}: {error}") from error
        if finished.returncode:
            output.seek(0)
            raise LocalServerError(
                f"{arguments[0]} failed with exit code {finished.returncode}:\n{output.read()}"
            )


def last_lines(path: Path, *, count: int = 15) -> str:
    """The last lines of a log file; empty when there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def rotate(path: Path) -> None:
    """Put a log file that has grown large aside, replacing the one before."""
    if path.exists() and path.stat().st_size > LOG_BYTES_KEPT:
        path.replace(path.with_suffix(".log.1"))
