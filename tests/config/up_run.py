"""`manage.py up` in a process of its own, as a person runs it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

PROJECT = Path(__file__).resolve().parents[2]
# Half a minute is usual; this is for a machine that is busy with something else.
READY_SECONDS = 150
STOP_SECONDS = 45
KEY = re.compile(r"ll_live_\w{46}")


class Up:
    """One run of the command on a data directory, its output in a file."""

    def __init__(self, *, data_dir: Path, port: int, options: tuple[str, ...] = (), **addresses: str) -> None:
        self.data_dir, self.log = data_dir, data_dir.with_name(f"up-{time.monotonic_ns()}.log")
        arguments = manage("up", "--port", str(port), "--data-dir", str(data_dir), *options)
        self.process = subprocess.Popen(
            arguments,
            cwd=PROJECT,
            env=environment() | addresses,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def stop(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.process.wait(timeout=STOP_SECONDS)

    def child(self, words: str) -> int:
        return next(pid for pid, command in descendants(self.process.pid).items() if words in command)


def environment() -> dict[str, str]:
    replaced = ("DATABASE_URL", "REDIS_URL", "LIVELEDGER_DATA", "LIVELEDGER_ROLE", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in os.environ.items() if name not in replaced}


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def run(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    settings = {**environment(), "LIVELEDGER_DATA": str(data_dir)}
    return subprocess.run(
        manage(*arguments),
        cwd=PROJECT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def ask(*, port: int, key: str, query: str) -> Any:
    """The decoded answer of a running API to a query."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{port}/graphql/", json.dumps({"query": query}).encode(), headers)
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        return json.loads(answer.read())


def commands() -> Iterator[tuple[int, int, str]]:
    """(pid, parent, command line with environment) of every process that is not a zombie."""
    listed = subprocess.run(
        ["ps", "axewwo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    )
    for line in listed.stdout.splitlines():
        pid, parent, state, *command = line.split(None, 3)
        if command and not state.startswith("Z"):
            yield int(pid), int(parent), command[0]


def descendants(root: int) -> dict[int, str]:
    found: dict[int, str] = {}
    for pid, parent, command in commands():
        if parent == root:
            found |= {pid: command} | descendants(pid)
    return found


def left_behind(data_dir: Path) -> list[str]:
    return [command for pid, _, command in commands() if str(data_dir) in command and pid != os.getpid()]


def free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])
