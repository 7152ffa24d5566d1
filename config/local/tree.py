"""Child processes of one foreground program: their output under their names, stopped in order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from config.local.process import wait_until

ATTACHED = Path(__file__).with_name("attached.py")
NAME_WIDTH = 8


def attached(command: Sequence[str]) -> list[str]:
    """The command line that runs a command which ends when this process does."""
    return [sys.executable, str(ATTACHED), str(os.getpid()), *command]


@dataclass(kw_only=True)
class Child:
    """One running child: its colour, and how many seconds it gets to finish what it is at."""

    name: str
    colour: str
    patience: float
    process: subprocess.Popen[str]
    reader: threading.Thread | None = None

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self.process.poll()

    def end(self, *, hurry: threading.Event) -> None:
        """Ask it to stop; kill it, with its own children, when its time is up or there is a hurry."""
        if self.exit_code is None:
            self.process.terminate()
            wait_until(lambda: self.exit_code is not None or hurry.is_set(), seconds=self.patience)
        # Also when it is gone already: what it started shares its session and may still be there.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.reader is not None:
            self.reader.join(timeout=2)


@dataclass(kw_only=True)
class ProcessTree:
    """The children in the order of their start; they are stopped in the opposite order."""

    console: Console
    directory: Path
    children: list[Child] = field(default_factory=list)
    hurry: threading.Event = field(default_factory=threading.Event)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        colour: str,
        patience: float,
    ) -> None:
        """Start a child out of the terminal's reach; each line it prints appears under its name."""
        process = subprocess.Popen(
            attached(command),
            cwd=self.directory,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches a whole terminal session at once; the children have to stop in order.
            start_new_session=True,
        )
        child = Child(name=name, colour=colour, patience=patience, process=process)
        child.reader = threading.Thread(target=self._relay, args=[child], daemon=True)
        self.children.append(child)
        child.reader.start()

    def fallen(self) -> Child | None:
        """The first child that is not running any more; None while all run."""
        return next((child for child in self.children if child.exit_code is not None), None)

    def stop(self) -> list[tuple[str, float]]:
        """Stop every child, the last started first; (name, seconds it took) of each."""
        taken = []
        while self.children:
            child = self.children[-1]
            began = time.monotonic()
            child.end(hurry=self.hurry)
            taken.append((child.name, time.monotonic() - began))
            self.children.pop()
        return taken

    def _relay(self, child: Child) -> None:
        assert child.process.stdout is not None
        name = Text(f"{child.name:<{NAME_WIDTH}}│ ", style=child.colour)
        for line in child.process.stdout:
            # A closed terminal must not stop the reading: the child would block on a full pipe.
            with suppress(OSError, SystemExit):
                self.console.print(name + Text.from_ansi(line.rstrip()), soft_wrap=True)
