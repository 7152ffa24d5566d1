"""Bringing a fresh data directory up to the schema, as an operator does."""

import os
import subprocess
import sys
from pathlib import Path

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
