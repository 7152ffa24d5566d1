"""The whole house in processes of its own, each of which can be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

import psycopg

from config.local import LocalServerError, LocalServers
from config.local.tree import attached
from tests.servers import PROJECT, migrate, run_command

Name = Literal["worker", "valkey", "postgres", "web", "beat"]
READY_SECONDS: Final = 60.0


def commit() -> str:
    """The commit under test, with a mark when files differ from it."""
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    said = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


class House:
    """Database, broker, web, worker and schedule over one data directory; loopback and unix sockets only."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.servers = LocalServers(directory / "data")
        self.logs = directory / "logs"
        self.logs.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._processes: dict[Name, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Everything, migrated, ready to take events in."""
        self.servers.ensure()
        migrate(data_dir=self.servers.data_dir)
        for name in ("web", "worker", "beat"):
            self._launch(name)
        self.wait_until_ready()

    def stop(self) -> None:
        """Everything, the servers last."""
        for name in list(self._processes):
            self._end(name)
        self.servers.stop()
        self.servers.release()

    def kill(self, name: Name) -> None:
        """SIGKILL, with whatever the process started."""
        if name == "postgres" or name == "valkey":
            os.kill(self.servers.pids()[name], signal.SIGKILL)
        else:
            self._end(name)

    def restart(self, name: Name) -> None:
        """Start what was killed; returns at once for our own processes, when it answers for the servers."""
        if name == "postgres" or name == "valkey":
            deadline = time.monotonic() + READY_SECONDS
            while True:
                try:
                    self.servers.ensure(servers=[name])
                    return
                except LocalServerError:
                    # A backend in a long statement has not noticed yet that its server is gone.
                    if time.monotonic() > deadline:
                        raise
        else:
            self._launch(name)

    def wait_until_ready(self) -> None:
        """Until the web answers that it can work."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            assert time.monotonic() < deadline, self.last_words("web")
            time.sleep(0.1)

    def command(self, *arguments: str, timeout: float = 300) -> str:
        """`manage.py` on this house; its standard output. Must succeed."""
        done = run_command(*arguments, data_dir=self.servers.data_dir, timeout=timeout)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def value(self, query: str) -> Any:
        """One value from the database, as its owner."""
        with psycopg.connect(self.servers.database_url(), autocommit=True) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    def last_words(self, name: Name) -> str:
        """The end of a process's log."""
        return (self.logs / f"{name}.log").read_text(errors="replace")[-4000:]

    def _launch(self, name: Name) -> None:
        celery = ["-m", "celery", "--quiet", "-A", "config"]
        web = ["-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--no-access-log"]
        arguments = {
            "web": [*web, "--port", str(self.port)],
            "worker": [*celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle"],
            "beat": [*celery, "beat", "--schedule", str(self.directory / "beat"), "--pidfile="],
        }[name]
        environment = {
            **{key: value for key, value in os.environ.items() if key != "LIVELEDGER_ROLE"},
            "LIVELEDGER_DATA": str(self.servers.data_dir),
            "PYTHONWARNINGS": "ignore:::celery.platforms",
        }
        with (self.logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                attached([sys.executable, *arguments]),
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _end(self, name: Name) -> None:
        process = self._processes.pop(name)
        # A session of its own: the pool's children go with it.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def house() -> Iterator[House]:
    """A house that is gone afterwards."""
    with TemporaryDirectory(prefix="liveledger-house-") as directory:
        Path(directory).chmod(0o755)
        built = House(Path(directory))
        try:
            built.start()
            yield built
        finally:
            built.stop()


def until(holds: Callable[[], bool], *, seconds: float, otherwise: Callable[[], object]) -> None:
    """Wait for something; fails with what there was to say otherwise."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.1)
