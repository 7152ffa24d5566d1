"""What holds for every file: style, types, size, and migrations that match the models."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

PROJECT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("config", "commerce", "kol", "analytics")
# Kept as others wrote it.
FOREIGN: Final = "config/api/static/explorer/vendor"
LONGEST: Final = 400


def tracked() -> list[Path]:
    """The files of the project: those git knows, or all there are when it is no checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        names = listed.stdout.rstrip("\0").split("\0")
        return [PROJECT / name for name in names if (PROJECT / name).is_file()]
    return [path for package in (*PACKAGES, "tests") for path in (PROJECT / package).rglob("*.*")]


def modules() -> list[Path]:
    """The Python of the project, but for what makemigrations writes."""
    return [path for path in tracked() if path.suffix == ".py" and "migrations" not in path.parts]


def run(*arguments: str, **environment: str) -> None:
    """A tool as a person runs it; what it says is shown when it finds something."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_finds_nothing() -> None:
    run("-m", "ruff", "check", "--no-cache", "--output-format", "concise", *PACKAGES, "tests", "manage.py")


def test_the_types_are_whole() -> None:
    run("-m", "mypy")


def test_the_migrations_are_in_step_with_the_models() -> None:
    run("manage.py", "makemigrations", "--check", "--dry-run", LIVELEDGER_ROLE="owner")


def test_no_module_is_longer_than_a_reader_bears() -> None:
    lengths = {
        str(path.relative_to(PROJECT)): path.read_text(encoding="utf-8").count("\n") for path in modules()
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_nothing_is_named_for_being_useful() -> None:
    forbidden = {"utils", "helpers", "common", "misc", "manager", "service", "handler", "data", "info"}
    assert [path for path in modules() if forbidden & {path.stem, *path.relative_to(PROJECT).parts}] == []


def test_the_apps_do_not_print() -> None:
    printing = re.compile(r"(?<![\w.])print\(")
    apps = [path for path in modules() if path.relative_to(PROJECT).parts[0] in PACKAGES]
    assert [path for path in apps if printing.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_is_excused_without_a_word() -> None:
    excuse = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)|\bTO" r"DO\b|\bFIX" r"ME\b")
    assert [path for path in modules() if excuse.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "pattern",
    [
        # Paths of one machine.
        r"(?<![\w.~$}])/(?:work|opt|home|Users|root|mnt)" r"/\w",
        # Mirrors and indexes of packages: a lock or a setting that names one works nowhere else.
        r"--(?:extra-)?index" r"-url|--find" r"-links|--trusted" r"-host",
        r"https?://[\w.-]*(?:py" r"pi|artifactory|nexus|npm" r"js|npm" r"mirror)[\w.-]*",
    ],
)
def test_no_file_knows_the_machine_it_was_written_on(pattern: str) -> None:
    place = re.compile(pattern.encode())
    ours = [path for path in tracked() if FOREIGN not in path.as_posix()]
    assert [path for path in ours if place.search(path.read_bytes())] == []


def test_the_pins_name_versions_and_nothing_else() -> None:
    pins = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.]+", pin)] == []


def test_the_tests_use_the_project_under_test() -> None:
    assert Path(settings.BASE_DIR) == PROJECT
