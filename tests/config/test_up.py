"""`manage.py up` as a person runs it: one command, a panel, an answer, and nothing left behind."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import LocalServers

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
STOP_SECONDS = 45
KEY = re.compile(r"ll_live_\w{46}")


class Up:
    """One run of the command on a data directory, its output in a file."""

    def __init__(self, *, data_dir: Path, port: int, options: tuple[str, ...] = ()) -> None:
        self.data_dir, self.log = data_dir, data_dir.with_name(f"up-{time.monotonic_ns()}.log")
        arguments = manage("up", "--port", str(port), "--data-dir", str(data_dir), *options)
        self.process = subprocess.Popen(
            arguments, cwd=PROJECT, env=environment(), stdout=self.log.open("w"), stderr=subprocess.STDOUT
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
        manage(*arguments), cwd=PROJECT, env=settings, capture_output=True, text=True, timeout=60, check=False
    )


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


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("up") / "data"
    yield directory
    LocalServers(directory).stop()


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def first(data_dir: Path, port: int) -> Iterator[Up]:
    """The first start on an empty directory, ready and answering."""
    began = time.monotonic()
    up = Up(data_dir=data_dir, port=port)
    try:
        up.wait_for("Ask it something:")
        print(f"ready after {time.monotonic() - began:.1f} s")
        yield up
    finally:
        up.process.kill()
        up.process.wait()


def test_the_first_start_shows_every_address_two_keys_and_a_login(first: Up, port: int) -> None:
    addresses = [
        f"http://127.0.0.1:{port}{path}" for path in ("/explorer/", "/graphql/", "/v1/events", "/admin/")
    ]
    assert [address for address in addresses if address not in first.output] == []
    assert len(set(KEY.findall(first.output))) == 2
    assert len(re.findall(r"admin / \S{20}\b", first.output)) == 1


def test_the_printed_curl_gives_an_answer_like_the_printed_one(first: Up) -> None:
    first.wait_for('{"data"')
    lines = first.output.splitlines()
    [command] = [line for line in lines if line.startswith("curl ")]
    [printed] = [line for line in lines if line.startswith('{"data"')]
    asked = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=30, check=True)
    answer, shown = json.loads(asked.stdout), json.loads(printed)
    assert "errors" not in answer
    assert len(answer["data"]["liveSessions"]["edges"]) == 2
    assert answer["data"].keys() == shown["data"].keys()


def test_what_was_given_out_is_kept_where_only_its_owner_reads_it(first: Up, data_dir: Path) -> None:
    kept = data_dir / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    credentials = json.loads(kept.read_text())
    assert {credentials["read_key"], credentials["ingest_key"]} == set(KEY.findall(first.output))
    assert f"admin / {credentials['admin_password']}" in first.output


def test_the_doctor_finds_a_running_installation_well(first: Up, data_dir: Path) -> None:
    first.wait_for("ready.")
    seen = run("doctor", data_dir=data_dir)
    assert (seen.returncode, re.findall(r"^fail.*", seen.stdout, re.MULTILINE)) == (0, [])
    assert re.search(r"^\d+ ok, \d+ warn, 0 fail$", seen.stdout, re.MULTILINE)


def test_a_second_up_on_the_same_data_is_refused_with_the_address_of_the_first(
    first: Up, data_dir: Path, port: int
) -> None:
    refused = run("up", "--port", str(free_port()), data_dir=data_dir)
    assert refused.returncode == 1
    assert (
        f"already in use by another `up`: process {first.process.pid}, http://127.0.0.1:{port}."
        in refused.stderr
    )


def test_a_port_in_use_is_refused_with_another_to_take(first: Up, port: int, tmp_path: Path) -> None:
    refused = run("up", "--port", str(port), data_dir=tmp_path / "other")
    assert refused.returncode == 1
    assert f"Port {port} cannot be used: Address already in use." in refused.stderr
    assert f"--port {port + 1}" in refused.stderr


def test_a_signal_stops_everything_in_order_and_leaves_nothing(first: Up, data_dir: Path) -> None:
    assert first.stop(signal.SIGTERM) == 0
    stopped = re.findall(r"^✓ (.+?) stopped", first.output, re.MULTILINE)
    assert stopped == ["demo", "beat", "worker", "web", "private servers"]
    assert left_behind(data_dir) == []


def test_the_doctor_says_what_to_do_when_nothing_runs(first: Up, data_dir: Path) -> None:
    seen = run("doctor", data_dir=data_dir)
    assert seen.returncode == 1
    assert (
        len(re.findall(r"^fail .*\n +-> Start everything with `python manage.py up`", seen.stdout, re.M)) == 2
    )


def test_a_second_start_finds_its_data_and_keys_and_a_fallen_child_stops_it(
    first: Up, data_dir: Path, port: int
) -> None:
    again = Up(data_dir=data_dir, port=port)
    again.wait_for("Ask it something:")
    assert set(KEY.findall(again.output)) == set(KEY.findall(first.output))
    assert ("Demo seeded" in first.output, "Demo seeded" in again.output) == (True, False)
    os.kill(again.child("uvicorn"), signal.SIGKILL)
    assert again.process.wait(timeout=STOP_SECONDS) == 1
    assert "web ended unexpectedly with exit code -9" in again.output
    assert left_behind(data_dir) == []


def test_without_a_demo_an_empty_database_says_how_to_begin(tmp_path: Path) -> None:
    up = Up(data_dir=tmp_path / "data", port=free_port(), options=("--no-demo",))
    up.wait_for("issue_key --partner SLUG --scopes read,ingest")
    assert KEY.findall(up.output) == []
    assert up.stop(signal.SIGINT) == 0
    assert left_behind(tmp_path / "data") == []
