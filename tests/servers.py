"""Bringing a fresh data directory up to the schema, as an operator does."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import psycopg

from config.local import LocalServers

PROJECT = Path(__file__).resolve().parents[1]


def run_command(
    *arguments: str, data_dir: Path, timeout: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`manage.py` in a process of its own, with the role the command itself picks."""
    inherited = {name: value for name, value in os.environ.items() if name != "LIVELEDGER_ROLE"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**inherited, "LIVELEDGER_DATA": str(data_dir), **environment},
        text=True,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def migrate(*, data_dir: Path) -> None:
    """Roles, schema and walls."""
    done = run_command("migrate", data_dir=data_dir)
    assert done.returncode == 0, done.stdout + done.stderr


def serve(servers: LocalServers) -> None:
    """Servers of a run, up to the schema: made by the first process that asks, found by the others."""
    with (servers.data_dir / "schema.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read():
            return
        servers.ensure()
        _trust_the_machine(servers)
        migrate(data_dir=servers.data_dir)
        lock.write("done")


def _trust_the_machine(servers: LocalServers) -> None:
    """What is committed need not outlive a power cut here: nobody waits for the disk.

    And partners are all small: what is prepared is planned once, not anew for each of them.
    """
    settings = {"fsync": "off", "full_page_writes": "off", "plan_cache_mode": "force_generic_plan"}
    with psycopg.connect(servers.database_url(role="owner"), autocommit=True) as owner:
        for name, value in settings.items():
            owner.execute(f"ALTER SYSTEM SET {name} = {value}")
        owner.execute("SELECT pg_reload_conf()")
