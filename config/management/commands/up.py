"""Run everything on one machine: the private servers, web, worker, schedule and the live demo."""

import fcntl
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError, connections
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from config.local import LocalServerError, LocalServers, data_directory, needed_servers
from config.local.credentials import Credentials, kept_credentials
from config.local.tree import ProcessTree
from config.management import first_steps
from config.management.first_steps import DEMO_PARTNER

READY_SECONDS = 60.0
LOCK_NAME = "up.lock"


class StopRequestedError(BaseException):
    """Ctrl-C or a signal to stop; above Exception so that nothing on the way takes it for a failure."""


class Command(BaseCommand):
    """`manage.py up`."""

    help = "Run Liveledger on this machine: database, broker, web, worker, schedule, and a demo when empty."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Three options; the environment holds the rest."""
        parser.add_argument("--port", type=int, default=8000, help="Port of the web server (default 8000).")
        parser.add_argument("--data-dir", help="Where the private servers keep their data (LIVELEDGER_DATA).")
        parser.add_argument(
            "--no-demo", action="store_true", help="Seed no demo and keep no demo session live."
        )

    def handle(self, *args: Any, port: int, data_dir: str | None, no_demo: bool, **options: Any) -> None:
        """Start, wait, stop; returns when asked to stop, raises CommandError when something fell."""
        directory = Path(data_dir or data_directory()).expanduser().resolve()
        if directory != Path(settings.DATA_DIR).resolve():
            _restart_with(directory)
        run = Run(port=port, data_dir=directory, demo=not no_demo)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, run.on_signal)
        try:
            run.start()
            run.watch()
        except StopRequestedError:
            pass
        except (LocalServerError, OSError) as error:
            raise CommandError(str(error)) from error
        except (DatabaseError, psycopg.Error) as error:
            raise CommandError(
                f"The database cannot be used: {error}\n"
                "Check DATABASE_URL; `python manage.py doctor` looks closer."
            ) from error
        finally:
            run.stop()


class Run:
    """One foreground run, from the first server's start to the last one's stop."""

    def __init__(self, *, port: int, data_dir: Path, demo: bool) -> None:
        self.port, self.data_dir, self.demo = port, data_dir, demo
        self.address = f"http://127.0.0.1:{port}"
        self.console = Console(highlight=False)
        self.tree = ProcessTree(console=self.console, directory=Path(settings.BASE_DIR))
        self.servers = LocalServers(data_dir)
        self.credentials = Credentials()
        self.held = ExitStack()
        self.stopping = False
        self.environment = {
            **os.environ,
            "LIVELEDGER_DATA": str(data_dir),
            "LIVELEDGER_ROLE": "worker",
            "LIVELEDGER_EXPLORER": os.environ.get("LIVELEDGER_EXPLORER", "true"),
            # Celery's warning about root: on one machine, for one person, that is a supported way to run.
            "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore:::celery.platforms"),
        }

    def on_signal(self, signal_number: int, frame: FrameType | None) -> None:
        """The first signal stops the run in order; another one, while it stops, makes it hurry."""
        if self.stopping:
            self.tree.hurry.set()
            return
        self.stopping = True
        raise StopRequestedError

    def start(self) -> None:
        """Everything up to the panel."""
        began = time.monotonic()
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.held.enter_context(_sole_run(data_dir=self.data_dir, address=self.address))
        _check_port(self.port)
        needed = needed_servers()
        if needed:
            with self._step("Starting the private servers", "Private servers ready") as say:
                self.servers.ensure(progress=say, servers=needed)
        with self._step("Bringing roles and tables up to date", "Roles and tables ready"):
            first_steps.create_schema()
        partner = first_steps.first_partner()
        if self.demo and first_steps.is_demo_wanted(partner, data_dir=self.data_dir):
            with self._step("Seeding the demo", "Demo seeded", spinner=False):
                first_steps.seed_demo(data_dir=self.data_dir, environment=self.environment)
            partner = first_steps.first_partner()
        # Files are served from the packages; WhiteNoise only wants the collected ones to have a directory.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        self._start_children(is_demo=self.demo and partner is not None and partner[1] == DEMO_PARTNER)
        with self._step("Giving out keys and login", "Keys and login ready"):
            self._give_out(partner)
        with self._step("Waiting for the web server", "Web server ready"):
            self._wait_until_ready()
        self._check_children()
        self._show(partner, seconds=time.monotonic() - began)

    def watch(self) -> None:
        """Wait for a signal; CommandError when a child falls."""
        while True:
            self._check_children()
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the children, the last started first, then the servers, unless others use them."""
        self.stopping = True
        connections.close_all()
        if self.tree.children:
            self._say("\nStopping (Ctrl-C again to stop at once)")
        for name, seconds in self.tree.stop():
            self._say(f"[green]✓[/] {name} stopped [dim]{seconds:.1f} s[/]")
        if self.servers.in_use:
            stopped = self.servers.release()
            what = "stopped" if stopped else "go on: another process uses them"
            self._say(f"[green]✓[/] private servers {what}")
        self.held.close()

    def _start_children(self, *, is_demo: bool) -> None:
        celery = ("-m", "celery", "--quiet", "-A", "config")
        log = ("--loglevel", "INFO")
        concurrency = str(min(os.cpu_count() or 1, 4))
        serve = ("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(self.port))
        quiet = ("--no-access-log", "--timeout-graceful-shutdown", "5")
        # Frames are made once for all listeners: compressed, each listener would cost a compression.
        sockets = ("--ws-per-message-deflate", "false", "--ws-max-size", "262144")
        self._start_child("web", "cyan", 10, *serve, *quiet, *sockets, role="web")
        work = ("worker", "--concurrency", concurrency, "--without-gossip", "--without-mingle")
        self._start_child("worker", "green", 40, *celery, *work, *log)
        schedule = str(self.data_dir / "beat-schedule")
        self._start_child("beat", "yellow", 10, *celery, "beat", "--schedule", schedule, "--pidfile=", *log)
        if is_demo:
            self._start_child("demo", "magenta", 10, "manage.py", "demo", "--live")

    def _start_child(
        self, name: str, colour: str, patience: float, *arguments: str, role: str = "worker"
    ) -> None:
        self.tree.start(
            name,
            [sys.executable, *arguments],
            environment={**self.environment, "LIVELEDGER_ROLE": role},
            colour=colour,
            patience=patience,
        )

    def _check_children(self) -> None:
        child = self.tree.fallen()
        if child is not None:
            raise CommandError(
                f"{child.name} ended unexpectedly with exit code {child.exit_code}; its last words are "
                "above. Everything is stopped, no data is lost. `python manage.py doctor` tells what is "
                "wrong with the database and the broker; `python manage.py up` starts again."
            )

    def _give_out(self, partner: tuple[str, str] | None) -> None:
        self.credentials = kept_credentials(data_dir=self.data_dir)
        first_steps.ensure_admin(self.credentials)
        first_steps.ensure_agency(self.credentials)
        connections.close_all()
        if partner is None:
            self.credentials.partner_id = self.credentials.read_key = self.credentials.ingest_key = ""
        elif self.credentials.partner_id != partner[0]:
            first_steps.issue_keys(self.credentials, partner=partner)
        self.credentials.keep(data_dir=self.data_dir)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not first_steps.is_ready(address=self.address):
            self._check_children()
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{self.address}/readyz does not answer 200 within {READY_SECONDS:.0f} s. "
                    "`python manage.py doctor` tells what is missing."
                )
            time.sleep(0.1)

    def _show(self, partner: tuple[str, str] | None, *, seconds: float) -> None:
        rows = {
            "Explorer": f"{self.address}/explorer/",
            "GraphQL": f"{self.address}/graphql/",
            "Ingest": f"{self.address}/v1/events",
            "Admin": f"{self.address}/admin/",
            "Read key": self.credentials.read_key,
            "Ingest key": self.credentials.ingest_key,
            "Admin login": f"{first_steps.ADMIN_LOGIN} / {self.credentials.admin_password}"
            if self.credentials.admin_password
            else f"{first_steps.ADMIN_LOGIN} / the password you gave it",
        }
        if self.credentials.agency_password:
            rows["Portal"] = f"{self.address}/portal/"
            rows["Agency login"] = f"{first_steps.AGENCY_LOGIN} / {self.credentials.agency_password}"
        table = Table.grid(padding=(0, 2))
        for name, value in rows.items():
            if value:
                table.add_row(f"[bold]{name}[/]", value)
        title = f"Liveledger is ready after {seconds:.1f} s. Ctrl-C stops it."
        self.console.print(Panel(table, title=title, expand=False, border_style="green"))
        if partner is None:
            self._say("No partner yet. In another terminal:")
            self._say(
                "python manage.py create_partner SLUG --name NAME --currency SGD --timezone Asia/Singapore"
            )
            self._say("python manage.py issue_key --partner SLUG --scopes read,ingest")
            return
        reply = first_steps.ask(address=self.address, key=self.credentials.read_key)
        if reply.status == 401:  # revoked or expired since an earlier start gave it out
            first_steps.issue_keys(self.credentials, partner=partner)
            self.credentials.keep(data_dir=self.data_dir)
            self._say(f"The kept keys were dead. New read key: {self.credentials.read_key}")
            self._say(f"New ingest key: {self.credentials.ingest_key}")
            reply = first_steps.ask(address=self.address, key=self.credentials.read_key)
        self._say("Ask it something:")
        command = first_steps.curl_command(address=self.address, key=self.credentials.read_key)
        self.console.print(command, markup=False, soft_wrap=True, style="bold")
        self.console.print(reply.body, markup=False, soft_wrap=True)

    def _say(self, line: str) -> None:
        # A closed terminal must not keep the servers from being stopped.
        with suppress(OSError, SystemExit):
            self.console.print(line, soft_wrap=True)

    @contextmanager
    def _step(self, doing: str, done: str, *, spinner: bool = True) -> Iterator[Callable[[str], None]]:
        began = time.monotonic()
        if spinner:
            with self.console.status(f"{doing} …") as status:
                yield lambda now: status.update(f"{now} …")
        else:
            self._say(f"{doing} …")
            yield self._say
        self._say(f"[green]✓[/] {done} [dim]{time.monotonic() - began:.1f} s[/]")


def _restart_with(data_dir: Path) -> None:
    # The settings are computed from LIVELEDGER_DATA before a command sees its options.
    os.environ["LIVELEDGER_DATA"] = str(data_dir)
    os.execv(sys.executable, sys.orig_argv)


def _check_port(port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used: {error.strerror}. Stop the program that has it, "
                f"or choose another: python manage.py up --port {port + 1}"
            ) from error


@contextmanager
def _sole_run(*, data_dir: Path, address: str) -> Iterator[None]:
    lock: IO[str]
    with (data_dir / LOCK_NAME).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(
                f"{data_dir} is already in use by another `up`: {lock.read() or 'it is just starting'}. "
                "Stop that one, or run a second one on other data: "
                "python manage.py up --port 8001 --data-dir OTHER"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {address}")
        lock.flush()
        yield
